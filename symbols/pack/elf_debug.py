# SPDX-License-Identifier: MIT
#
# Reads what the packer needs from a linked ELF64 file: its functions (from the symbol table) and
# its line rows (from DWARF's .debug_line, versions 2 to 5).
#
# The idea: both come out as plain sorted lists of (start, end, what), the sections and units that
# they came from forgotten. Where two sources disagree, the rules are those of nm and addr2line,
# because the table is checked against these two.

import posixpath
import struct

SHF_ALLOC, SHF_EXECINSTR = 2, 4
SHT_SYMTAB = 2
STB_LOCAL, STB_GLOBAL = 0, 1
STT_NOTYPE, STT_FUNC, STT_GNU_IFUNC = 0, 2, 10


class BadInput(Exception):
    """The file is not what the packer can read; the text says why."""


class Elf:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data = file.read()
        if len(self.data) < 64 or self.data[:6] != b'\x7fELF\x02\x01':
            raise BadInput(f'{path}: not a little-endian ELF64 file')
        table_offset, = struct.unpack_from('<Q', self.data, 40)
        entry_size, count, names_index = struct.unpack_from('<HHH', self.data, 58)
        headers = [struct.unpack_from('<IIQQQQIIQQ', self.data, table_offset + i * entry_size)
                   for i in range(count)]
        names = self.bytes_of(headers[names_index]) if count else b''
        self.sections = [(c_string(names, header[0]), header) for header in headers]

    def bytes_of(self, header):
        return self.data[header[4]:header[4] + header[5]]

    def section(self, name):
        """The bytes of the named section, empty if there is none."""
        for other, header in self.sections:
            if other == name:
                return self.bytes_of(header)
        return b''

    def code_ranges(self):
        """(index, start, end) of each section that holds instructions."""
        return [(index, header[3], header[3] + header[5])
                for index, (_, header) in enumerate(self.sections)
                if header[2] & SHF_ALLOC and header[2] & SHF_EXECINSTR and header[5]]

    def loadable_size(self, without='.symbols'):
        """What the file's sections take in memory, .bss and the table itself left out."""
        return sum(header[5] for name, header in self.sections
                   if header[2] & SHF_ALLOC and header[1] != 8 and name != without)

    def symbols(self):
        """(name, kind, binding, section index, address, size) of each symbol."""
        for _, header in self.sections:
            if header[1] == SHT_SYMTAB:
                strings = self.bytes_of(self.sections[header[6]][1])
                for entry in struct.iter_unpack('<IBBHQQ', self.bytes_of(header)):
                    name, info, _, section, address, size = entry
                    yield c_string(strings, name), info & 15, info >> 4, section, address, size


def c_string(data, offset):
    return data[offset:data.index(b'\0', offset)].decode('utf-8', 'backslashreplace')


def name_rank(name, kind, binding):
    """Orders the names of one address, best first: functions, then global, short, alphabetical."""
    return kind == STT_NOTYPE, binding == STB_LOCAL, len(name), name


def functions(elf, sequence_ends):
    """
    The kernel's functions, sorted: [start, end, name].

    A function is a STT_FUNC symbol or a global label without type in a code section (assembler).
    A label has no size: it reaches to the next function, or to the end of its sequence of line rows
    (`sequence_ends`: sorted), or of its section. Functions never overlap: one that starts inside
    another takes the rest of it.
    """
    code = {index: (start, end) for index, start, end in elf.code_ranges()}
    best, sizes = {}, {}
    for name, kind, binding, section, address, size in elf.symbols():
        is_label = kind == STT_NOTYPE and binding != STB_LOCAL
        if not name or section not in code or not (is_label or kind in (STT_FUNC, STT_GNU_IFUNC)):
            continue
        if not code[section][0] <= address < code[section][1]:
            continue                            # a label at the section's end, by the linker script
        rank = name_rank(name, kind, binding)
        if address not in best or rank < best[address][0]:
            best[address] = rank, name, code[section][1]
        sizes[address] = max(size, sizes.get(address, 0))

    result = []
    starts = sorted(best)
    ends = iter(sequence_ends + [1 << 64])
    sequence_end = next(ends)
    reach = 0
    for start, following in zip(starts, starts[1:] + [1 << 64]):
        while sequence_end <= start:
            sequence_end = next(ends)
        limit = sequence_end if sizes[start] == 0 else start + sizes[start]
        reach = max(reach, limit)
        result.append([start, min(reach, following, best[start][2]), best[start][1]])
    return result


class Cursor:
    """Reads a section from front to back."""

    def __init__(self, data, position=0):
        self.data = data
        self.position = position

    def fixed(self, size):
        value = int.from_bytes(self.data[self.position:self.position + size], 'little')
        self.position += size
        return value

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sleb(self):
        start = self.position
        value = self.uleb()
        bits = 7 * (self.position - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def string(self):
        text = c_string(self.data, self.position)
        self.position = self.data.index(b'\0', self.position) + 1
        return text


class LineUnit:
    """The header of one unit of .debug_line: file names, and how its program is coded."""

    def __init__(self, cursor, strings):
        length = cursor.fixed(4)
        self.offset_size = 4
        if length == 0xffffffff:
            length, self.offset_size = cursor.fixed(8), 8
        self.end = cursor.position + length
        self.version = cursor.fixed(2)
        if not 2 <= self.version <= 5:
            raise BadInput(f'.debug_line has version {self.version}; 2 to 5 are known')
        if self.version == 5:
            cursor.fixed(2)                     # sizes of an address and of a segment selector
        program = cursor.fixed(self.offset_size)
        self.program = cursor.position + program
        self.min_length = cursor.fixed(1)
        if self.version >= 4:
            cursor.fixed(1)                     # operations per instruction: 1 but for VLIW
        cursor.fixed(1)                         # default of is_stmt: addr2line does not look at it
        self.line_base = cursor.fixed(1)
        self.line_base -= 256 if self.line_base > 127 else 0
        self.line_range = cursor.fixed(1)
        self.opcode_base = cursor.fixed(1)
        self.operands = [0] + [cursor.fixed(1) for _ in range(self.opcode_base - 1)]
        if self.line_range == 0:
            raise BadInput('.debug_line: a unit has a line range of 0')
        if self.version == 5:
            directories = [path for path, _ in self.entries(cursor, strings)]
            self.files = [posixpath.join(directories[0], directories[index], path)
                          for path, index in self.entries(cursor, strings)]
        else:
            self.old_files(cursor)
        self.files = [posixpath.normpath(path) for path in self.files]

    def old_files(self, cursor):
        """Versions 2 to 4: lists count from 1, and the unit's own directory is not here."""
        directories = ['']
        while (path := cursor.string()):
            directories.append(path)
        self.files = ['']
        while (path := cursor.string()):
            index, _, _ = cursor.uleb(), cursor.uleb(), cursor.uleb()
            self.files.append(posixpath.join(directories[index], path))

    def entries(self, cursor, strings):
        """One of version 5's self-describing lists: (path, directory index) each."""
        formats = [(cursor.uleb(), cursor.uleb()) for _ in range(cursor.fixed(1))]
        result = []
        for _ in range(cursor.uleb()):
            fields = {content: self.form(cursor, form, strings) for content, form in formats}
            result.append((fields.get(1, ''), fields.get(2, 0)))
        return result

    def form(self, cursor, form, strings):
        if form == 0x08:
            return cursor.string()
        if form in strings:                     # DW_FORM_strp, DW_FORM_line_strp
            return c_string(strings[form], cursor.fixed(self.offset_size))
        if form == 0x0f:
            return cursor.uleb()
        if form in (0x0b, 0x05, 0x06, 0x07, 0x1e):
            return cursor.fixed({0x0b: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1e: 16}[form])
        raise BadInput(f'.debug_line: form {form:#x} in a file list is not known')


def run_program(unit, cursor, emit):
    """Runs one unit's line program; emit(address, file index, line, is_end) gets each row."""
    data = cursor.data
    constant_add = (255 - unit.opcode_base) // unit.line_range * unit.min_length
    cursor.position = unit.program
    address, file, line = 0, 1, 1
    while cursor.position < unit.end:
        opcode = data[cursor.position]
        cursor.position += 1
        if opcode >= unit.opcode_base:
            advance, step = divmod(opcode - unit.opcode_base, unit.line_range)
            address += advance * unit.min_length
            line += unit.line_base + step
            emit(address, file, line, False)
        elif opcode == 0:
            length = cursor.uleb()
            following = cursor.position + length
            extended = cursor.fixed(1)
            if extended == 1:
                emit(address, file, line, True)
                address, file, line = 0, 1, 1
            elif extended == 2:
                address = cursor.fixed(length - 1)
            cursor.position = following         # discriminators and what is not known: skipped
        elif opcode == 1:
            emit(address, file, line, False)
        elif opcode == 2:
            address += cursor.uleb() * unit.min_length
        elif opcode == 3:
            line += cursor.sleb()
        elif opcode == 4:
            file = cursor.uleb()
        elif opcode == 8:
            address += constant_add
        elif opcode == 9:
            address += cursor.fixed(2)
        else:
            for _ in range(unit.operands[opcode]):
                cursor.uleb()


def line_rows(elf):
    """
    The line rows of the code sections, sorted: (start, end, file, line); and where their sequences
    end, sorted.

    Of several rows at one address the last one counts, as in addr2line. Line 0 (the compiler names
    no line) is kept as a row. Sequences of functions that the linker removed lie outside the code.
    """
    strings = {0x0e: elf.section('.debug_str'), 0x1f: elf.section('.debug_line_str')}
    cursor = Cursor(elf.section('.debug_line'))
    code = [(start, end) for _, start, end in elf.code_ranges()]
    rows, ends, sequence = [], [], {}

    def emit(address, file, line, is_end):
        if not is_end:
            sequence[address] = unit.files[file] if line else '', line
            return
        starts = sorted(sequence)
        if starts and any(start <= starts[0] < end for start, end in code):
            ends.append(address)
            for start, end in zip(starts, starts[1:] + [address]):
                if start < end:
                    rows.append((start, end) + sequence[start])
        sequence.clear()

    while cursor.position < len(cursor.data):
        unit = LineUnit(cursor, strings)
        run_program(unit, cursor, emit)
        cursor.position = unit.end
    return sorted(rows), sorted(ends)
