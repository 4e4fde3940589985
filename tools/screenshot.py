#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes a picture of the screen of a PC that booted the ISO image into a program.

  screenshot.py [--build BUILD] [--firmware bios|uefi] [-o OUT.png] [--exe PATH] [--args "..."]

docs/screenshot.png is made so. The picture is taken when the log says that the program ended; this
machine has no way to switch itself off, so its screen stays.
"""

import argparse
import pathlib
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import machine
import make_iso

LIMIT_S = 60
ENDED = re.compile(rb'programs: ended; .*\n')


def wait_for_end(process):
    """Reads the serial line until a program has ended; raises OSError if none does."""
    text, deadline = b'', time.monotonic() + LIMIT_S
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    while not ENDED.search(text):
        if not selector.select(max(0, deadline - time.monotonic())):
            raise OSError(f'the program did not end within {LIMIT_S} s; the log:\n{text.decode()}')
        piece = process.stdout.read1()
        if not piece:
            raise OSError(f'the machine ended before the program; the log:\n{text.decode()}')
        text += piece


def dump_screen(gate, path):
    """Asks QEMU's monitor; each answer ends in its prompt."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.settimeout(LIMIT_S)
        monitor.connect(str(gate))
        for command in ('', f'screendump {path} -f png\n'):
            monitor.sendall(command.encode())
            answer = b''
            while not answer.endswith(b'(qemu) '):
                piece = monitor.recv(4096)
                if not piece:
                    raise OSError('QEMU closed its monitor')
                answer += piece


def take(iso, firmware, picture, folder):
    words = machine.pc(iso, firmware, headless=True, mem=128)
    switch = words.index('isa-debug-exit,iobase=0x501,iosize=4')
    del words[switch - 1:switch + 1]
    gate, dump = folder / 'monitor', folder / 'screen.png'
    process = machine.start(
        words + ['-serial', 'stdio', '-monitor', f'unix:{gate},server=on,wait=off'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        wait_for_end(process)
        dump_screen(gate, dump)
    finally:
        process.kill()
        process.wait()
    shutil.copyfile(dump, picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=pathlib.Path, default=pathlib.Path('build'))
    parser.add_argument('--firmware', choices=('bios', 'uefi'), default='bios')
    parser.add_argument('-o', '--output', default='docs/screenshot.png')
    parser.add_argument('--exe', type=pathlib.Path, help='the program (default: the demo)')
    parser.add_argument('--args', default='one "two words" three')
    options = parser.parse_args()
    exe = options.exe or options.build / 'userspace/hello.exe'
    try:
        with tempfile.TemporaryDirectory(prefix='pekoe-screen-') as folder:
            iso = str(pathlib.Path(folder) / 'pekoe.iso')
            make_iso.make(iso, options.build / 'kernel/pekoe.elf', [exe],
                          f'log=info -- {exe.name} {options.args}'.rstrip())
            take(iso, options.firmware, options.output, pathlib.Path(folder))
    except subprocess.CalledProcessError as error:
        print(f'screenshot.py: {error.cmd[0]} failed\n{error.output or ""}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'screenshot.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
