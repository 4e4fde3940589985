#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Boots a program in QEMU, its output on this terminal: `scons run` and `scons debug`.

  run.py --build BUILD [--debug] [NAME=VALUE...]

  exe=PATH[,PATH...]   the program (default: the demo), and files to lie beside it
  args="..."           its arguments, as one Windows command line
  boot=direct|iso      direct: QEMU loads the kernel; iso: a PC with GRUB
  firmware=bios|uefi   of that PC
  mem=MIB smp=N accel=auto|tcg|kvm
  cpu=MODEL            any that `qemu-system-x86_64 -cpu help` lists
  headless=1           no window for the PC's screen
  panic=KIND           provoke a kernel panic
  kernel="..."         further words for the kernel's command line, such as log=debug or ktest
  monitor=PATH         a socket for QEMU's monitor

A direct boot is a run of pekoe, unless cpu=, panic=, kernel=, monitor= or --debug ask for what
pekoe does not have; then, and on the PC, the serial line is the program's console and has the
kernel's log.
The exit status is the program's, as pekoe gives it (docs/pekoe.1): 255 for a code above 255,
126 for a program that cannot run, 125 if the machine ended in any other way.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import machine
import make_iso

NAMES = 'exe args boot firmware mem smp cpu accel headless panic kernel monitor'.split()
COMMANDS = pathlib.Path(__file__).resolve().parent / 'debug.gdb'
BEYOND_PEKOE = ('cpu', 'panic', 'kernel', 'monitor')
DEMO_STATUS = 3
DEMO_ARGS = {'direct': 'one "two words" three', 'iso': 'from the ISO'}


class BadOption(Exception):
    pass


def read_options(words):
    options = dict.fromkeys(NAMES, '')
    build, debug = 'build', False
    words = list(words)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition('=')
        if word == '--build' and words:
            build = words.pop(0)
        elif word == '--debug':
            debug = True
        elif equals and name in options:
            options[name] = value
        else:
            raise BadOption(f'{word}: no such option; -h lists them')
    for name, choices in (('boot', ('direct', 'iso')), ('firmware', ('bios', 'uefi')),
                          ('accel', ('auto', 'tcg', 'kvm'))):
        options[name] = options[name] or choices[0]
        if options[name] not in choices:
            raise BadOption(f'{name}={options[name]}: must be {" or ".join(choices)}')
    for name in ('mem', 'smp'):
        if options[name] and not options[name].isdecimal():
            raise BadOption(f'{name}={options[name]}: must be a number')
    return pathlib.Path(build), debug, options


def hardware(options):
    """What both machines take, as far as the options name it."""
    chosen = {name: int(options[name]) for name in ('mem', 'smp') if options[name]}
    if options['cpu']:
        chosen['cpu'] = options['cpu']
    return dict(chosen, accel=options['accel'])


def programs(build, options):
    """The programs' files, the first of them to be run, and its arguments."""
    paths = [pathlib.Path(path) for path in options['exe'].split(',') if path]
    for path in paths:
        if not path.is_file():
            raise BadOption(f'{path}: no such file')
    if paths:
        return paths, options['args']
    return [build / 'userspace/hello.exe'], options['args'] or DEMO_ARGS[options['boot']]


def kernel_line(options, name, args):
    words = [options['kernel'] if 'log=' in options['kernel'] else 'log=info ' + options['kernel']]
    if options['smp'] and options['boot'] == 'direct':
        words.append('cpus=' + options['smp'])      # no ACPI to tell of them
    if options['panic']:
        words.append('panic=' + options['panic'])
    quoted = f'"{name}"' if ' ' in name else name
    return ' '.join(' '.join(words).split()) + f' -- {quoted} {args}'.rstrip()


def run_pekoe(build, options, paths, args):
    """pekoe quotes words for Windows, so what it gets must be words."""
    words = [str(build / 'tools/pekoe'), '--accel', options['accel']]
    for name in ('mem', 'smp'):
        if options[name]:
            words += ['--' + name, options[name]]
    process = subprocess.Popen(words + [str(paths[0])] + split_windows(args))
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 130                      # pekoe got it, too, and ends its machine
    finally:
        process.terminate()
        process.wait()


def split_windows(text):
    """The words of a Windows command line, for what people type: blanks, and quotes around them."""
    words, word, quoted = [], None, False
    for c in text:
        if c == '"':
            quoted, word = not quoted, word or ''
        elif c in ' \t' and not quoted:
            words, word = words + [word] if word is not None else words, None
        else:
            word = (word or '') + c
    return words + [word] if word is not None else words


def make_machine(build, options, folder, paths, args):
    """QEMU's words, without the serial line; what it needs beside the kernel is made in folder."""
    kernel = str(build / 'kernel/pekoe.elf')
    line = kernel_line(options, paths[0].name, args)
    if options['boot'] == 'direct':
        archive = os.path.join(folder, 'initrd')
        pathlib.Path(archive).write_bytes(machine.initrd(paths))
        return machine.microvm(kernel, line, archive, **hardware(options))
    iso = str(build / 'pekoe.iso')
    if any(options[name] for name in ('exe', 'args', 'panic', 'kernel')) or not os.path.exists(iso):
        iso = os.path.join(folder, 'pekoe.iso')
        make_iso.make(iso, kernel, paths, line)
    headless = options['headless'] not in ('', '0') or not os.environ.get('DISPLAY')
    return machine.pc(iso, options['firmware'], headless, **hardware(options))


def relay(process):
    """Copies the serial line to stdout; returns its text."""
    text = b''
    while True:
        piece = os.read(process.stdout.fileno(), 65536)
        if not piece:
            return text.decode('utf-8', 'replace')
        text += piece
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def exit_status(code, text, is_ktest):
    outcome = machine.outcome(text)
    if code == machine.EXIT_PANIC:
        problem, status = 'the kernel stopped the machine', 125
    elif code != machine.EXIT_ORDERLY:
        problem, status = f'the machine ended in disorder (QEMU: {code})', 125
    elif outcome is None:
        problem, status = ('', 0) if is_ktest else ('the machine ended without a word', 125)
    elif outcome[0] == 'refused':
        problem, status = outcome[3], 126
    elif outcome[1] > 255:
        problem, status = f'it ended with 0x{outcome[1]:08X} ({outcome[2]})', 255
    else:
        problem, status = '', outcome[1]
    if problem:
        print(f'run: {problem}', file=sys.stderr)
    return status


def run_machine(words, is_ktest):
    words = words + ['-chardev', 'stdio,id=serial,signal=on', '-serial', 'chardev:serial']
    process = machine.start(words, stdout=subprocess.PIPE)
    try:
        text = relay(process)
        return exit_status(process.wait(), text, is_ktest)
    except KeyboardInterrupt:
        return 130
    finally:
        process.kill()
        process.wait()


def debug(build, words, folder):
    """QEMU waits before its first instruction; gdb reaches it by a socket that only we can open."""
    gate = os.path.join(folder, 'gdb')
    log = build / 'debug.log'
    words = words + ['-S', '-chardev', f'socket,id=gdb,path={gate},server=on,wait=off',
                     '-gdb', 'chardev:gdb', '-chardev', f'file,id=serial,path={log}',
                     '-serial', 'chardev:serial']
    full = build / 'kernel/pekoe_debug.elf'
    symbols = full if full.exists() else build / 'kernel/pekoe.elf'
    # Ctrl+C is for gdb: QEMU gets a session of its own.
    process = machine.start(words, stdin=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while not os.path.exists(gate):
            if process.poll() is not None:
                return 125
        print(f'The serial line goes to {log}. gdb has two more commands: help kernel, program.')
        return subprocess.call(
            ['gdb', '-q', '-x', str(COMMANDS), '-ex', f'target remote {gate}',
             str(symbols)],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    finally:
        process.kill()
        process.wait()


def explain_demo(options, status):
    """The demo's exit code is to be seen, but no reason for `scons run` to speak of an error."""
    if options['exe'] or options['args'] or status != DEMO_STATUS:
        return status
    print(f'run: the exit code is {status}, the number of the arguments', file=sys.stderr)
    return 0


def main(words):
    if '-h' in words or '--help' in words:
        print(__doc__.strip())
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # through every `finally`
    try:
        build, is_debug, options = read_options(words)
        paths, args = programs(build, options)
        is_plain = not (is_debug or any(options[name] for name in BEYOND_PEKOE))
        if options['boot'] == 'direct' and is_plain and len(paths) == 1:
            return explain_demo(options, run_pekoe(build, options, paths, args))
        with tempfile.TemporaryDirectory(prefix='pekoe-run-') as folder:
            qemu = make_machine(build, options, folder, paths, args)
            if options['monitor']:
                qemu += ['-monitor', f'unix:{options["monitor"]},server=on,wait=off']
            if is_debug:
                return debug(build, qemu, folder)
            return explain_demo(options, run_machine(qemu, 'ktest' in options['kernel']))
    except subprocess.CalledProcessError as error:
        print(f'{error.output}\nrun: grub-mkrescue failed', file=sys.stderr)
    except (BadOption, OSError, ValueError) as error:
        print(f'run: {error}', file=sys.stderr)
    return 125


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
