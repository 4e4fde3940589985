#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Checks the sources without building: format, sizes, licence lines, generated pages, scripts that
parse. Looks at the files that git knows or would add. Ends in `check: N passed, N failed`.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPDX = 'SPDX-License-Identifier: MIT'
MAX_LINES = 700
LICENSED = ('.c', '.h', '.asm', '.ld', '.def', '.py', '.rb')


def source_files():
    listed = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                            cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    return sorted(name for name in set(listed.split('\0')) if name and (ROOT / name).is_file())


def first_line_of(name):
    with open(ROOT / name, 'rb') as file:
        return file.readline()


def is_shell(name):
    return name.endswith('.sh') or re.match(rb'#!.*\bsh$', first_line_of(name).rstrip())


def is_python(name):
    return name.endswith('.py') or os.path.basename(name) in ('SConstruct', 'SConscript') \
        or re.match(rb'#!.*\bpython3$', first_line_of(name).rstrip())


def run(words):
    """What a command complains about: nothing if it succeeds."""
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode == 0:
        return []
    return (done.stdout.strip() or f'{words[0]} failed').splitlines()


def check_format(names):
    sources = [name for name in names if name.endswith(('.c', '.h'))]
    complaints = run(['clang-format-14', '--dry-run', '--Werror', *sources])
    return sorted({line.split(':')[0] + ': clang-format would change it' for line in complaints
                   if 'error:' in line}) or complaints


def check_sizes(names):
    for name in names:
        if name.endswith(('.png', '.def')) or name in ('docs/services.md',):
            continue            # pictures and tables
        lines = (ROOT / name).read_bytes().count(b'\n')
        if lines > MAX_LINES:
            yield f'{name}: {lines} lines; above {MAX_LINES} there is a second subject in it'


def check_licences(names):
    for name in names:
        if not name.endswith(LICENSED):
            continue
        head = (ROOT / name).read_bytes()[:300].decode('utf-8', 'replace').splitlines()[:3]
        if not any(SPDX in line for line in head):
            yield f'{name}: no line "{SPDX}" at its top'


def check_paths(names):
    """Nothing may depend on where the tree lies on the machine that wrote it."""
    home = re.compile(rf'{re.escape(str(ROOT))}|/home/\w|/root/\w'.encode())
    for name in names:
        match = home.search((ROOT / name).read_bytes())
        if match and name != 'tools/check.py':
            yield f'{name}: holds the path {match[0].decode()}...'


def check_text(names):
    """Bytes that editors leave behind: trailing blanks, carriage returns, no final newline."""
    for name in names:
        data = (ROOT / name).read_bytes()
        if b'\0' in data or not data:
            continue
        if re.search(rb'[ \t\r]$', data, re.M):
            yield f'{name}: blanks or carriage returns at the ends of lines'
        if not data.endswith(b'\n'):
            yield f'{name}: no newline at its end'


def check_shell(names):
    for name in filter(is_shell, names):
        yield from run(['sh', '-n', name])


def check_python(names):
    for name in filter(is_python, names):
        try:
            compile((ROOT / name).read_text(), name, 'exec')
        except SyntaxError as error:
            yield f'{name}:{error.lineno}: {error.msg}'


def check_ruby(names):
    for name in names:
        if name.endswith('.rb'):
            yield from run(['ruby', '-c', name])


def check_service_page(_):
    yield from run([sys.executable, 'tools/ntcoverage', '--check'])


def check_manual(_):
    yield from run(['sh', '-c', '! command -v man >/dev/null || '
                    'test -z "$(man --warnings -l docs/pekoe.1 2>&1 >/dev/null)"'])


CHECKS = [
    ('C is formatted', check_format),
    ('no file is too long', check_sizes),
    ('licence lines', check_licences),
    ('no path of a machine', check_paths),
    ('clean text', check_text),
    ('shell scripts parse', check_shell),
    ('Python parses', check_python),
    ('Ruby parses', check_ruby),
    ('docs/services.md is current', check_service_page),
    ('the manual has no warnings', check_manual),
]


def main():
    names = source_files()
    failed = 0
    for title, check in CHECKS:
        complaints = list(check(names))
        print(f'{"FAIL" if complaints else "ok  "} {title}')
        for complaint in complaints:
            print(f'     {complaint}')
        failed += bool(complaints)
    print(f'check: {len(CHECKS) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
