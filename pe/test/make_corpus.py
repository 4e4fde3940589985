#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seed corpus of the PE fuzz target: images built from nothing, valid and spoilt ones.

    make_corpus.py FOLDER

The output depends on nothing but this file. One rich image has every directory that the parser
knows; the others are that image with one thing wrong, so that the fuzzer starts beside every check.
"""
import argparse
import pathlib
import struct

BASE = 0x140000000
NT = 0x80
OPTIONAL = NT + 24
DIRECTORIES = OPTIONAL + 112
SECTIONS = OPTIONAL + 240
SIGNATURES = {'pe': 0x4550, 'ne': 0x454e, 'le': 0x454c, 'lx': 0x584c}
EXPORT, IMPORT, RESOURCE, EXCEPTION, RELOCATION, DEBUG = 0, 1, 2, 3, 5, 6
TLS, LOAD_CONFIG, DELAY_IMPORT = 9, 10, 13
EXECUTE_READ, READ, READ_WRITE = 0x60000020, 0x40000040, 0xC0000040


class Image:
    """A growing file: headers, then sections whose bytes are written by RVA."""

    def __init__(self, sections, section_alignment=0x1000, file_alignment=0x200, headers=0x400):
        self.sections = []
        offset = headers
        for name, rva, virtual_size, raw_size, rights in sections:
            self.sections.append((name, rva, virtual_size, raw_size, offset if raw_size else 0,
                                  rights))
            offset += raw_size
        self.data = bytearray(offset)
        end = max(rva + size for _, rva, size, *_ in self.sections)
        image_size = -(-end // section_alignment) * section_alignment
        self.data[0:2] = b'MZ'
        self.put(0x18, '<H', 0x40)
        self.put(0x3C, '<I', NT)
        self.put(NT, '<IHHIIIHH', SIGNATURES['pe'], 0x8664, len(sections), 0, 0, 0, 240, 0x22)
        self.put(OPTIONAL, '<HBBIIIIIQII', 0x20B, 2, 40, 0x200, 0x200, 0, sections[0][1],
                 sections[0][1], BASE, section_alignment, file_alignment)
        self.put(OPTIONAL + 40, '<HHHHHHIIIIHH', 6, 0, 0, 0, 6, 0, 0, image_size, headers, 0, 3,
                 0x160)
        self.put(OPTIONAL + 72, '<QQQQII', 0x200000, 0x1000, 0x100000, 0x1000, 0, 16)
        for index, (name, rva, virtual_size, raw_size, at, rights) in enumerate(self.sections):
            self.put(SECTIONS + index * 40, '<8sIIIIIIHHI', name, virtual_size, rva, raw_size, at,
                     0, 0, 0, 0, rights)

    def put(self, offset, form, *values):
        struct.pack_into(form, self.data, offset, *values)

    def at(self, rva):
        for _, start, _, raw_size, offset, _ in self.sections:
            if start <= rva < start + raw_size:
                return offset + rva - start
        raise ValueError(f'no bytes in the file for {rva:#x}')

    def write(self, rva, form, *values):
        self.put(self.at(rva), form, *values)

    def text(self, rva, text):
        offset = self.at(rva)
        self.data[offset:offset + len(text) + 1] = text.encode() + b'\0'

    def directory(self, index, rva, size):
        self.put(DIRECTORIES + index * 8, '<II', rva, size)


def add_exports(image, at):
    image.write(at, '<IIHHIIIIIII', 0, 0, 0, 0, at + 0x90, 1, 4, 3, at + 0x30, at + 0x50, at + 0x70)
    image.write(at + 0x30, '<IIII', 0x1000, at + 0x80, 0, 0x1040)
    image.text(at + 0x80, 'NTDLL.x')
    image.text(at + 0x90, 'rich.dll')
    for index, (name, ordinal) in enumerate((('alpha', 0), ('forward', 1), ('start', 3))):
        image.write(at + 0x50 + index * 4, '<I', at + 0xA0 + index * 16)
        image.write(at + 0x70 + index * 2, '<H', ordinal)
        image.text(at + 0xA0 + index * 16, name)
    image.directory(EXPORT, at, 0xA0)


def add_imports(image, at):
    image.write(at, '<IIIII', at + 0x60, 0, 0, at + 0xA0, at + 0x80)
    image.write(at + 0x60, '<QQQ', at + 0xB0, 1 << 63 | 7, 0)
    image.write(at + 0x80, '<QQQ', at + 0xB0, 1 << 63 | 7, 0)
    image.text(at + 0xA0, 'KERNEL32.dll')
    image.write(at + 0xB0, '<H', 5)
    image.text(at + 0xB2, 'ExitProcess')
    image.directory(IMPORT, at, 40)
    image.write(at + 0x100, '<IIIIIIII', 1, at + 0xA0, at + 0x160, at + 0x80, at + 0x60, 0, 0, 0)
    image.directory(DELAY_IMPORT, at + 0x100, 64)


def add_relocations(image, at):
    image.write(at, '<IIHHHH', 0x3000, 16, 0xA000, 0xA010, 0xAFFC, 0)
    image.write(at + 16, '<IIHH', 0x4000, 12, 0xA008, 0)
    image.directory(RELOCATION, at, 28)


def add_functions(image, table, info):
    """Every unwind code; a frame register; a part chained to the first; an entry that points on."""
    codes = (0x6820, 0x0102, 0x7920, 0x5678, 0x0000, 0x341E, 0x0004, 0xC51C, 0x0018, 0x0000,
             0x0110, 0x0020, 0x1112, 0x0100, 0x0000, 0xF204, 0x5001)
    image.write(info, '<BBBB', 0x09, 0x21, len(codes), 0)
    image.write(info + 4, f'<{len(codes)}H', *codes)
    image.write(info + 4 + 36, '<I', 0x1100)
    image.write(info + 0x40, '<BBBBHHHH', 0x02, 10, 4, 0x15, 0x1602, 0x030A, 0x3205, 0x5001)
    image.write(info + 0x60, '<BBBBHHIII', 0x21, 4, 2, 0, 0x7404, 1, 0x1000, 0x1040, info)
    image.write(info + 0x80, '<BBBBHH', 0x01, 0, 1, 0, 0x1A00, 0)
    functions = ((0x1000, 0x1040, info), (0x1040, 0x1080, info + 0x40),
                 (0x1080, 0x10C0, info + 0x60), (0x10C0, 0x1100, info + 0x80),
                 (0x1100, 0x1110, table + 1))
    for index, (begin, end, unwind) in enumerate(functions):
        image.write(table + index * 12, '<III', begin, end, unwind)
    image.directory(EXCEPTION, table, 60)
    # The target starts walks at every fifth byte of a function: there stand all forms of epilogue.
    for rva, code in ((0x1000, '55 4883ec20 4883c420 5d c3'), (0x103F, 'c3'), (0x104A, '5d c3'),
                      (0x104F, '415c c20800'), (0x1054, 'e9a7ffffff'), (0x1059, 'eb10'),
                      (0x105E, '488d6510 5d f3c3'), (0x1080, 'eb0e'), (0x1085, 'e916000000'),
                      (0x108A, 'e920000070'), (0x108F, 'ff2500000000'), (0x10C0, '4883c420c3'),
                      (0x10C5, '4881c42000000041 5ec3'), (0x10D4, '48ffe0'), (0x10D9, '49ffe3')):
        at = image.at(rva)
        data = bytes.fromhex(code)
        image.data[at:at + len(data)] = data


def add_small_directories(image, at):
    image.write(at, '<QQQQII', BASE + at, BASE + at + 16, BASE + 0x3100, BASE + at + 0x30, 8,
                5 << 20)
    image.write(at + 0x30, '<QQ', BASE + 0x1000, 0)
    image.directory(TLS, at, 40)
    image.write(at + 0x80, '<I', 0x94)
    image.write(at + 0x80 + 0x58, '<Q', BASE + 0x3200)
    image.write(at + 0x80 + 0x70, '<QQQQI', BASE + 0x3208, BASE + 0x3210, BASE + at, 2, 0x500)
    image.directory(LOAD_CONFIG, at + 0x80, 0x94)
    image.write(at + 0x140, '<IIHHIIII', 0, 0, 0, 0, 2, 32, at + 0x160, 0)
    image.write(at + 0x160, '<I16sI', 0x53445352, bytes(range(16)), 1)
    image.text(at + 0x178, 'a.pdb')
    image.directory(DEBUG, at + 0x140, 28)
    image.directory(RESOURCE, at, 16)


def add_symbols(image):
    table = len(image.data)
    records = b''.join((
        struct.pack('<8sIhHBB', b'.file', 0, -2, 0, 103, 1), bytes(18),
        struct.pack('<8sIhHBB', b'start', 0, 1, 0x20, 2, 0),
        struct.pack('<IIIhHBB', 0, 4, 0x40, 1, 0x20, 2, 0),
        struct.pack('<8sIhHBB', b'eightchr', 4, 2, 0, 3, 0)))
    strings = b'a_rather_long_name\0'
    image.data += records + struct.pack('<I', 4 + len(strings)) + strings
    image.put(NT + 12, '<II', table, len(records) // 18)


def rich():
    image = Image(((b'.text', 0x1000, 0x1F0, 0x200, EXECUTE_READ),
                   (b'.rdata', 0x2000, 0x9F0, 0xA00, READ),
                   (b'.data', 0x3000, 0x2000, 0x200, READ_WRITE),
                   (b'.bss', 0x5000, 0x1000, 0, READ_WRITE)))
    add_exports(image, 0x2000)
    add_imports(image, 0x2100)
    add_relocations(image, 0x2300)
    add_functions(image, 0x2400, 0x2500)
    add_small_directories(image, 0x2600)
    add_symbols(image)
    return image


def low():
    image = Image(((b'.text', 0x200, 0x100, 0x100, EXECUTE_READ),
                   (b'.rdata', 0x300, 0x300, 0x300, READ),
                   (b'.bss', 0x600, 0x100, 0, READ_WRITE)), 0x20, 0x20, 0x200)
    add_exports(image, 0x300)
    return image


def mapped():
    """The rich image as a loader lays it out, which is how the mapped parser sees its input."""
    image = rich()
    out = bytearray(0x6000)
    out[:0x400] = image.data[:0x400]
    for _, rva, virtual_size, raw_size, offset, _ in image.sections:
        size = min(raw_size, virtual_size)
        out[rva:rva + size] = image.data[offset:offset + size]
    return out


def spoilt():
    """Name and bytes of images with one field of the rich image changed."""
    words = {'zero': 0, 'one': 1, 'all': 0xFFFFFFFF, 'sign': 0x80000000, 'page': 0xFFFFF000}
    fields = {'e_lfanew': 0x3C, 'sections': NT + 6, 'optional': NT + 20, 'symbols': NT + 12,
              'entry': OPTIONAL + 16, 'base': OPTIONAL + 24, 'align': OPTIONAL + 32,
              'filealign': OPTIONAL + 36, 'image': OPTIONAL + 56, 'headers': OPTIONAL + 60,
              'count': OPTIONAL + 108}
    for index in (EXPORT, IMPORT, EXCEPTION, RELOCATION, DEBUG, TLS, LOAD_CONFIG, DELAY_IMPORT):
        fields[f'rva{index}'] = DIRECTORIES + index * 8
        fields[f'size{index}'] = DIRECTORIES + index * 8 + 4
    for section in range(2):
        for name, offset in (('vsize', 8), ('rva', 12), ('rawsize', 16), ('raw', 20)):
            fields[f'section{section}{name}'] = SECTIONS + section * 40 + offset
    for field, offset in fields.items():
        for word, value in words.items():
            image = rich()
            image.put(offset, '<I', value)
            yield f'{field}-{word}', image.data
    for name, signature in SIGNATURES.items():
        image = rich()
        image.put(NT, '<I', signature)
        yield f'signature-{name}', image.data
    for name, machine, magic in (('pe32', 0x14C, 0x10B), ('arm64', 0xAA64, 0x20B),
                                 ('rom', 0x8664, 0x107)):
        image = rich()
        image.put(NT + 4, '<H', machine)
        image.put(OPTIONAL, '<H', magic)
        yield f'kind-{name}', image.data
    whole = rich().data
    for size in (0, 1, 2, 63, 64, NT + 4, NT + 24, OPTIONAL + 112, SECTIONS, SECTIONS + 39, 0x400,
                 0x5FF, len(whole) - 30):
        yield f'cut-{size}', whole[:size]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    seeds = {'rich': rich().data, 'low': low().data, 'mapped': mapped()}
    seeds.update(spoilt())
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


if __name__ == '__main__':
    main()
