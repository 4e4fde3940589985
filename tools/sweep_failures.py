#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Lets the N-th allocation of memory fail while a program runs, for N = 1, 2, 3 ... until the program
needs no N-th one: the kernel must not panic, and must have given everything back afterwards.

  sweep_failures.py --build BUILD [--kinds frame,heap] [--step N] [--smp N] PROGRAM.exe...

The program may end as it likes. After it, hello.exe runs twice; at the second one's end there must be
as many free frames and heap blocks in use as in a machine where nothing failed.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import machine

LIMIT_S = 120
ENDED = re.compile(r'programs: ended; .*?(\d+) after, \d+ processes; \d+ blocks before, (\d+) after')
FAILED = 'fail: an allocation fails'


class Wrong(Exception):
    """What a machine did that it must not do."""


def run(build, program, kind, number, smp):
    """(free frames, heap blocks) at the end, and whether an allocation failed."""
    line = f'log=info then=AND {f"fail={kind}:{number} " if number else ""}-- ' \
           f'{program} AND hello.exe AND hello.exe'
    with tempfile.TemporaryDirectory(prefix='pekoe-sweep-') as folder:
        archive = pathlib.Path(folder) / 'initrd'
        archive.write_bytes(machine.initrd([build / 'userspace' / name
                                            for name in sorted({program, 'hello.exe'})]))
        words = machine.microvm(str(build / 'kernel/pekoe.elf'), line, str(archive), mem=128,
                                smp=smp, accel='tcg')
        process = machine.start(words + ['-serial', 'stdio'], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            raise Wrong('the machine does not end') from None
        finally:
            process.kill()
            process.wait()
    text = output.decode('utf-8', 'replace')
    ends = ENDED.findall(text)
    if process.returncode != machine.EXIT_ORDERLY or len(ends) != 3:
        raise Wrong('the machine did not end in order:\n' + text[-3000:])
    return tuple(map(int, ends[-1])), FAILED in text


def sweep(build, program, kind, step, smp):
    """Returns (how many failures were tried, what was wrong)."""
    wanted, _ = run(build, program, kind, 0, smp)
    wrong, tried, goes_on, number = [], 0, True, 1

    def attempt(n):
        try:
            left, has_failed = run(build, program, kind, n, smp)
        except Wrong as problem:
            return True, f'{program} {kind}:{n}: {problem}'
        if left != wanted:
            return has_failed, f'{program} {kind}:{n}: (frames, blocks) {left} instead of {wanted}'
        return has_failed, None

    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        while goes_on:
            batch = range(number, number + step * workers * 4, step)
            for has_failed, problem in pool.map(attempt, batch):
                tried += has_failed
                goes_on &= has_failed
                if problem:
                    wrong.append(problem)
            number = batch[-1] + step
    return tried, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', type=pathlib.Path, default=pathlib.Path('build'))
    parser.add_argument('--kinds', default='frame,heap')
    parser.add_argument('--step', type=int, default=1)
    parser.add_argument('--smp', type=int, default=1)
    parser.add_argument('programs', nargs='+')
    options = parser.parse_args()
    bad = 0
    for program in options.programs:
        for kind in options.kinds.split(','):
            tried, wrong = sweep(options.build, program, kind, options.step, options.smp)
            for problem in wrong:
                print(problem)
            print(f'sweep: {program}, {kind}: {tried} failures, {len(wrong)} wrong', flush=True)
            bad += len(wrong)
    return bad != 0


if __name__ == '__main__':
    sys.exit(main())
