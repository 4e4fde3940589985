#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes the table of upper-case letters by which names ignore case: C source for kernel/lib.

  gen_upper_case.py OUTPUT

Taken are Unicode's simple upper-case mappings within 16 bits that have a way back: a letter and its
capital name the same thing, and nothing else does. So long s, final sigma, dotless i and the micro
sign stay themselves, and no name matches three others.

Where no letter of 256 has a capital there is one shared page of zeroes; an entry is what to add.
"""

import sys

PAGE = 256


def simple_upper(unit):
    """The one character that is this one's capital, or None."""
    character = chr(unit)
    # Python has the full mappings only; where these are longer, the title case is the simple one.
    for capital in (character.upper(), character.title()):
        if len(capital) == 1 and ord(capital) < 0x10000:
            return capital if capital.lower() == character else None
    return None


def differences():
    """For each UTF-16 unit, what to add to reach its capital, modulo 65536."""
    for unit in range(0x10000):
        if 0xD800 <= unit < 0xE000:
            yield 0
            continue
        capital = simple_upper(unit)
        yield (ord(capital) - unit) % 0x10000 if capital else 0


def main():
    if len(sys.argv) != 2:
        return __doc__
    table = list(differences())
    pages, index = [], []
    for start in range(0, len(table), PAGE):
        page = table[start:start + PAGE]
        if page not in pages:
            pages.append(page)
        index.append(pages.index(page))
    with open(sys.argv[1], 'w', encoding='ascii') as out:
        out.write('// Made by tools/gen_upper_case.py from Unicode\'s data, as Python has it.\n\n'
                  '#include "upper_case_table.h"\n\n'
                  f'const uint8_t upper_case_pages[{PAGE}] = {{\n')
        out.writelines(f'    {page},\n' for page in index)
        out.write(f'}};\n\nconst uint16_t upper_case_differences[][{PAGE}] = {{\n')
        for page in pages:
            out.write('    { ' + ', '.join(map(str, page)) + ' },\n')
        out.write('};\n')
    return None


if __name__ == '__main__':
    sys.exit(main())
