# SPDX-License-Identifier: MIT
#
# Compares the resolver's answers with those of binutils: every function with nm, every instruction
# with addr2line.
#
# The idea: nothing here reads the table or the ELF file itself. Instructions come from objdump,
# names from nm, lines from addr2line, and the answers from the resolver's C code as a host program,
# so an error in the packer has nobody to repeat it.

import bisect
import posixpath
import subprocess
import tempfile
from collections import namedtuple

Answer = namedtuple('Answer', 'offset size line name file')
Function = namedtuple('Function', 'address size name')
NAME_MAX = 127                  # longer names and paths are cut


class Failed(Exception):
    """A program that verifying needs did not work."""


def run(*words, text=''):
    result = subprocess.run(words, input=text, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed(f'{words[0]} failed: {result.stderr.strip()[:300]}')
    return result.stdout


def relative(path, root):
    """A path as the table has it: relative to the repository's root where it lies below."""
    path = posixpath.normpath(path)
    return path[len(root) + 1:] if path.startswith(root + '/') else path


def nm_functions(elf, prefix, instruction_starts):
    """What nm lists as functions: the best name of each address, sorted."""
    code = set(instruction_starts)
    names = {}
    for text in run(prefix + 'nm', '--format=sysv', elf).splitlines():
        fields = [field.strip() for field in text.split('|')]
        if len(fields) != 7 or fields[2] not in 'TtWw' or fields[3] not in ('FUNC', 'NOTYPE'):
            continue
        name, address, is_local = fields[0], int(fields[1], 16), fields[2] == 't'
        is_label = fields[3] == 'NOTYPE'
        if is_label and (is_local or address not in code):
            continue                            # a place inside a function, or a section's end
        size = int(fields[4], 16) if fields[4] else 0
        names.setdefault(address, []).append((is_label, is_local, len(name), name, size))
    return [Function(address, max(entry[4] for entry in entries), min(entries)[3])
            for address, entries in sorted(names.items())]


def instructions(elf, prefix):
    """The start of each instruction; and the last byte of each call, for backtraces."""
    starts, call_ends, follows_call = [], [], False
    for text in run(prefix + 'objdump', '-d', '-w', '--no-show-raw-insn', elf).splitlines():
        address, colon, code = text.partition(':\t')
        if colon:
            starts.append(int(address, 16))
            if follows_call:
                call_ends.append(starts[-1] - 1)
            follows_call = code.startswith('call')
    return starts, call_ends


def addr2line(elf, addresses, prefix, root):
    """(file, line) of each address; ('', 0) if not known."""
    text = ''.join(f'{address:x}\n' for address in addresses)
    for answer in run(prefix + 'addr2line', '-e', elf, text=text).splitlines():
        file, _, line = answer.split(' (')[0].rpartition(':')
        yield (relative(file, root)[:NAME_MAX], int(line)) if line not in ('?', '0') else ('', 0)


def decoded_lines(elf, addresses, prefix):
    """(end of the file's path, line) by objdump, which decodes .debug_line with code of its own."""
    rows = {}
    for text in run(prefix + 'objdump', '--dwarf=decodedline', '-w', elf).splitlines():
        fields = text.split()
        if len(fields) >= 3 and fields[1].isdigit() and fields[2].startswith('0x'):
            rows[int(fields[2], 16)] = fields[0], int(fields[1])
    starts = sorted(rows)
    return [rows[starts[bisect.bisect_right(starts, address) - 1]] for address in addresses]


def resolve(resolver, table, addresses):
    """The resolver's answers; None where it finds nothing."""
    text = ''.join(f'{address:x}\n' for address in addresses)
    with tempfile.NamedTemporaryFile() as file:
        file.write(table)
        file.flush()
        for answer in run(resolver, file.name, text=text).splitlines():
            fields = answer.split('\t')
            yield Answer(*map(int, fields[:3]), *fields[3:]) if len(fields) == 5 else None


def compare_functions(functions, answers_at):
    """Yields what is wrong with names and extents."""
    starts = [function.address for function in functions]
    for function, following in zip(functions, starts[1:] + [1 << 64]):
        answer = answers_at[function.address]
        if answer is None or (answer.offset, answer.name) != (0, function.name[:NAME_MAX]):
            yield f'{function.address:x}: nm says {function.name}, the table {answer}'
            continue
        end = function.address + function.size
        if function.size and end <= following and answer.size != function.size:
            yield f'{function.name}: nm says {function.size} bytes, the table {answer.size}'
        if function.address + answer.size > following:
            yield f'{function.name} reaches into the next function'
        last = answers_at[function.address + answer.size - 1]
        if last is None or (last.offset, last.name) != (answer.size - 1, answer.name):
            yield f'{function.name}: its last byte is in {last}'
        behind = answers_at[function.address + answer.size]
        if behind is not None and function.address + answer.size != following:
            yield f'{function.name}: behind its end lies {behind}'


def is_inside(functions, address):
    """Whether nm has the address in a function; a label without size may be longer than that."""
    at = bisect.bisect_right([function.address for function in functions], address) - 1
    return at >= 0 and address < functions[at].address + max(functions[at].size, 1)


def compare_lines(elf, resolver, table, prefix, root, functions, addresses):
    """
    Compares each instruction's line; returns how many were compared, in words, and what is wrong.

    Where the files alone differ, objdump decides. addr2line 2.40 errs where a unit begins with a
    header's function (it takes the rows for the first file's), and NASM 2.16 names its file from
    the folder it ran in but calls the file's own folder the unit's, so that addr2line has the
    path twice.
    """
    compared, wrong, doubtful = 0, [], []
    for address, answer, expected in zip(addresses, resolve(resolver, table, addresses),
                                         addr2line(elf, addresses, prefix, root), strict=True):
        if answer is None and not is_inside(functions, address):
            continue
        compared += 1
        found = (answer.file, answer.line) if answer else ('', 0)
        if found != expected:
            doubt = answer and found[1] == expected[1]
            (doubtful if doubt else wrong).append((address, answer, expected))
    if doubtful:
        decoded = decoded_lines(elf, [address for address, _, _ in doubtful], prefix)
        wrong += [entry for entry, (file, line) in zip(doubtful, decoded)
                  if line != entry[1].line or not f'/{entry[1].file}'.endswith(f'/{file}')]
    return (f'{compared} of {len(addresses)} addresses',
            [f'{address:x}: addr2line says {expected}, the table {answer}'
             for address, answer, expected in wrong])


def compare(elf, table, resolver, prefix, root):
    """Compares everything; returns what was compared, in words, and a list of what is wrong."""
    instruction_starts, call_ends = instructions(elf, prefix)
    functions = nm_functions(elf, prefix, instruction_starts)
    if not functions:
        raise Failed(f'nm and objdump find no function in {elf}: nothing to compare')
    starts = [function.address for function in functions]
    answers = dict(zip(starts, resolve(resolver, table, starts), strict=True))
    edges = [start + answers[start].size + step
             for start in starts if answers[start] for step in (-1, 0)]
    answers.update(zip(edges, resolve(resolver, table, edges), strict=True))
    wrong = list(compare_functions(functions, answers))
    compared, wrong_lines = compare_lines(elf, resolver, table, prefix, root, functions,
                                          instruction_starts + call_ends)
    return f'{len(functions)} functions, {compared}', wrong + wrong_lines
