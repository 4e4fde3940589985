#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes two fonts for test_font.c, and checks that gen_font.py refuses broken ones.

Glyph N of each font consists of 16 bytes N ^ 0xA5. The tables say that glyph N shows the character
255 - N; in the first font 'A' has no glyph, and 'B' stands only in a sequence, which does not
count.
"""

import gzip
import os
import struct
import subprocess
import sys
import tempfile

GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         '..', '..', '..', 'tools', 'gen_font.py')
COUNT, HEIGHT = 256, 16


def glyphs():
    return b''.join(bytes([number ^ 0xA5]) * HEIGHT for number in range(COUNT))


def psf1():
    table = b''
    for number in range(COUNT):
        character = 255 - number
        if character == ord('B'):
            table += struct.pack('<HH', 0xFFFE, character)
        elif character != ord('A'):
            table += struct.pack('<H', character)
        table += struct.pack('<H', 0xFFFF)
    return b'\x36\x04\x02' + bytes([HEIGHT]) + glyphs() + table


def psf2(height=HEIGHT):
    header = struct.pack('<4s7I', b'\x72\xb5\x4a\x86', 0, 32, 1, COUNT, height, height, 8)
    table = b''.join(chr(255 - number).encode() + b'\xfee\xcc\x81\xff' for number in range(COUNT))
    return header + glyphs() + table


def check_refused(what, data, words):
    with tempfile.TemporaryDirectory() as folder:
        font = os.path.join(folder, 'font')
        with open(font, 'wb') as file:
            file.write(data)
        run = subprocess.run([sys.executable, GENERATOR, font, os.path.join(folder, 'out.c')],
                             capture_output=True, text=True)
        made = os.path.exists(os.path.join(folder, 'out.c'))
    if run.returncode == 0 or made or words not in run.stderr or 'Traceback' in run.stderr:
        sys.exit(f'gen_font.py and {what}: expected "{words}", got {run.stderr!r}')


def main():
    check_refused('an empty file', b'', 'not a PSF font')
    check_refused('half a header', psf2()[:20], 'within its header')
    check_refused('half the glyphs', psf1()[:2000], 'within its 256 glyphs')
    check_refused('half a table', psf1()[:-100], 'within its table')
    check_refused('half a table of version 2', psf2()[:-100], 'within its table')
    check_refused('glyphs of another height', psf2(8), '8x8 pixels')
    check_refused('half a gzip file', gzip.compress(psf1())[:100], 'ended')
    with open(sys.argv[1], 'wb') as file:
        file.write(gzip.compress(psf1(), mtime=0))
    with open(sys.argv[2], 'wb') as file:
        file.write(psf2())


if __name__ == '__main__':
    main()
