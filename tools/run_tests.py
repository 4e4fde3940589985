#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs every test there is, as many at once as the machine has processors, and ends in one line:
`N passed, N failed`. Exit status 1 if anything failed, or if a part ran no test at all.

What counts as one: a cmocka test, a fuzz target that found nothing for SECONDS, a test in the
kernel (KTEST), a scenario, a budget, a check.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

# The long ones first, so that the end is not one long job's.
PARTS = ('fuzz', 'features', 'kernel', 'budgets', 'checks', 'unit')
HANG_S = 900                    # only catches what would never end


class Job:
    """One process: its words, and how its output is counted."""

    def __init__(self, part, name, words, count, environment=None):
        self.part, self.name, self.words, self.count = part, name, words, count
        self.environment = environment or {}
        self.passed = self.failed = 0
        self.output = ''


class Runner:
    def __init__(self):
        self.start = time.monotonic()
        self.lock = threading.Lock()
        self.processes = set()
        self.is_stopping = False

    def run(self, job):
        with self.lock:
            if self.is_stopping:
                return
            # A session of its own, so that whatever it starts can be ended with it.
            process = subprocess.Popen(job.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True,
                                       env=dict(os.environ, **job.environment))
            self.processes.add(process)
        hung = False
        try:
            output, _ = process.communicate(timeout=HANG_S)
        except subprocess.TimeoutExpired:
            hung = True
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        with self.lock:
            self.processes.discard(process)
        job.output = output.decode('utf-8', 'replace')
        job.passed, job.failed = job.count(job.output)
        if hung:
            job.output += f'\nhung: ended after {HANG_S} s\n'
        # A program that failed without failing a test has failed; one that tested nothing, too.
        if (hung or process.returncode != 0 or job.passed == 0) and job.failed == 0:
            job.output += f'\n(exit status {process.returncode})\n'
            job.failed = 1
        self.report(job)

    def report(self, job):
        with self.lock:
            if self.is_stopping:
                return
            word = 'FAIL' if job.failed else 'pass'
            counts = f'{job.passed} passed' + (f', {job.failed} failed' if job.failed else '')
            print(f'{time.monotonic() - self.start:6.1f} s  {word}  {job.name}: {counts}')
            if job.failed:
                print(job.output.rstrip())
                print(f'---- end of {job.name}')
            sys.stdout.flush()

    def stop(self):
        with self.lock:
            self.is_stopping = True
            for process in self.processes:
                try:
                    os.killpg(process.pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass


def count_cmocka(output):
    return tuple(sum(int(n) for n in re.findall(rf'^\[  {word}  \] (\d+) test', output, re.M))
                 for word in ('PASSED', 'FAILED'))


def count_summary(name):
    """Counts by the last line `NAME: N passed, N failed`."""
    def count(output):
        found = re.findall(rf'^{name}: (\d+) passed, (\d+) failed\s*$', output, re.M)
        return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
    return count


def count_fuzz(output):
    return (1, 0) if re.search(r'^Done \d+ runs in \d+ second', output, re.M) else (0, 1)


def count_scenarios(path):
    """Counts from Cucumber's JSON: a scenario passes if all its steps and hooks do."""
    def count(_):
        passed = failed = 0
        try:
            features = json.loads(pathlib.Path(path).read_text())
        except (OSError, ValueError):
            return 0, 1
        background = []
        for element in (element for feature in features for element in feature['elements']):
            steps = [step for kind in ('before', 'steps', 'after')
                     for step in element.get(kind, [])]
            if element['type'] == 'background':
                background = steps
                continue
            if all(step['result']['status'] == 'passed' for step in background + steps):
                passed += 1
            else:
                failed += 1
        return passed, failed
    return count


def unit_jobs(options, _):
    return [Job('unit', os.path.relpath(program, options.build), [program], count_cmocka)
            for program in options.unit]


def fuzz_jobs(options, folder):
    jobs = []
    for pair in options.fuzz:
        program, corpus = pair.split('=', 1)
        name = os.path.basename(program)
        # What the run finds goes into a folder of its own: the first is where libFuzzer writes.
        found = pathlib.Path(folder) / (name + '.found')
        found.mkdir()
        jobs.append(Job('fuzz', f'{name}, {options.seconds} s',
                        [program, f'-max_total_time={options.seconds}', '-print_final_stats=1',
                         '-verbosity=1', '-timeout=10', '-rss_limit_mb=2048',
                         f'-artifact_prefix={options.build}/{name}.', found, corpus], count_fuzz))
    return jobs


def kernel_job(build, name, mem, smp):
    return Job('kernel', f'kernel tests, {name}{mem} MiB, {smp} processors',
               [sys.executable, 'tools/run.py', '--build', build, 'boot=direct', 'kernel=ktest',
                f'mem={mem}', f'smp={smp}', 'accel=auto'], count_summary('ktest'))


def kernel_jobs(options, _):
    jobs = [kernel_job(options.build, '', mem, smp) for mem, smp in ((64, 1), (64, 4), (4096, 2))]
    if options.debug_build:
        jobs += [kernel_job(options.debug_build, 'debug kernel, ', 64, smp) for smp in (1, 2, 4)]
    return jobs


# What the debug kernel, which poisons memory and checks the order of locks, has to survive as well.
ALSO_IN_DEBUG = ('features/hostile.feature', 'features/memory.feature',
                 'features/services.feature', 'features/stress.feature',
                 'features/table.feature')

# By time, not by size; they begin first.
LONGEST = ('features/stress.feature', 'features/building.feature')


def feature_job(path, build, report, suffix=''):
    return Job('features', path + suffix,
               ['cucumber', '--strict', '--no-color', '--no-source', '--quiet',
                '--format', 'pretty', '--format', 'json', '--out', report,
                '--require', 'features', path],
               count_scenarios(report), {'PEKOE_BUILD': build})


def feature_jobs(options, folder):
    """A process per feature file, the longest first, so that the end is not one long file's."""
    paths = [options.feature] if options.feature else sorted(glob.glob('features/*.feature'))
    jobs = []
    for path in sorted(paths, key=lambda path: (path not in LONGEST, -os.path.getsize(path))):
        report = os.path.join(folder, os.path.basename(path) + '.json')
        jobs.append(feature_job(path, options.build, report))
        if options.debug_build and path in ALSO_IN_DEBUG:
            jobs.append(feature_job(path, options.debug_build, report + '.debug',
                                    ' on the debug kernel'))
    return jobs


def budget_jobs(options, _):
    return [Job('budgets', 'budgets of instructions',
                [sys.executable, 'tools/bench.py', '--build', options.build, '--check'],
                count_summary('bench'))]


def check_jobs(options, _):
    return [Job('checks', 'checks of the sources', [sys.executable, 'tools/check.py'],
                count_summary('check'))]


MAKERS = {'unit': unit_jobs, 'fuzz': fuzz_jobs, 'kernel': kernel_jobs, 'features': feature_jobs,
          'budgets': budget_jobs, 'checks': check_jobs}


def run_all(jobs, runner):
    pool = concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        for future in [pool.submit(runner.run, job) for job in jobs]:
            future.result()
    finally:
        runner.stop()
        pool.shutdown(cancel_futures=True)


def summarise(jobs, parts):
    failed_jobs = [job for job in jobs if job.failed]
    empty = [part for part in parts if not any(job.part == part for job in jobs)]
    for part in empty:
        print(f'FAIL: there are no tests of the part "{part}"')
    if len(failed_jobs) > 1:
        print('Failed: ' + '; '.join(job.name for job in failed_jobs))
    failed = sum(job.failed for job in jobs) + len(empty)
    print(f'{sum(job.passed for job in jobs)} passed, {failed} failed')
    return 1 if failed else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build')
    parser.add_argument('--debug-build', help='a build with mode=debug; some tests run on it, too')
    parser.add_argument('--only', choices=PARTS, help='this part of the tests')
    parser.add_argument('--feature', default='', help='this feature file, or FILE:LINE')
    parser.add_argument('--seconds', default='60', help='for each fuzz target')
    parser.add_argument('--unit', nargs='*', default=[], metavar='PROGRAM')
    parser.add_argument('--fuzz', nargs='*', default=[], metavar='PROGRAM=CORPUS')
    return parser.parse_args()


def main():
    options = parse()
    parts = [options.only] if options.only else PARTS
    runner = Runner()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = tempfile.mkdtemp(prefix='pekoe-test-')
    try:
        jobs = {part: MAKERS[part](options, folder) for part in parts}
        queue = [job for part in parts for job in jobs[part]]
        run_all(queue, runner)
        return summarise(queue, parts)
    except KeyboardInterrupt:
        print('run_tests.py: interrupted', file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
