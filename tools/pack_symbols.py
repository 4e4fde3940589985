#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Packs a linked kernel's functions and source lines into the table that its panics read.

  pack_symbols.py ELF -o TABLE [--root DIR]
  pack_symbols.py ELF --verify --resolver PROGRAM [--table FILE] [--prefix PREFIX] [--root DIR]
                  [--max-percent N] [--stamp FILE]

The kernel is linked twice: first without a table, then with the one packed from the first link in
its section .symbols, which lies behind all code, so that no address changes. --verify takes the
result of the second link and compares every function in it with nm and every instruction with
addr2line; the answers come from PROGRAM, the resolver's own C code. Format: symbols/table_format.h.
"""

import argparse
import os
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'symbols' / 'pack'))

import elf_debug
import verify
from codes import TooLarge
from table import pack

SHOWN = 20                      # disagreements; one cause makes many


def pack_file(path, output, root):
    elf = elf_debug.Elf(path)
    rows, ends = elf_debug.line_rows(elf)
    names = {}
    for _, _, file, _ in rows:
        if file not in names:
            names[file] = verify.relative(file, root) if file else ''
    rows = [(start, end, names[file], line) for start, end, file, line in rows]
    table = pack(elf_debug.functions(elf, ends), rows)
    pathlib.Path(output).write_bytes(table)


def verify_file(options, root):
    elf = elf_debug.Elf(options.elf)
    table = pathlib.Path(options.table).read_bytes() if options.table else elf.section('.symbols')
    if not table:
        raise elf_debug.BadInput(f'{options.elf}: section .symbols is missing or empty')
    table = table[:struct.unpack_from('<I', table, 16)[0]]
    words, wrong = verify.compare(options.elf, table, options.resolver, options.prefix, root)
    percent = 100 * len(table) / elf.loadable_size()
    print(f'{options.elf}: {words} compared, {len(wrong)} disagree; '
          f'table {len(table)} bytes, {percent:.1f}% of {elf.loadable_size()}')
    for text in wrong[:SHOWN]:
        print('  ' + text)
    if len(wrong) > SHOWN:
        print(f'  and {len(wrong) - SHOWN} more')
    if percent > options.max_percent:
        print(f'  the table is larger than {options.max_percent:g}% of the kernel')
    return not wrong and percent <= options.max_percent


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('elf')
    parser.add_argument('-o', '--output', help='where the table goes')
    parser.add_argument('--root', default='.', help='paths below it are stored relative to it')
    parser.add_argument('--verify', action='store_true', help='compare instead of packing')
    parser.add_argument('--resolver', help='the host program of symbols/test/resolve.c')
    parser.add_argument('--table', help="the table to verify (default: the ELF file's .symbols)")
    parser.add_argument('--prefix', default='', help='of nm, objdump and addr2line')
    parser.add_argument('--max-percent', type=float, default=15, help='of the loadable size')
    parser.add_argument('--stamp', help='an empty file to write if all agrees')
    options = parser.parse_args()
    if not (options.resolver if options.verify else options.output):
        parser.error('--verify needs --resolver' if options.verify else '-o is missing')
    root = os.path.abspath(options.root)
    try:
        if not options.verify:
            pack_file(options.elf, options.output, root)
        elif not verify_file(options, root):
            return 1
        elif options.stamp:
            pathlib.Path(options.stamp).touch()
    except (elf_debug.BadInput, TooLarge, verify.Failed, OSError) as error:
        print(f'pack_symbols.py: {error}', file=sys.stderr)
        return 2
    except (IndexError, ValueError, struct.error) as error:
        print(f'pack_symbols.py: {options.elf} is damaged: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
