# SPDX-License-Identifier: MIT
#
# Canonical prefix codes and the event list that they are made from.
#
# The idea: the table is written twice. First as events ("this symbol of that alphabet", "these
# plain bits"), which counts how often each symbol occurs; then, with the codes that follow from the
# counts, as bits. symbols/table_format.h says what the resolver does with both.

import heapq
import struct
from collections import Counter

MAX_CODE_BITS = 16
EXACT_NUMBERS = 48              # numbers below have symbols of their own
MANTISSA_BITS = 3               # larger ones keep this many leading bits, the rest follows raw
MAX_NUMBER = ((1 << MANTISSA_BITS) << 15) - 1


class TooLarge(Exception):
    """Something does not fit the format; the text says what."""


class Alphabet:
    def __init__(self):
        self.counts = Counter()
        self.codes = {}
        self.ranks = {}         # symbols in code order, as the table lists them

    def build(self):
        """Gives each counted symbol its code: shorter for more frequent, then in symbol order."""
        if len(self.counts) > 0xffff:
            raise TooLarge(f'an alphabet has {len(self.counts)} symbols; the table holds 65535')
        lengths = code_lengths(self.counts)
        order = sorted(lengths, key=lambda symbol: (lengths[symbol], symbol))
        code, previous = 0, 0
        for rank, symbol in enumerate(order):
            code <<= lengths[symbol] - previous
            previous = lengths[symbol]
            self.codes[symbol] = format(code, f'0{previous}b')
            self.ranks[symbol] = rank
            code += 1

    def length_counts(self):
        """How many codes have 1, 2 ... 16 bits, as the table stores it."""
        histogram = Counter(len(code) for code in self.codes.values())
        return struct.pack(f'<{MAX_CODE_BITS}H',
                           *(histogram[bits] for bits in range(1, MAX_CODE_BITS + 1)))

    def values(self):
        return struct.pack(f'<{len(self.ranks)}H', *self.ranks)


def code_lengths(counts):
    """Huffman's code lengths; if the longest is too long, again with flatter counts."""
    while True:
        heap = [(counts[symbol], index, (symbol,)) for index, symbol in enumerate(sorted(counts))]
        lengths = dict.fromkeys(counts, 0 if len(heap) > 1 else 1)
        heapq.heapify(heap)
        fresh = len(heap)
        while len(heap) > 1:
            low, _, left = heapq.heappop(heap)
            high, _, right = heapq.heappop(heap)
            for symbol in left + right:
                lengths[symbol] += 1
            heapq.heappush(heap, (low + high, fresh, left + right))
            fresh += 1
        if not lengths or max(lengths.values()) <= MAX_CODE_BITS:
            return lengths
        counts = {symbol: (count + 1) // 2 for symbol, count in counts.items()}


class Events:
    """What will be written, in order; alphabets count along."""

    def __init__(self):
        self.list = []

    def symbol(self, alphabet, symbol, extra=''):
        alphabet.counts[symbol] += 1
        self.list.append((alphabet, symbol, extra))

    def number(self, alphabet, number):
        """A number 0..MAX_NUMBER: its symbol is mantissa * 16 + how many raw bits follow."""
        if number < EXACT_NUMBERS:
            self.symbol(alphabet, number << 4)
            return
        extra = number.bit_length() - MANTISSA_BITS
        self.symbol(alphabet, number >> extra << 4 | extra,
                    format(number & ((1 << extra) - 1), f'0{extra}b') if extra else '')

    def plain(self, number):
        """A number without a code: 5 bits of width, then its bits."""
        width = number.bit_length()
        if width > 31:
            raise TooLarge(f'{number} takes more than 31 bits')
        self.list.append((None, None, format(width << width | number, f'0{5 + width}b')))

    def bits(self):
        return ''.join([(alphabet.codes[symbol] if alphabet else '') + extra
                        for alphabet, symbol, extra in self.list])
