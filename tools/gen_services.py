#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes from ntcompat/services.def everything that repeats it: the kernel's prototypes and dispatch
table, and the programs' prototypes, stubs and table. tools/ntcoverage makes docs/services.md.

  gen_services.py services.def [--kernel-header FILE] [--kernel-table FILE] [--user-header FILE]
                  [--user-stubs FILE] [--user-table FILE]
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass

STATES = ('DONE', 'PARTIAL', 'MISSING')
DIRECTIONS = ('IN', 'IN_OPT', 'OUT', 'OUT_OPT', 'INOUT')
MAX_ARGUMENTS = 18
MAX_NUMBER = 0xFFF  # services of table 0; 0x1000 and up are win32k's

# Words for values: how the kernel spells the type, and its name in enum nt_argument_type.
VALUES = {
    'HANDLE': ('HANDLE', 'HANDLE'),
    'PVOID': ('void USER *', 'PVOID'),
    'ULONG_PTR': ('ULONG_PTR', 'ULONG_PTR'),
    'SIZE_T': ('SIZE_T', 'SIZE_T'),
    'ULONG': ('ULONG', 'ULONG'),
    'LONG': ('LONG', 'LONG'),
    'NTSTATUS': ('NTSTATUS', 'NTSTATUS'),
    'ACCESS_MASK': ('ACCESS_MASK', 'ACCESS_MASK'),
    'BOOLEAN': ('BOOLEAN', 'BOOLEAN'),
    'PIO_APC_ROUTINE': ('PIO_APC_ROUTINE', 'PIO_APC_ROUTINE'),
    'MEMORY_INFORMATION_CLASS': ('MEMORY_INFORMATION_CLASS', 'ENUM'),
    'JOBOBJECTINFOCLASS': ('JOBOBJECTINFOCLASS', 'ENUM'),
    'OBJECT_INFORMATION_CLASS': ('OBJECT_INFORMATION_CLASS', 'ENUM'),
    'PROCESSINFOCLASS': ('PROCESSINFOCLASS', 'ENUM'),
    'THREADINFOCLASS': ('THREADINFOCLASS', 'ENUM'),
    'SECTION_INFORMATION_CLASS': ('SECTION_INFORMATION_CLASS', 'ENUM'),
    'SECTION_INHERIT': ('SECTION_INHERIT', 'ENUM'),
    'SYSTEM_INFORMATION_CLASS': ('SYSTEM_INFORMATION_CLASS', 'ENUM'),
    'WAIT_TYPE': ('WAIT_TYPE', 'ENUM'),
    'EVENT_TYPE': ('EVENT_TYPE', 'ENUM'),
    'TIMER_TYPE': ('TIMER_TYPE', 'ENUM'),
    'EVENT_INFORMATION_CLASS': ('EVENT_INFORMATION_CLASS', 'ENUM'),
    'MUTANT_INFORMATION_CLASS': ('MUTANT_INFORMATION_CLASS', 'ENUM'),
    'SEMAPHORE_INFORMATION_CLASS': ('SEMAPHORE_INFORMATION_CLASS', 'ENUM'),
    'TIMER_INFORMATION_CLASS': ('TIMER_INFORMATION_CLASS', 'ENUM'),
    'TIMER_SET_INFORMATION_CLASS': ('TIMER_SET_INFORMATION_CLASS', 'ENUM'),
    'IO_COMPLETION_INFORMATION_CLASS': ('IO_COMPLETION_INFORMATION_CLASS', 'ENUM'),
    'PTIMER_APC_ROUTINE': ('PTIMER_APC_ROUTINE', 'PVOID'),
    'SHUTDOWN_ACTION': ('SHUTDOWN_ACTION', 'ENUM'),
    'TOKEN_INFORMATION_CLASS': ('TOKEN_INFORMATION_CLASS', 'ENUM'),
    'TOKEN_TYPE': ('TOKEN_TYPE', 'ENUM'),
    'SECURITY_INFORMATION': ('SECURITY_INFORMATION', 'ULONG'),
    'PSECURITY_DESCRIPTOR': ('void USER *', 'PVOID'),
    'POWER_INFORMATION_LEVEL': ('POWER_INFORMATION_LEVEL', 'ENUM'),
    'RTL_ATOM': ('RTL_ATOM', 'ULONG'),
    'ATOM_INFORMATION_CLASS': ('ATOM_INFORMATION_CLASS', 'ENUM'),
}

# Words for pointers into the program's memory: what they point to, and the enum's name.
POINTERS = {
    'PHANDLE': ('HANDLE', 'PHANDLE'),
    'PVOID *': ('PVOID', 'PPVOID'),
    'PULONG_PTR': ('ULONG_PTR', 'PULONG_PTR'),
    'PSIZE_T': ('SIZE_T', 'PSIZE_T'),
    'PULONG': ('ULONG', 'PULONG'),
    'PLONG': ('LONG', 'PULONG'),
    'PBOOLEAN': ('BOOLEAN', 'PBOOLEAN'),
    'PLARGE_INTEGER': ('LARGE_INTEGER', 'PLARGE_INTEGER'),
    'PUNICODE_STRING': ('UNICODE_STRING', 'PUNICODE_STRING'),
    'POBJECT_ATTRIBUTES': ('OBJECT_ATTRIBUTES', 'POBJECT_ATTRIBUTES'),
    'PCLIENT_ID': ('CLIENT_ID', 'PCLIENT_ID'),
    'PIO_STATUS_BLOCK': ('IO_STATUS_BLOCK', 'PIO_STATUS_BLOCK'),
    'PFILE_IO_COMPLETION_INFORMATION': ('FILE_IO_COMPLETION_INFORMATION', 'PVOID'),
    'PCONTEXT': ('CONTEXT', 'PCONTEXT'),
    'PMEM_EXTENDED_PARAMETER': ('MEM_EXTENDED_PARAMETER', 'PVOID'),
    'PEXCEPTION_RECORD': ('EXCEPTION_RECORD', 'PEXCEPTION_RECORD'),
    'PNTSTATUS': ('NTSTATUS', 'PULONG'),
    'PACCESS_MASK': ('ACCESS_MASK', 'PULONG'),
    'PLUID': ('LUID', 'PVOID'),
    'PTOKEN_GROUPS': ('TOKEN_GROUPS', 'PVOID'),
    'PTOKEN_PRIVILEGES': ('TOKEN_PRIVILEGES', 'PVOID'),
    'PPRIVILEGE_SET': ('PRIVILEGE_SET', 'PVOID'),
    'PGENERIC_MAPPING': ('GENERIC_MAPPING', 'PVOID'),
    'PLCID': ('LCID', 'PULONG'),
    'LANGID *': ('LANGID', 'PVOID'),
    'PRTL_ATOM': ('RTL_ATOM', 'PVOID'),
}


class Wrong(Exception):
    """services.def is wrong; the words name the line."""


@dataclass
class Argument:
    direction: str
    word: str  # the type as services.def, and so the documentation, spells it
    name: str

    @property
    def kernel_type(self):
        if self.word in VALUES:
            return VALUES[self.word][0]
        return POINTERS[self.word][0] + ' USER *'

    @property
    def enum(self):
        return 'NT_ARG_' + (VALUES.get(self.word) or POINTERS[self.word])[1]


@dataclass
class Service:
    number: int
    name: str
    state: str
    file: str
    missing: str
    arguments: list
    line: int

    @property
    def is_built(self):
        return self.state != 'MISSING'


# ---- reading ------------------------------------------------------------------------------------

def blank_comments(text):
    """Comments become spaces, so that offsets and lines stay as they are."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def split_words(text, line):
    """Splits at the commas that stand outside parentheses and quotes."""
    words, word, depth, in_string = [], '', 0, False
    for c in text:
        if c == '"':
            in_string = not in_string
        if not in_string:
            depth += (c == '(') - (c == ')')
            if c == ',' and depth == 0:
                words.append(word.strip())
                word = ''
                continue
        word += c
    if depth or in_string:
        raise Wrong(f'{line}: a quote or parenthesis is not closed')
    return words + [word.strip()]


def entries(text):
    """Yields (line, words) for each NT_SERVICE(...)."""
    text = blank_comments(text)
    at = 0
    while True:
        gap = re.match(r'\s*', text[at:]).end()
        at += gap
        line = text.count('\n', 0, at) + 1
        if at == len(text):
            return
        head = re.match(r'NT_SERVICE\(', text[at:])
        if not head:
            raise Wrong(f'{line}: NT_SERVICE( expected, found {text[at:].split()[0]!r}')
        start = at = at + head.end()
        depth, in_string = 1, False
        while depth:
            if at == len(text):
                raise Wrong(f'{line}: NT_SERVICE( is not closed')
            if text[at] == '"':
                in_string = not in_string
            elif not in_string:
                depth += (text[at] == '(') - (text[at] == ')')
            at += 1
        yield line, split_words(text[start:at - 1], line)


def read_argument(text, line):
    match = re.fullmatch(r'(\w+)\(([^,]+),\s*(\w+)\)', text)
    if not match:
        raise Wrong(f'{line}: {text!r} is not DIRECTION(type, name)')
    direction, word, name = match[1], ' '.join(match[2].split()), match[3]
    if direction not in DIRECTIONS:
        raise Wrong(f'{line}: {direction} is not one of {" ".join(DIRECTIONS)}')
    if word not in VALUES and word not in POINTERS:
        raise Wrong(f'{line}: unknown type {word!r}; known: '
                    + ', '.join(list(VALUES) + list(POINTERS)))
    is_pointer = word in POINTERS or word == 'PVOID'
    if direction.startswith(('OUT', 'INOUT')) and not is_pointer:
        raise Wrong(f'{line}: {name} is {direction}, but a {word} cannot be written through')
    return Argument(direction, word, name)


def read_service(words, line):
    if len(words) < 5:
        raise Wrong(f'{line}: number, name, state, file and "what is missing" expected')
    number, name, state, file, missing = words[:5]
    if not re.fullmatch(r'0x[0-9A-F]{4}', number) or int(number, 16) > MAX_NUMBER:
        raise Wrong(f'{line}: number {number!r} is not 0x0000..0x{MAX_NUMBER:04X}, four digits')
    if not re.fullmatch(r'Nt[A-Z]\w*', name):
        raise Wrong(f'{line}: {name!r} is not the name of a service')
    if state not in STATES:
        raise Wrong(f'{line}: {name}: state {state!r} is not one of {" ".join(STATES)}')
    if not re.fullmatch(r'"[^"]*"', missing):
        raise Wrong(f'{line}: {name}: the fifth word must be a quoted text')
    missing = missing[1:-1]
    arguments = [read_argument(word, line) for word in words[5:]]
    if state == 'MISSING' and (file or missing or arguments):
        raise Wrong(f'{line}: {name} is MISSING, so it has no file, text or arguments yet')
    if state != 'MISSING' and not re.fullmatch(r'[a-z_]+', file):
        raise Wrong(f'{line}: {name} is {state}, but {file!r} names no file')
    if (state == 'PARTIAL') != bool(missing):
        raise Wrong(f'{line}: {name}: PARTIAL, and only PARTIAL, says what is missing')
    if len(arguments) > MAX_ARGUMENTS:
        raise Wrong(f'{line}: {name} has more than {MAX_ARGUMENTS} arguments')
    names = [argument.name for argument in arguments]
    if len(set(names)) != len(names):
        raise Wrong(f'{line}: {name} names an argument twice')
    return Service(int(number, 16), name, state, file, missing, arguments, line)


def read_services(text):
    services, by_name = [], {}
    for line, words in entries(text):
        service = read_service(words, line)
        if service.name in by_name:
            raise Wrong(f'{line}: {service.name} stands in line {by_name[service.name]} already')
        if services and service.number == services[-1].number:
            raise Wrong(f'{line}: number 0x{service.number:04X} belongs to {services[-1].name}')
        if services and service.number < services[-1].number:
            raise Wrong(f'{line}: {service.name} is not in order: 0x{service.number:04X} after '
                        f'0x{services[-1].number:04X}')
        by_name[service.name] = line
        services.append(service)
    if not services:
        raise Wrong('1: no service at all')
    return services


# ---- writing ------------------------------------------------------------------------------------

NOTICE = 'Made by tools/gen_services.py from ntcompat/services.def; edit that.'
HEADERS = (
    'atom',
    'exception',
    'job',
    'memory',
    'object',
    'power',
    'process_information',
    'section',
    'sync',
    'system',
    'system_information',
    'thread_information',
    'token',
    'types',
)


def declare(kind, name):
    """A parameter: no space between a star and the name."""
    return kind + name if kind.endswith('*') else f'{kind} {name}'


def prototypes(services, convention, spell):
    for service in services:
        parameters = ', '.join(declare(spell(a), a.name) for a in service.arguments) or 'void'
        yield f'NTSTATUS {convention}{service.name}({parameters});\n'


def kernel_header(services):
    built = [service for service in services if service.is_built]
    yield f'// {NOTICE}\n// The services as C functions.\n\n#pragma once\n\n'
    yield '#include <kernel/compiler.h>\n'
    yield from (f'#include <nt/{name}.h>\n' for name in HEADERS)
    yield '\n'
    yield from prototypes(built, '', lambda argument: argument.kernel_type)


def cast(argument, index):
    """Cuts a raw word down to its type: what lies above belongs to nobody."""
    word = f'a[{index}]'
    if argument.enum == 'NT_ARG_ENUM':
        word = f'(ULONG){word}'
    return f'({argument.kernel_type}){word}'


def kernel_table(services):
    yield f'// {NOTICE}\n// Thunks, argument tables and the native numbering.\n\n'
    yield '#include "services_generated.h"\n\n#include "service_table.h"\n\n'
    for service in services:
        if service.is_built:
            yield from kernel_thunk(service)
    for service in services:
        yield from kernel_record(service)
    yield 'const struct nt_service *const nt_services_native[] = {\n'
    for service in services:
        yield f'    [0x{service.number:04X}] = &service_{service.name},\n'
    yield '};\n\n'
    yield 'const uint32_t nt_services_native_limit =\n'
    yield '    sizeof(nt_services_native) / sizeof(nt_services_native[0]);\n\n'
    most = max(len(service.arguments) for service in services)
    yield f'_Static_assert({most} <= NT_SERVICE_MAX_ARGUMENTS, "a service has more arguments");\n'


def kernel_thunk(service):
    words = ', '.join(cast(a, i) for i, a in enumerate(service.arguments))
    unused = '' if service.arguments else '    (void)a;\n'
    yield (f'static uint64_t call_{service.name}(const uint64_t *a)\n{{\n{unused}'
           f'    return (uint32_t){service.name}({words});\n}}\n\n')


def kernel_record(service):
    name, arguments, call = service.name, 'NULL', 'NULL'
    if service.arguments:
        arguments = f'arguments_{name}'
        yield f'static const struct nt_argument {arguments}[] = {{\n'
        for a in service.arguments:
            yield f'    {{ "{a.name}", {a.enum}, NT_ARG_{a.direction} }},\n'
        yield '};\n'
    if service.is_built:
        call = f'call_{name}'
    yield (f'static const struct nt_service service_{name} = {{ "{name}", {call}, '
           f'{len(service.arguments)}, NT_SERVICE_{service.state}, {arguments} }};\n')


def user_header(services):
    yield f'// {NOTICE}\n// The services that are built, as a program calls them.\n\n#pragma once\n\n'
    yield from (f'#include <nt/{name}.h>\n' for name in HEADERS)
    yield '\n'
    yield from prototypes([s for s in services if s.is_built], 'NTAPI ', lambda a: a.word)
    yield '\n// X(name, number, argument count) for each of them.\n#define BUILT_SERVICES(X)'
    yield from (f' \\\n    X({s.name}, 0x{s.number:04X}, {len(s.arguments)})'
                for s in services if s.is_built)
    yield '\n\n// Numbers of all services, built or not.\nenum {\n'
    yield from (f'    NUMBER_{s.name} = 0x{s.number:04X},\n' for s in services)
    yield f'    NUMBER_LIMIT = 0x{services[-1].number + 1:04X},\n}};\n'


def user_stubs(services):
    yield f'; {NOTICE}\n'
    yield '; SYSCALL destroys RCX, so the first argument travels in R10; the others stay where the\n'
    yield '; caller put them. Leaf functions: they need no unwind data.\n\nbits 64\nsection .text\n'
    for service in services:
        if service.is_built:
            yield (f'\nglobal {service.name}\n{service.name}:\n    mov r10, rcx\n'
                   f'    mov eax, 0x{service.number:04X}\n    syscall\n    ret\n')


def user_table(services):
    built = [service for service in services if service.is_built]
    yield f'// {NOTICE}\n// The services that are built, with their arguments (service_table.h).\n\n'
    yield '#include <user/service_table.h>\n\n#include <user/services.h>\n\n'
    for service in built:
        if service.arguments:
            yield f'static const struct service_argument arguments_{service.name}[] = {{\n'
            for a in service.arguments:
                pointee = POINTERS.get(a.word, [None])[0]
                size = f'sizeof({pointee}), _Alignof({pointee})' if pointee else '0, 0'
                yield f'    {{ "{a.name}", "{a.word}", ARGUMENT_{a.direction}, {size} }},\n'
            yield '};\n'
    yield '\nconst struct service services[] = {\n'
    for service in built:
        arguments = f'arguments_{service.name}' if service.arguments else 'NULL'
        yield (f'    {{ "{service.name}", 0x{service.number:04X}, {len(service.arguments)}, '
               f'{arguments} }},\n')
    yield '};\nconst unsigned service_count = sizeof(services) / sizeof(services[0]);\n'


OUTPUTS = (('kernel_header', kernel_header), ('kernel_table', kernel_table),
           ('user_header', user_header), ('user_stubs', user_stubs),
           ('user_table', user_table))


def main():
    parser = argparse.ArgumentParser(description='Makes code from services.def.')
    parser.add_argument('definition', type=pathlib.Path)
    for name, _ in OUTPUTS:
        parser.add_argument('--' + name.replace('_', '-'), type=pathlib.Path, metavar='FILE')
    options = parser.parse_args()
    try:
        services = read_services(options.definition.read_text())
    except Wrong as wrong:
        return f'{options.definition}:{wrong}'
    except OSError as error:
        return f'{options.definition}: {error.strerror}'
    for name, write in OUTPUTS:
        path = getattr(options, name)
        if path:
            path.write_text(''.join(write(services)))
    return None


if __name__ == '__main__':
    sys.exit(main())
