// SPDX-License-Identifier: MIT
// pekoe: runs one Windows program in a fresh virtual machine. Nothing that it makes has a name in
// the file system, so there is nothing to clean up, however it ends.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdline.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "session.h"
#include "verdict.h"

#define VERSION "0.1"

// Where the kernel lies, seen from pekoe's own folder, in the build folder.
#define KERNEL_PATH "/../kernel/pekoe.elf"

// A caller may have closed these; no socket of ours may take their numbers.
static void open_standard_files(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

// Finds the kernel image. Returns false after a message.
static bool find_kernel(char path[PATH_MAX])
{
    const char *chosen = getenv("PEKOE_KERNEL");
    ssize_t length;
    char *slash;

    if (chosen != NULL && *chosen != '\0') {
        snprintf(path, PATH_MAX, "%s", chosen);
    } else {
        length = readlink("/proc/self/exe", path, PATH_MAX - sizeof(KERNEL_PATH));
        if (length < 0) {
            report("cannot find its own place: %s", strerror(errno));
            return false;
        }
        path[length] = '\0';
        slash = strrchr(path, '/');
        strcpy(slash, KERNEL_PATH);
    }
    if (access(path, R_OK) < 0) {
        report("%s: no kernel: %s (scons builds it)", path, strerror(errno));
        return false;
    }
    return true;
}

// Returns the kernel's command line, or NULL after a message.
static char *make_command_line(const struct options *options, const char *name)
{
    char *windows = cmdline_windows(name, options->arguments, options->argument_count);
    char *line = NULL;
    size_t units;

    if (windows == NULL) {
        report("out of memory");
        return NULL;
    }
    units = cmdline_utf16_units(windows);
    if (units > CMDLINE_MAX_UNITS) {
        report("the command line has %zu UTF-16 units, and Windows allows %d", units,
               CMDLINE_MAX_UNITS);
    } else {
        line = cmdline_kernel(options, windows);
        if (line == NULL)
            report("out of memory");
    }
    free(windows);
    return line;
}

// Ends pekoe by the signal that ended the session, so that its caller sees that.
static int die_by_signal(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + number;
}

static int run_program(const struct options *options, const struct program *program)
{
    static struct session session; // its threads may still be reading when main returns
    char kernel[PATH_MAX];
    char *command_line = make_command_line(options, program->name);
    int code = EXIT_PEKOE_FAILED;
    int initrd;

    if (command_line == NULL || !find_kernel(kernel))
        goto out;
    initrd = program_pack(program);
    if (initrd < 0 || !session_start(&session, options, kernel, command_line, initrd))
        goto out;
    session_run(&session, options);
    code = session.signal != 0 ? die_by_signal(session.signal) : verdict(&session, options);
out:
    free(command_line);
    return code;
}

static int run(const struct options *options)
{
    struct program program;
    int code = program_open(&program, options->program);

    if (code == 0) {
        code = run_program(options, &program);
        close(program.fd);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    char error[256];

    open_standard_files();
    switch (options_parse(&options, argc, argv, error, sizeof(error))) {
    case OPTIONS_HELP:
        fputs(options_help, stdout);
        return fflush(stdout) == 0 ? 0 : EXIT_PEKOE_FAILED;
    case OPTIONS_VERSION:
        puts("pekoe " VERSION);
        return fflush(stdout) == 0 ? 0 : EXIT_PEKOE_FAILED;
    case OPTIONS_RUN:
        return run(&options);
    case OPTIONS_BAD:
        break;
    }
    report("%s", error);
    report("try --help");
    return EXIT_PEKOE_FAILED;
}
