# SPDX-License-Identifier: MIT
#
# Writes the table that symbols_find() reads: from sorted functions and line rows to bytes.
# symbols/table_format.h describes the format; this file is its other half, in the same order.

import re
import struct

from codes import MAX_NUMBER, Alphabet, Events, TooLarge

MAGIC = b'PEKOSYM1'
FUNCTIONS_PER_BLOCK = 32
WORDS_PER_GROUP = 32
ALIGNMENT = 16                  # where GCC starts functions
RECENT = 4                      # positions that a row can name shortly, the current one included
MAX_WORDS = 24                  # of a name

# What a row does. BACK_1 .. BACK_3 and STEP + zigzag(line difference) complete the list.
END_ALIGNED, END_GAP, NO_LINE, OTHER_FILE, BACK_1 = range(5)
STEP = BACK_1 + RECENT - 1

# Words are what names share: pieces of snake_case, CamelCase and paths, their separator in front.
WORD = re.compile(r'[_/.]?(?:[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+)|.')
END, REPEAT = '\x01', '\x02'    # pseudo words: no name contains them


class Names:
    """Writes names as words. REPEAT stands for the word at the same place of the name before."""

    def __init__(self, words):
        self.words = words
        self.before = []

    def write(self, events, name):
        if not (name.isascii() and name.isprintable()):
            raise TooLarge(f'the name {name!r} is not printable ASCII')
        found = WORD.findall(name)
        if len(found) > MAX_WORDS:
            found[MAX_WORDS - 1:] = [''.join(found[MAX_WORDS - 1:])]
        for place, word in enumerate(found):
            repeated = place < len(self.before) and self.before[place] == word
            events.symbol(self.words, REPEAT if repeated else word)
        events.symbol(self.words, END)
        self.before[:len(found)] = found


class Rows:
    """Writes a block's functions; remembers what the reader will remember at the same place."""

    def __init__(self, alphabets, events):
        _, _, self.files, self.rows, self.lengths = alphabets
        self.events = events
        self.recent = [(None, 0)]

    def function(self, rows):
        """The rows of one function; the first counts from the first of the function before."""
        for index, (start, end, file, line) in enumerate(rows):
            for at in range(start, end, MAX_NUMBER):
                self.position(file, line)
                self.events.number(self.lengths, min(end - at, MAX_NUMBER))
            if index == 0:
                first = self.recent[0]
        self.recent = [first]

    def end(self, end, following):
        if following is None or following == -(-end // ALIGNMENT) * ALIGNMENT:
            self.events.number(self.rows, END_ALIGNED)
        else:
            self.events.number(self.rows, END_GAP)
            self.events.plain(following - end)

    def position(self, file, line):
        if line == 0:
            self.events.number(self.rows, NO_LINE)
            return
        if (file, line) in self.recent[1:]:
            place = self.recent.index((file, line), 1)
            self.events.number(self.rows, BACK_1 + place - 1)
            del self.recent[place]
        else:
            difference = line - self.recent[0][1]
            step = STEP + (2 * difference if difference >= 0 else -2 * difference - 1)
            if file == self.recent[0][0] and step <= MAX_NUMBER:
                self.events.number(self.rows, step)
            else:
                self.events.number(self.rows, OTHER_FILE)
                self.events.symbol(self.files, file)
                self.events.plain(line)
        self.recent.insert(0, (file, line))
        del self.recent[RECENT:]


def rows_of_functions(functions, rows):
    """
    For each function its rows, without gap and without two neighbours of one position. What no row
    covers gets line 0; rows outside functions fall away.
    """
    index = 0
    for start, end, _ in functions:
        while index < len(rows) and rows[index][1] <= start:
            index += 1
        result, at, scan = [], start, index

        def add(upto, file, line):
            nonlocal at
            if upto > at:
                if result and result[-1][2:] == (file, line):
                    result[-1] = (result[-1][0], upto, file, line)
                else:
                    result.append((at, upto, file, line))
                at = upto

        while scan < len(rows) and rows[scan][0] < end:
            row_start, row_end, file, line = rows[scan]
            add(row_start, '', 0)
            add(min(row_end, end), file, line)
            scan += 1
        add(end, '', 0)
        yield result


def pack(functions, rows):
    """The table as bytes, of sorted [start, end, name] and sorted (start, end, file, line)."""
    functions = [function for function in functions if function[0] < function[1]]
    alphabets = letters, words, files, steps, lengths = [Alphabet() for _ in range(5)]
    base = functions[0][0] // ALIGNMENT * ALIGNMENT if functions else 0
    if functions and functions[-1][1] - base > 0xffffffff:
        raise TooLarge('the functions span more than 4 GiB')

    blocks = []
    starts = [start for start, _, _ in functions] + [None]
    for index, function_rows in enumerate(rows_of_functions(functions, rows)):
        if index % FUNCTIONS_PER_BLOCK == 0:
            blocks.append((functions[index][0] - base, Events()))
            block, names = Rows(alphabets, blocks[-1][1]), Names(words)
        block.function(function_rows)
        is_last = (index + 1) % FUNCTIONS_PER_BLOCK == 0
        block.end(functions[index][1], None if is_last else starts[index + 1])
        names.write(block.events, functions[index][2])

    # Each text below is listed in the order of codes, which the events above have settled.
    files.build()
    file_names, names = Events(), Names(words)
    for file in files.ranks:
        names.write(file_names, file)
    words.counts.update({END: 0, REPEAT: 0})
    words.build()
    word_groups = []
    for word, rank in words.ranks.items():
        if rank % WORDS_PER_GROUP == 0:
            word_groups.append(Events())
        word_texts = word_groups[-1]
        for letter in '' if word in (END, REPEAT) else word:
            word_texts.symbol(letters, ord(letter) << 4)
        word_texts.symbol(letters, 0)
    for alphabet in (letters, steps, lengths):
        alphabet.build()
    return assemble(base, len(functions), alphabets, word_groups, file_names, blocks)


def assemble(base, function_count, alphabets, word_groups, file_names, blocks):
    letters, words, files, steps, lengths = alphabets
    stream, position = [], 0

    def append(events):
        nonlocal position
        at = position
        stream.append(events.bits())
        position += len(stream[-1])
        return at

    group_table = b''.join(struct.pack('<I', append(events)) for events in word_groups)
    files_bit = append(file_names)
    block_table = b''.join(struct.pack('<II', start, append(events)) for start, events in blocks)
    parts = (letters.length_counts() + letters.values() + words.length_counts() +
             files.length_counts() + steps.length_counts() + steps.values() +
             lengths.length_counts() + lengths.values() + group_table + block_table)
    bits = ''.join(stream)
    padded = bits + '0' * (-len(bits) % 8)
    body = parts + int(padded or '0', 2).to_bytes(len(padded) // 8, 'big')
    header_size = 36
    if header_size + len(body) > 1 << 28:
        raise TooLarge('the table would be larger than 256 MiB')
    return struct.pack('<8sQ5I', MAGIC, base, header_size + len(body), function_count,
                       words.ranks[END], words.ranks[REPEAT], files_bit) + body
