// SPDX-License-Identifier: MIT
// Reads pekoe's own options. Parsing stops at the program's path, because every word after it, even
// one that looks like an option, belongs to the program.

#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEM_DEFAULT_MIB 256
#define MEM_MIN_MIB     32
#define MEM_MAX_MIB     65536
#define SMP_MAX         64
#define TIMEOUT_MAX_S   1e9

const char options_help[] =
    "usage: pekoe [OPTION...] PROGRAM.exe [ARGUMENT...]\n"
    "Runs a Windows program in a fresh virtual machine, with this terminal's stdin, stdout and\n"
    "stderr, and ends with the program's exit code.\n"
    "\n"
    "  --mem M        memory of the machine in MiB, or with a suffix M or G (default 256)\n"
    "  --smp N        number of processors (default 1)\n"
    "  --timeout S    end the program after S seconds; fractions are allowed\n"
    "  --trace        log every system service of the program\n"
    "  --log FILE     write the kernel's log to FILE; - is standard error\n"
    "  --accel A      auto (default), tcg or kvm\n"
    "  -h, --help     print this text\n"
    "  --version      print the version\n"
    "\n"
    "Exit status: the program's own, if it is 0 to 255; otherwise 255, with the full code on\n"
    "stderr. 124: timed out; 125: pekoe failed; 126: not a program that can run; 127: not found.\n"
    "Environment: PEKOE_KERNEL and PEKOE_QEMU name the kernel image and the emulator.\n";

struct parser {
    struct options *options;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct parser *parser, const char *format,
                                                         ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(parser->error, parser->error_size, format, arguments);
    va_end(arguments);
    return false;
}

// A decimal number without sign or blank, stopping at the first other character.
static bool parse_number(const char *text, unsigned long *number, char **end)
{
    if (*text < '0' || *text > '9')
        return false;
    *number = strtoul(text, end, 10);
    return true;
}

static bool set_mem(struct parser *parser, const char *value)
{
    unsigned long mib;
    char *end;
    bool is_good = parse_number(value, &mib, &end);

    if (is_good && (*end == 'G' || *end == 'g')) {
        mib = mib > MEM_MAX_MIB ? mib : mib * 1024;
        end++;
    } else if (is_good && (*end == 'M' || *end == 'm')) {
        end++;
    }
    if (!is_good || *end != '\0' || mib < MEM_MIN_MIB || mib > MEM_MAX_MIB)
        return refuse(parser, "--mem %s: must be %d to %d MiB", value, MEM_MIN_MIB, MEM_MAX_MIB);
    parser->options->mem_mib = (unsigned)mib;
    return true;
}

static bool set_smp(struct parser *parser, const char *value)
{
    unsigned long count;
    char *end;

    if (!parse_number(value, &count, &end) || *end != '\0' || count < 1 || count > SMP_MAX)
        return refuse(parser, "--smp %s: must be 1 to %d processors", value, SMP_MAX);
    parser->options->smp = (unsigned)count;
    return true;
}

static bool set_timeout(struct parser *parser, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);

    // A not-a-number fails the comparison, too.
    if (end == value || *end != '\0' || !(seconds > 0 && seconds <= TIMEOUT_MAX_S))
        return refuse(parser, "--timeout %s: must be a number of seconds above 0", value);
    parser->options->timeout_ns = (uint64_t)(seconds * 1e9) + 1; // 0 would mean no limit
    return true;
}

static bool set_log(struct parser *parser, const char *value)
{
    if (*value == '\0')
        return refuse(parser, "--log: the name of the file is empty");
    parser->options->log = value;
    return true;
}

static bool set_accel(struct parser *parser, const char *value)
{
    static const char *const names[] = {
        [ACCEL_AUTO] = "auto", [ACCEL_TCG] = "tcg", [ACCEL_KVM] = "kvm"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            parser->options->accel = (enum accel)i;
            return true;
        }
    }
    return refuse(parser, "--accel %s: must be auto, tcg or kvm", value);
}

static const struct {
    const char *name;
    bool (*set)(struct parser *parser, const char *value);
} value_options[] = {
    { "--mem", set_mem }, { "--smp", set_smp },     { "--timeout", set_timeout },
    { "--log", set_log }, { "--accel", set_accel },
};

/*
 * Handles one option that takes a value, as "--name value" or "--name=value".
 *
 * next     the word after it, or NULL
 * words    out: how many words were used
 */
static bool parse_value_option(struct parser *parser, const char *word, const char *next,
                               int *words)
{
    for (size_t i = 0; i < sizeof(value_options) / sizeof(value_options[0]); i++) {
        const char *name = value_options[i].name;
        size_t length = strlen(name);

        if (strncmp(word, name, length) != 0 || (word[length] != '\0' && word[length] != '='))
            continue;
        *words = word[length] == '=' ? 1 : 2;
        if (*words == 2 && next == NULL)
            return refuse(parser, "%s: needs a value", name);
        return value_options[i].set(parser, *words == 1 ? word + length + 1 : next);
    }
    return refuse(parser, "%s: no such option", word);
}

enum options_result options_parse(struct options *options, int argc, char *const *argv, char *error,
                                  size_t size)
{
    struct parser parser = { options, error, size };
    int i = 1;

    *options = (struct options){ .mem_mib = MEM_DEFAULT_MIB, .smp = 1 };
    while (i < argc && argv[i][0] == '-') {
        const char *word = argv[i];
        int words = 1;

        if (strcmp(word, "--") == 0) {
            i++;
            break;
        }
        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
            return OPTIONS_HELP;
        if (strcmp(word, "--version") == 0)
            return OPTIONS_VERSION;
        if (strcmp(word, "--trace") == 0)
            options->trace = true;
        else if (!parse_value_option(&parser, word, i + 1 < argc ? argv[i + 1] : NULL, &words))
            return OPTIONS_BAD;
        i += words;
    }
    if (i >= argc) {
        refuse(&parser, "no program named");
        return OPTIONS_BAD;
    }
    options->program = argv[i];
    options->arguments = argv + i + 1;
    options->argument_count = (size_t)(argc - i - 1);
    return OPTIONS_RUN;
}
