# SPDX-License-Identifier: MIT
# The build's logic behind SConstruct: options, compiler settings, how the kernel is linked, and
# the commands (run, test, bench ...) that `scons` offers.
#
# Two rules of the house are enforced here. A folder's include path holds only the roots that it may
# include, so a forbidden include does not compile. And everything made lands below builddir.

import os
import shutil
import types

from SCons.Script import (Action, AlwaysBuild, Alias, Clean, Depends, Environment, Exit, Flatten,
                          GetOption)

HELP = """
Pekoe: a kernel that boots straight into a Windows program.

  scons                     the kernel, the programs and the host tools
  scons run                 boot the demo program in QEMU, its output on this terminal
  scons test                every test, ending in 'N passed, N failed'
  scons unit                host unit tests only
  scons features            Cucumber scenarios only      [feature=features/NAME.feature]
  scons fuzz                fuzz the image parser        [seconds=60]
  scons bench               costs in instructions and wall time
  scons debug               QEMU halted at the first instruction, gdb attached
  scons iso                 the GRUB image, for BIOS and UEFI
  scons check               format, lint, docs up to date
  scons compile_commands.json
  scons -c                  remove what was built

For run and debug:
  exe=PATH  args="..."      which program (default: the demo), with which arguments
  boot=direct|iso           direct: QEMU loads the kernel; iso: through GRUB
  firmware=bios|uefi        for boot=iso
  mem=64 (MiB)  smp=1  cpu=max  accel=auto|tcg|kvm  headless=1
  panic=KIND                provoke a kernel panic (assert, fault, stack, irq, lock, early, ...)
  kernel="..."              more words for the kernel's command line (log=debug, ktest, ...)

For every build:
  mode=release|debug        debug: poisoned memory, red zones, lock ranks
  cross=PREFIX              kernel compiler (default x86_64-elf- if on PATH, else x86_64-linux-gnu-)
  builddir=DIR              where everything goes (default build, or build-debug)
"""

KERNEL_WARNINGS = ('-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-declarations -Wvla '
                   '-Wundef -Wwrite-strings -Werror -Werror=override-init').split()

KERNEL_FLAGS = ('-std=c17 -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone '
                '-mgeneral-regs-only -fno-omit-frame-pointer -fno-strict-aliasing '
                '-fno-stack-protector -fno-optimize-sibling-calls '
                '-fno-asynchronous-unwind-tables -fcf-protection=none '
                '-ffunction-sections -fdata-sections -fno-common -fno-ident '
                '-O2 -g').split()

# Which include roots each folder of the kernel may see.
ROOTS = {
    'symbols': ['#symbols/include'],
    'pe': ['#pe/include'],
    'kernel': ['#kernel/include', '#kernel/arch/x86_64/include', '#symbols/include'],
    'ntcompat': ['#ntcompat/include', '#kernel/include', '#kernel/arch/x86_64/include',
                 '#pe/include'],
    'drivers': ['#kernel/include', '#kernel/arch/x86_64/include'],
}


def options(arguments):
    """Reads the command line's NAME=VALUE words; unknown names stop the build with a hint."""
    known = ('mode cross builddir exe args boot firmware mem smp cpu accel headless panic kernel '
             'seconds feature').split()
    for name in arguments:
        if name not in known:
            print(f'scons: unknown option {name}=; the options are: {" ".join(known)}')
            Exit(2)
    mode = arguments.get('mode', 'release')
    if mode not in ('release', 'debug'):
        print(f'scons: mode={mode}: must be release or debug')
        Exit(2)
    default_cross = 'x86_64-elf-' if shutil.which('x86_64-elf-gcc') else 'x86_64-linux-gnu-'
    return types.SimpleNamespace(
        mode=mode,
        builddir=arguments.get('builddir', 'build' if mode == 'release' else 'build-debug'),
        cross=arguments.get('cross', default_cross),
        run={name: arguments[name] for name in arguments},
        seconds=arguments.get('seconds', '60'))


def environments(opts):
    """One environment per folder of the kernel, one for host tools, unit tests, and programs."""
    path = {'PATH': os.environ['PATH'], 'HOME': os.environ.get('HOME', '/'),
            'TERM': os.environ.get('TERM', 'dumb')}
    for name in ('SOURCE_DATE_EPOCH', 'DISPLAY'):
        if name in os.environ:
            path[name] = os.environ[name]
    base = Environment(ENV=path, tools=['gcc', 'g++', 'gnulink', 'ar', 'as', 'compilation_db'],
                       BUILDDIR='#' + opts.builddir, PYTHON='python3')
    base['PREFIX_MAP'] = '-ffile-prefix-map=' + base.Dir('#').abspath + '=.'
    if not GetOption('silent'):
        quiet(base)

    kernel = base.Clone(CC=opts.cross + 'gcc', LD=opts.cross + 'ld', OBJCOPY=opts.cross + 'objcopy',
                        NM=opts.cross + 'nm', NASM='nasm', OBJSUFFIX='.o',
                        CFLAGS=KERNEL_FLAGS + KERNEL_WARNINGS + ['$PREFIX_MAP'])
    if opts.mode == 'debug':
        kernel.Append(CPPDEFINES=['PEKOE_DEBUG'])
    kernel.AddMethod(nasm_object, 'Nasm')
    result = {name: kernel.Clone(CPPPATH=roots) for name, roots in ROOTS.items()}
    result['link'] = kernel

    host_flags = '-std=gnu17 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror'.split()
    result['host'] = base.Clone(CC='gcc', CFLAGS=host_flags + ['-O2'])
    sanitize = '-fsanitize=address,undefined -fno-sanitize-recover=undefined'.split()
    result['unit'] = base.Clone(CC='gcc', OBJSUFFIX='.unit.o',
                                CFLAGS=host_flags + ['-O1', '-fno-omit-frame-pointer'] + sanitize,
                                LINKFLAGS=sanitize, LIBS=['cmocka'],
                                CPPDEFINES=['PEKOE_DEBUG', 'PEKOE_HOST_TEST'])
    result['unit'].AddMethod(unit_test, 'UnitTest')
    fuzz = '-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined'.split()
    result['fuzz'] = base.Clone(CC='clang-14', LINK='clang-14', OBJSUFFIX='.fuzz.o',
                                CFLAGS=['-std=gnu17', '-g', '-O1', '-Wall', '-Wextra'] + fuzz,
                                LINKFLAGS=fuzz)
    result['fuzz'].AddMethod(fuzz_target, 'FuzzTarget')
    return result


def quiet(env):
    """One short line per step instead of the whole command."""
    env.Replace(CCCOMSTR='  CC    $TARGET', LINKCOMSTR='  LINK  $TARGET',
                ARCOMSTR='  AR    $TARGET', NASMCOMSTR='  NASM  $TARGET', RANLIBCOMSTR='',
                ASCOMSTR='  AS    $TARGET')


def nasm_object(env, source, includes=()):
    """Assembles one NASM file; `includes` are generated .inc files that it reads."""
    target = os.path.splitext(str(source))[0] + '.o'
    # nasm's -i takes folders; the generated constants lie beside the object.
    node = env.Command(target, source,
                       Action('$NASM -f elf64 -g -F dwarf -Wall -Werror -i ${TARGET.dir}/ '
                                  '-i ${SOURCE.dir}/ -o $TARGET $SOURCE', '  NASM  $TARGET'))
    Depends(node, list(includes))
    return node


TESTS = {'unit': [], 'fuzz': []}


def unit_test(env, name, sources, **kw):
    """A cmocka program, built with sanitizers; `scons unit` and `scons test` run it."""
    program = env.Program(name, sources, **kw)
    TESTS['unit'].append(program[0])
    return program


def fuzz_target(env, name, sources, corpus, **kw):
    """A libFuzzer program and the node of its seed corpus folder."""
    program = env.Program(name, sources, **kw)
    TESTS['fuzz'].append((program[0], corpus))
    return program


def assembly_constants(env, source, target):
    """Turns the CONSTANT() lines of a C file into %defines for NASM (arch_offsets.c)."""
    listing = env.Command(target + '.s', source, Action(
        '$CC -S -o $TARGET $CFLAGS $_CPPDEFFLAGS $_CPPINCFLAGS $SOURCE', None))
    return env.Command(target, listing, Action(
        r"sed -n 's/^->\([A-Z0-9_]*\) \$$*\(-*[0-9]*\).*/%define \1 \2/p' $SOURCE > $TARGET", None))


def link_kernel(opts, envs, objects):
    """
    Links the kernel twice: the first result gives the symbol table, the second contains it. The
    table lies behind all code, so no function moves; the tests check that (the packer's --verify).
    """
    env = envs['link']
    script = env.File('#kernel/arch/x86_64/kernel.ld')
    blob_source = env.File('#symbols/blob.asm')
    objects = Flatten(objects)
    packer = [env.File('#tools/pack_symbols.py')] + env.Glob('#symbols/pack/*.py')

    def link(name, table):
        blob = env.Command(f'$BUILDDIR/kernel/{name}_symbols.o', [blob_source, table], Action(
            '$NASM -f elf64 -i ${SOURCES[1].dir}/ -o $TARGET ${SOURCES[0]}', None))
        elf = env.Command(f'$BUILDDIR/kernel/{name}.elf', [blob] + objects, Action(
            '$LD -nostdlib -static -z max-page-size=4096 -z noexecstack --gc-sections '
            '--build-id=none -T ' + str(script) + ' -o $TARGET $SOURCES',
            '  LINK  $TARGET'))
        Depends(elf, script)
        return elf

    empty = env.Command('$BUILDDIR/kernel/no_symbols/symbols.bin', [], Action(
        lambda target, source, env: open(str(target[0]), 'wb').close(), None))
    first = link('unnamed', empty)
    table = env.Command('$BUILDDIR/kernel/symbols.bin', first, Action(
        '$PYTHON tools/pack_symbols.py -o $TARGET --root ' + env.Dir('#').abspath + ' $SOURCE',
        '  PACK  $TARGET'))
    Depends(table, packer)
    full = link('pekoe_debug', table)
    # Debug information holds the path of the tree (NASM's); without it, equal sources give equal bytes.
    return env.Command('$BUILDDIR/kernel/pekoe.elf', full,
                       Action('$OBJCOPY --strip-debug $SOURCE $TARGET', '  STRIP $TARGET'))


def iso_image(opts, envs, kernel, programs):
    """The GRUB image; built only when asked for (`scons iso`, boot=iso, the scenarios)."""
    env = envs['host']
    iso = env.Command('$BUILDDIR/pekoe.iso', [kernel, programs], Action(
        '$PYTHON tools/make_iso.py -o $TARGET $SOURCES', '  ISO   $TARGET'))
    Depends(iso, 'tools/make_iso.py')
    Alias('iso', iso)
    return iso


def command(env, name, needs, action):
    """A target that is not a file: always run, after what it needs."""
    alias = Alias(name, needs, Action(action, None))
    AlwaysBuild(alias)
    return alias


def commands(opts, envs, kernel, programs, tools, iso):
    """run, test, bench ...: each hands over to one script in tools/, which has its own -h."""
    env = envs['host']
    build = opts.builddir
    words = ' '.join(f"{name}='{value}'" for name, value in sorted(opts.run.items())
                     if name in ('exe', 'args', 'boot', 'firmware', 'mem', 'smp', 'cpu', 'accel',
                                 'headless', 'panic', 'kernel'))
    all_parts = [kernel, programs, tools]
    boot_needs = all_parts + ([iso] if opts.run.get('boot') == 'iso' else [])
    command(env, 'run', boot_needs, f'$PYTHON tools/run.py --build {build} {words}')
    command(env, 'debug', boot_needs, f'$PYTHON tools/run.py --build {build} --debug {words}')
    command(env, 'bench', all_parts, f'$PYTHON tools/bench.py --build {build}')

    unit = [str(program) for program in TESTS['unit']]
    fuzz = TESTS['fuzz']
    fuzz_programs = [program for program, _ in fuzz]
    corpora = [corpus for _, corpus in fuzz]
    feature = opts.run.get('feature', '')
    test = f'$PYTHON tools/run_tests.py --build {build} --seconds {opts.seconds} --unit ' \
        + ' '.join(unit) + ' --fuzz ' + ' '.join(f'{p}={c}' for p, c in zip(
            map(str, fuzz_programs), (str(Flatten([c])[0]) for c in corpora)))
    checked = verify_symbols(opts, envs, kernel)
    everything = all_parts + [iso, TESTS['unit'], fuzz_programs, corpora, checked]
    # The debug kernel is a build of its own, so scons makes it in a run of its own.
    debug = f'{build}/debug'
    build_debug = f'scons -Q mode=debug builddir={debug} cross={opts.cross}'
    command(env, 'test', everything, [build_debug, f'{test} --debug-build {debug}'])
    Clean('test', debug)
    command(env, 'unit', [TESTS['unit'], checked], test + ' --only unit')
    command(env, 'fuzz', [fuzz_programs, corpora], test + ' --only fuzz')
    command(env, 'features', all_parts + [iso], test + f' --only features --feature={feature}')
    command(env, 'check', all_parts, '$PYTHON tools/check.py')
    env.CompilationDatabase('#compile_commands.json')


def verify_symbols(opts, envs, kernel):
    """All functions and lines, as the kernel's panics would name them, against nm and addr2line."""
    env = envs['link']
    full = env.File('$BUILDDIR/kernel/pekoe_debug.elf')
    resolver = env.File('$BUILDDIR/symbols/test/resolve')
    stamp = env.Command('$BUILDDIR/kernel/symbols_verified', [full, resolver], Action(
        f'$PYTHON tools/pack_symbols.py ${{SOURCES[0]}} --verify --resolver ${{SOURCES[1]}} '
        f'--prefix {opts.cross} --root {env.Dir("#").abspath} --max-percent 15 --stamp $TARGET',
        '  CHECK $SOURCE'))
    return stamp
