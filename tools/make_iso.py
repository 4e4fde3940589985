#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes the GRUB image that boots a PC, by BIOS and by UEFI, into a Windows program.

  make_iso.py -o OUT.iso KERNEL PROGRAM...

The programs become Multiboot2 modules, named by their file names, so that the kernel finds them.
With SOURCE_DATE_EPOCH set, all dates in the image are that one.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DEFAULT_LINE = 'log=info -- hello.exe from the ISO'

# What GRUB needs to read the image, to set a screen up and to start a Multiboot2 kernel.
MODULES = 'normal configfile iso9660 multiboot2 all_video test'

# The kernel takes what screen it gets: a PC with BIOS keeps its text mode, UEFI has only a frame
# buffer. The choice counts for GRUB only behind multiboot2, whose header sets it anew.
CONFIG = """
set timeout=0
insmod all_video
menuentry Pekoe {{
    multiboot2 /boot/{kernel} {line}
    if [ "$grub_platform" = pc ]; then set gfxpayload=text; fi
{modules}
}}
"""


def grub_word(word):
    """A word that GRUB's script language takes literally."""
    return "'" + word.replace("'", "'\\''") + "'"


def grub_words(line):
    """
    The kernel's command line as GRUB's words. GRUB puts quotation marks around a word with a blank,
    as Windows has them, but would mark those that stand in the line already with backslashes.
    """
    words = re.findall(r'"([^"]* [^"]*)"(?= |$)|(\S+)', line)
    for _, word in words:
        if re.search(r"""["'\\]""", word):
            raise ValueError(f'GRUB cannot hand over the word {word} unchanged')
    return ' '.join(grub_word(quoted or word) for quoted, word in words)


def write_tree(tree, kernel, programs, line):
    boot = tree / 'boot'
    (boot / 'grub').mkdir(parents=True)
    shutil.copy(kernel, boot)
    for program in programs:
        shutil.copy(program, boot)
    modules = '\n'.join(f'    module2 /boot/{grub_word(program.name)} {grub_word(program.name)}'
                        for program in programs)
    (boot / 'grub' / 'grub.cfg').write_text(
        CONFIG.format(kernel=grub_word(kernel.name), line=grub_words(line), modules=modules))


def set_dates(tree):
    epoch = os.environ.get('SOURCE_DATE_EPOCH')
    if epoch:
        for path in [tree, *tree.rglob('*')]:
            os.utime(path, (int(epoch), int(epoch)))


def make(output, kernel, programs, line=DEFAULT_LINE):
    """Raises subprocess.CalledProcessError, whose output says what went wrong, or OSError."""
    with tempfile.TemporaryDirectory(prefix='pekoe-iso-') as folder:
        tree = pathlib.Path(folder) / 'tree'
        write_tree(tree, pathlib.Path(kernel), [pathlib.Path(p) for p in programs], line)
        set_dates(tree)
        made = pathlib.Path(folder) / 'image.iso'
        subprocess.run(['grub-mkrescue', '--install-modules=' + MODULES, '--fonts=', '--locales=',
                        '--themes=', '-o', made, tree, '--', '-volid', 'PEKOE'],
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        shutil.copyfile(made, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('-o', '--output', required=True)
    parser.add_argument('--line', default=DEFAULT_LINE,
                        help="the kernel's command line (%(default)s)")
    parser.add_argument('kernel')
    parser.add_argument('programs', nargs='+')
    options = parser.parse_args()
    try:
        make(options.output, options.kernel, options.programs, options.line)
    except subprocess.CalledProcessError as error:
        print(error.output, file=sys.stderr)
        print(f'make_iso.py: grub-mkrescue failed with status {error.returncode}', file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f'make_iso.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
