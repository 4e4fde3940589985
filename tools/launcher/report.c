// SPDX-License-Identifier: MIT
// Messages. Each is one write, so that lines of several pekoes on one terminal do not mix.

#include "report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

// Nothing can be done about a standard error that does not take our words.
static void put_line(const char *line, size_t length)
{
    ssize_t written = write(STDERR_FILENO, line, length);

    (void)written;
}

void report(const char *format, ...)
{
    static const char prefix[] = "pekoe: ";
    char line[LINE_MAX_BYTES];
    size_t length = sizeof(prefix) - 1;
    va_list arguments;

    memcpy(line, prefix, length);
    va_start(arguments, format);
    vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
    va_end(arguments);
    length = strlen(line);
    line[length++] = '\n';
    put_line(line, length);
}

void report_text(const char *text, size_t length)
{
    while (length > 0) {
        const char *newline = memchr(text, '\n', length);
        size_t line_length = newline != NULL ? (size_t)(newline - text) : length;
        size_t used = line_length + (newline != NULL);
        char line[LINE_MAX_BYTES];

        while (line_length > 0 && text[line_length - 1] == '\r')
            line_length--;
        if (line_length > sizeof(line) - 1)
            line_length = sizeof(line) - 1;
        for (size_t i = 0; i < line_length; i++) {
            bool is_control = (unsigned char)text[i] < ' ' || text[i] == 0x7F;

            line[i] = is_control && text[i] != '\t' ? '?' : text[i];
        }
        line[line_length] = '\n';
        put_line(line, line_length + 1);
        text += used;
        length -= used;
    }
}
