#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Measures what operations cost, and compares it with docs/budgets.md.

  bench.py [--build BUILD] [--check]

--check leaves wall time and scaling out, and fails if a budget is exceeded; its last line is
`bench: N passed, N failed`. A budget in percent is the least, not the most.

Instructions: under QEMU's -icount shift=0,sleep=off a nanosecond of the machine's time is one
instruction. The program bench.exe prints `bench NAME VALUE`; that its clock begins at the
processor's reset gives the way to the first instruction of a program, and the kernel's log gives
the time between the ends of two programs.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import machine

ICOUNT = ['-icount', 'shift=0,sleep=off', '-rtc', 'base=2026-01-01T00:00:00,clock=vm']
RUNS = 20
SCALING_RUNS = 3
LIMIT_S = 120
BUDGETS = pathlib.Path(__file__).resolve().parent.parent / 'docs/budgets.md'

# 64 KiB of firmware whose first instructions end the machine: mov dx, 501h; mov al, 10h; out dx, al
FIRMWARE = bytes(0xFFF0) + bytes.fromhex('ba0105 b010 ee f4').ljust(16, b'\xf4')


class Failed(Exception):
    pass


def read_budgets(path=BUDGETS):
    """(name, unit, budget or None) of each row of the table."""
    rows = []
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.split('|')[1:-1]]
        if len(cells) == 5 and cells[1] in ('instructions', 'ms', 'percent'):
            rows.append((cells[0], cells[1], int(cells[2]) if cells[2] else None))
    return rows


def serial_output(build, line, programs):
    """What the serial line prints while the machine counts instructions."""
    with tempfile.TemporaryDirectory(prefix='pekoe-bench-') as folder:
        archive = pathlib.Path(folder) / 'initrd'
        archive.write_bytes(machine.initrd([build / 'userspace' / name for name in programs]))
        words = machine.microvm(str(build / 'kernel/pekoe.elf'), line, str(archive), accel='tcg')
        process = machine.start(words + ICOUNT + ['-serial', 'stdio'], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            raise Failed(f'the machine did not end within {LIMIT_S} s') from None
        finally:
            process.kill()
            process.wait()
    text = output.decode('utf-8', 'replace')
    if process.returncode != machine.EXIT_ORDERLY or machine.outcome(text) is None:
        raise Failed(f'the machine did not end in order:\n{text}')
    return text


def measure_operations(build):
    text = serial_output(build, 'log=warn -- bench.exe', ['bench.exe'])
    return {name: int(value) for name, value in re.findall(r'^bench (\S+) (\d+)\s*$', text, re.M)}


def measure_start(build):
    """hello.exe three times in one machine; the last two ends tell how long the third took."""
    text = serial_output(build, 'log=info then=AND -- hello.exe AND hello.exe AND hello.exe',
                         ['hello.exe'])
    ends = [int(seconds) * 1000000 + int(micros) for seconds, micros in
            re.findall(r'^\[ *(\d+)\.(\d{6})\] programs: ended', text, re.M)]
    if len(ends) != 3:
        raise Failed(f'three programs, but {len(ends)} ends in the log:\n{text}')
    return {'start-to-exit': (ends[2] - ends[1]) * 1000}


def measure_scaling(build):
    """What two threads on two processors do, as percentages of what one does in the same time."""
    words = [str(build / 'tools/pekoe'), '--smp', '2', str(build / 'userspace/scaling.exe')]
    values = {}
    for _ in range(SCALING_RUNS):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f'scaling.exe ended with status {done.returncode}')
        for name, value in re.findall(r'^bench (\S+) (\d+)\s*$', done.stdout, re.M):
            values.setdefault(name, []).append(int(value))
    return {name: round(statistics.median(found)) for name, found in values.items()}


def wall_ms(words):
    begin = time.perf_counter()
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000, done.returncode


def measure_wall(build):
    """The command and its reference by turns, so that what else the host does hits both."""
    pekoe = [str(build / 'tools/pekoe'), str(build / 'userspace/hello.exe')]
    times = {'pekoe-hello': [], 'bare-microvm': []}
    with tempfile.TemporaryDirectory(prefix='pekoe-bench-') as folder:
        firmware = pathlib.Path(folder) / 'firmware'
        firmware.write_bytes(FIRMWARE)
        bare = machine.common(256, 1, 'max', 'auto') + [
            '-M', machine.MICROVM + ',memory-backend=memory', '-display', 'none',
            '-bios', str(firmware)]
        for _ in range(RUNS):
            for name, words, code in (('pekoe-hello', pekoe, 0),
                                      ('bare-microvm', bare, machine.EXIT_ORDERLY)):
                taken, status = wall_ms(words)
                if status != code:
                    raise Failed(f'{name} ended with status {status} instead of {code}')
                times[name].append(taken)
    return {name: round(statistics.median(values)) for name, values in times.items()}


def is_within(value, unit, budget):
    return value >= budget if unit == 'percent' else value <= budget


def print_table(budgets, measured):
    """Prints a line per budget and per figure without one; returns how many hold, and do not."""
    good = bad = 0
    print(f'{"":20} {"measured":>12} {"budget":>12}')
    for name, unit, budget in budgets:
        value = measured.get(name)
        verdict = '-' if budget is None else 'missing' if value is None else \
            'ok' if is_within(value, unit, budget) else 'over'
        good += verdict == 'ok'
        bad += verdict in ('over', 'missing')
        shown = ['' if number is None else number for number in (value, budget)]
        print(f'{name:20} {shown[0]:>12} {shown[1]:>12}  {verdict:7}  {unit}')
    for name in sorted(set(measured) - {row[0] for row in budgets}):
        print(f'{name:20} {measured[name]:>12} {"":>12}  {"-":7}  instructions')
    return good, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=pathlib.Path, default=pathlib.Path('build'))
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    budgets = read_budgets()
    if options.check:
        budgets = [row for row in budgets if row[1] == 'instructions']
    try:
        measured = {**measure_operations(options.build), **measure_start(options.build)}
        if not options.check:
            measured.update(measure_wall(options.build))
            measured.update(measure_scaling(options.build))
    except (Failed, OSError) as error:
        print(f'bench.py: {error}', file=sys.stderr)
        return 1
    good, bad = print_table(budgets, measured)
    if options.check:
        print(f'bench: {good} passed, {bad} failed')
        return 1 if bad else 0
    return 0


if __name__ == '__main__':
    sys.exit(main())
