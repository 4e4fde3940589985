#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Compares the facts of layouts.c: compare_layouts.py OURS.obj THEIRS.obj... STAMP.

Every fact of ours must appear in one of theirs with the same value, and the other way round. If all
agree, STAMP is written, with a line that says how many facts that were.
"""

import pathlib
import struct
import sys

FACT = struct.Struct('<60sI')


def section(data, wanted):
    """The contents of a COFF object's section."""
    count, = struct.unpack_from('<H', data, 2)
    optional_size, = struct.unpack_from('<H', data, 16)
    for i in range(count):
        name, _, _, size, at = struct.unpack_from('<8s4I', data, 20 + optional_size + 40 * i)
        if name.rstrip(b'\0') == wanted:
            return data[at:at + size]
    sys.exit(f'no section {wanted}')


def facts(path):
    table = section(pathlib.Path(path).read_bytes(), b'facts')
    whole = len(table) - len(table) % FACT.size
    return {name.rstrip(b'\0').decode(): value
            for name, value in FACT.iter_unpack(table[:whole]) if name.strip(b'\0')}


def main(ours_path, *their_paths, stamp):
    ours, theirs = facts(ours_path), {}
    for path in their_paths:
        theirs.update(facts(path))
    wrong = [f'{name}: 0x{ours[name]:X} in nt/*.h, 0x{theirs[name]:X} in MinGW'
             for name in ours if name in theirs and ours[name] != theirs[name]]
    wrong += [f'{name} is in one table only' for name in sorted(set(ours) ^ set(theirs))]
    if wrong or not ours:
        return '\n'.join(wrong) or 'no facts at all'
    pathlib.Path(stamp).write_text(f'{len(ours)} facts agree\n')
    return None


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:-1], stamp=sys.argv[-1]))
