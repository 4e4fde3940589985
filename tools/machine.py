# SPDX-License-Identifier: MIT
"""
The virtual machines that the scripts here start, and what their serial line tells.

Two machines: the microvm that pekoe uses (tools/launcher/vm.c), but with nothing except its serial
line, and a PC that boots an ISO image. Both have QEMU's isa-debug-exit at port 0x501, to which the
kernel writes 0x10 at an orderly end and 0x11 after a panic.
"""

import os
import re
import subprocess

QEMU = os.environ.get('PEKOE_QEMU') or 'qemu-system-x86_64'

EXIT_ORDERLY = 0x10 * 2 + 1     # what isa-debug-exit makes of the values
EXIT_PANIC = 0x11 * 2 + 1

MICROVM = ('microvm,acpi=off,x-option-roms=off,auto-kernel-cmdline=off,pit=on,pic=off,rtc=on,'
           'isa-serial=on')
OVMF = '/usr/share/ovmf/OVMF.fd'

OUTCOME = re.compile(r'^pekoe: (exit|refused) ([0-9a-f]{8}) (\S+) ?(.*)$')


def accelerator(choice='auto'):
    """tcg or kvm. /dev/kvm alone says little: inside some virtual machines it opens, but hangs."""
    if choice != 'auto':
        return choice
    try:
        with open('/proc/cpuinfo') as info:
            has_extension = re.search(r'^flags\s*:.*\b(vmx|svm)\b', info.read(), re.M)
        with open('/dev/kvm', 'r+b', buffering=0):
            return 'kvm' if has_extension else 'tcg'
    except OSError:
        return 'tcg'


def common(mem, smp, cpu, accel):
    accel = accelerator(accel)
    if accel == 'tcg' and smp > 1:
        accel += ',thread=multi'
    return [QEMU, '-nodefaults', '-no-user-config', '-no-reboot',
            # Reserving nothing, the host spends only what the machine touches.
            '-object', f'memory-backend-ram,id=memory,size={mem}M,reserve=off',
            '-m', str(mem), '-smp', str(smp), '-cpu', cpu, '-accel', accel,
            '-device', 'isa-debug-exit,iobase=0x501,iosize=4']


def microvm(kernel, line, initrd=None, mem=256, smp=1, cpu='max', accel='auto'):
    """The words that start QEMU directly with a kernel; add where its serial line goes."""
    words = common(mem, smp, cpu, accel) + ['-M', MICROVM + ',memory-backend=memory',
                                            '-display', 'none', '-kernel', kernel, '-append', line]
    return words + (['-initrd', initrd] if initrd else [])


def pc(iso, firmware='bios', headless=True, mem=256, smp=1, cpu='max', accel='auto'):
    """The words that start a PC from an ISO image; add where its serial line goes."""
    words = common(mem, smp, cpu, accel) + ['-M', 'q35,memory-backend=memory', '-vga', 'std',
                                            '-cdrom', iso, '-boot', 'd']
    if firmware == 'uefi':
        words += ['-bios', OVMF]
    return words + (['-display', 'none'] if headless else [])


def start(words, **options):
    """Starts QEMU so that it dies with the thread that started it."""
    return subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', '--'] + words, **options)


def initrd(paths):
    """The files as a cpio archive ("newc"), under their base names."""
    def member(name, data):
        name = name.encode() + b'\0'
        fields = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        head = b'070701' + b''.join(b'%08X' % field for field in fields) + name
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    archive = b''
    for path in paths:
        with open(path, 'rb') as file:
            archive += member(os.path.basename(path), file.read())
    return archive + member('TRAILER!!!', b'')


def outcome(serial_text):
    """What the kernel said last about a program: ('exit', status, name, ''), 'refused', or None."""
    found = None
    for line in serial_text.splitlines():
        match = OUTCOME.match(line)
        if match:
            found = (match[1], int(match[2], 16), match[3], match[4])
    return found
