// SPDX-License-Identifier: MIT
// Quoting. Windows hands a program one string and leaves it to the program's C runtime to split
// it. A backslash is special only in front of a quotation mark: 2n of them and a mark mean n
// backslashes and a mark that opens or closes; 2n+1 mean n backslashes and a literal mark.

#include "cmdline.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

static char *append(char *to, char c, size_t count)
{
    memset(to, c, count);
    return to + count;
}

static bool needs_quotes(const char *word)
{
    return *word == '\0' || strpbrk(word, " \t\n\v\r\"") != NULL;
}

// Appends one argument. At most twice the length of word, and two marks, are written.
static char *append_argument(char *to, const char *word)
{
    size_t backslashes = 0;

    if (!needs_quotes(word))
        return stpcpy(to, word);
    *to++ = '"';
    for (; *word != '\0'; word++) {
        if (*word == '\\') {
            backslashes++;
            continue;
        }
        to = append(to, '\\', *word == '"' ? 2 * backslashes + 1 : backslashes);
        backslashes = 0;
        *to++ = *word;
    }
    to = append(to, '\\', 2 * backslashes);
    *to++ = '"';
    return to;
}

char *cmdline_windows(const char *name, char *const *arguments, size_t argument_count)
{
    size_t size = strlen(name) + sizeof("\"\"");
    char *line;
    char *to;

    for (size_t i = 0; i < argument_count; i++)
        size += 2 * strlen(arguments[i]) + sizeof(" \"\"");
    line = malloc(size);
    if (line == NULL)
        return NULL;
    // In the first word a backslash is never special, so quotes around it are all it can need.
    to = line;
    if (needs_quotes(name)) {
        *to++ = '"';
        to = stpcpy(to, name);
        *to++ = '"';
    } else {
        to = stpcpy(to, name);
    }
    for (size_t i = 0; i < argument_count; i++) {
        *to++ = ' ';
        to = append_argument(to, arguments[i]);
    }
    *to = '\0';
    return line;
}

// Length in bytes of the well-formed UTF-8 sequence at s, or 0. (Unicode 15, table 3-7)
static size_t utf8_sequence(const unsigned char *s)
{
    unsigned low = 0x80;
    unsigned high = 0xBF;
    size_t length;

    if (s[0] < 0x80) {
        return 1;
    } else if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : low;
        high = s[0] == 0xED ? 0x9F : high;
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : low;
        high = s[0] == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    // The final NUL is no continuation byte, so this never reads past the string.
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xBF) {
        if (s[i] < low || s[i] > high)
            return 0;
    }
    return length;
}

size_t cmdline_utf16_units(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t units = 0;

    while (*s != '\0') {
        size_t length = utf8_sequence(s);

        units += length == 4 ? 2 : 1;
        s += length == 0 ? 1 : length;
    }
    return units;
}

char *cmdline_kernel(const struct options *options, const char *windows)
{
    const char *log = options->log != NULL || options->trace ? "log=info" : "log=warn";
    char *line;

    if (asprintf(&line, "%s%s " VM_KERNEL_OPTIONS " cpus=%u -- %s", log,
                 options->trace ? " trace" : "", options->smp, windows) < 0)
        return NULL;
    return line;
}
