#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns a console font (PSF 1 or 2, maybe gzipped) into the C array of drivers/screen/font.h.

The fonts that console-setup installs hold 8x16 glyphs in an order of their own, with a table that
says which characters each one shows. The array is in the order of Latin-1; characters that the font
lacks get its glyph for '?', control characters none.
"""

import argparse
import gzip
import struct
import sys

WIDTH, HEIGHT = 8, 16
CHARACTERS = 256

PSF1_MAGIC = b'\x36\x04'
PSF1_512_GLYPHS, PSF1_HAS_TABLE = 0x01, 0x02
PSF1_SEPARATOR, PSF1_SEQUENCE = 0xFFFF, 0xFFFE

PSF2_MAGIC = b'\x72\xb5\x4a\x86'
PSF2_HEADER = struct.Struct('<4s7I')
PSF2_HAS_TABLE = 0x01
PSF2_SEPARATOR, PSF2_SEQUENCE = 0xFF, 0xFE


class FontError(Exception):
    """What is wrong with the font file, for people."""


def glyphs_of(data, offset, count, size):
    """Cuts count glyphs of size bytes each out of the file, from offset on."""
    end = offset + count * size
    if end > len(data):
        raise FontError(f'the file ends within its {count} glyphs')
    return [data[at:at + size] for at in range(offset, end, size)], end


def table1(data, offset, count):
    """PSF 1: per glyph, 16-bit code points; behind 0xFFFE come sequences, which we skip."""
    characters = {}
    glyph, in_sequence = 0, False
    for at in range(offset, len(data) - 1, 2):
        value = struct.unpack_from('<H', data, at)[0]
        if glyph == count:
            break
        if value == PSF1_SEPARATOR:
            glyph, in_sequence = glyph + 1, False
        elif value == PSF1_SEQUENCE:
            in_sequence = True
        elif not in_sequence:
            characters.setdefault(value, glyph)
    if glyph < count:
        raise FontError('the file ends within its table of characters')
    return characters


def table2(data, offset, count):
    """PSF 2: per glyph, UTF-8; behind 0xFE come sequences, which we skip."""
    entries = data[offset:].split(bytes([PSF2_SEPARATOR]))
    if len(entries) <= count:
        raise FontError('the file ends within its table of characters')
    characters = {}
    for glyph, entry in enumerate(entries[:count]):
        single = entry.split(bytes([PSF2_SEQUENCE]))[0]
        try:
            text = single.decode('utf-8')
        except UnicodeDecodeError:
            raise FontError(f'glyph {glyph}: its characters are not UTF-8') from None
        for character in text:
            characters.setdefault(ord(character), glyph)
    return characters


def parse_psf1(data):
    if len(data) < 4:
        raise FontError('the file ends within its header')
    mode, height = data[2], data[3]
    count = 512 if mode & PSF1_512_GLYPHS else 256
    glyphs, end = glyphs_of(data, 4, count, height)
    characters = table1(data, end, count) if mode & PSF1_HAS_TABLE else None
    return 8, height, glyphs, characters


def parse_psf2(data):
    if len(data) < PSF2_HEADER.size:
        raise FontError('the file ends within its header')
    _, version, header_size, flags, count, size, height, width = PSF2_HEADER.unpack_from(data)
    if version != 0 or header_size < PSF2_HEADER.size:
        raise FontError(f'unknown version {version}')
    if size != height * ((width + 7) // 8):
        raise FontError(f'glyphs of {width}x{height} pixels do not have {size} bytes')
    glyphs, end = glyphs_of(data, header_size, count, size)
    characters = table2(data, end, count) if flags & PSF2_HAS_TABLE else None
    return width, height, glyphs, characters


def parse(data):
    """Returns width, height, glyphs, and which glyph shows which character (None: their number)."""
    if data.startswith(PSF1_MAGIC):
        return parse_psf1(data)
    if data.startswith(PSF2_MAGIC):
        return parse_psf2(data)
    raise FontError('not a PSF font')


def latin1(data):
    """The font's glyphs in the order of Latin-1."""
    width, height, glyphs, characters = parse(data)
    if (width, height) != (WIDTH, HEIGHT):
        raise FontError(f'its glyphs have {width}x{height} pixels, needed are {WIDTH}x{HEIGHT}')
    if characters is None:
        characters = {number: number for number in range(len(glyphs))}
    if ord('?') not in characters:
        raise FontError("it has no '?'")
    blank = bytes(HEIGHT)

    def glyph(code):
        if code < 0x20 or 0x7F <= code < 0xA0:
            return blank
        return glyphs[characters.get(code, characters[ord('?')])]

    return [glyph(code) for code in range(CHARACTERS)]


def c_source(glyphs, name, source):
    lines = ['// SPDX-License-Identifier: MIT',
             f'// Made by tools/gen_font.py from {source}: do not edit.',
             '#include <stdint.h>', '',
             f'extern const uint8_t {name}[{CHARACTERS}][{HEIGHT}];',
             f'const uint8_t {name}[{CHARACTERS}][{HEIGHT}] = {{']
    for code, glyph in enumerate(glyphs):
        rows = ', '.join(f'0x{row:02X}' for row in glyph)
        lines.append(f'    [0x{code:02X}] = {{ {rows} }},')
    return '\n'.join(lines + ['};', ''])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('font', help='PSF file')
    parser.add_argument('output', help='C file')
    parser.add_argument('--name', default='screen_font', help='name of the array')
    arguments = parser.parse_args()
    try:
        with open(arguments.font, 'rb') as file:
            data = file.read()
        if data.startswith(b'\x1f\x8b'):
            data = gzip.decompress(data)
        glyphs = latin1(data)
    except (FontError, OSError, EOFError) as error:
        sys.exit(f'gen_font.py: {arguments.font}: {error}')
    source = arguments.font.rsplit('/', 1)[-1]
    with open(arguments.output, 'w', encoding='ascii') as file:
        file.write(c_source(glyphs, arguments.name, source))


if __name__ == '__main__':
    main()
