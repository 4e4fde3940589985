// SPDX-License-Identifier: MIT
/*
 * The program's name follows other rules than the arguments behind it: a backslash is a backslash,
 * and a quotation mark only says whether blanks end the word.
 *
 * Source: learn.microsoft.com, "Parsing C command-line arguments" (the first argument)
 */

#include "command_line.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_folder(char c)
{
    return c == '\\' || c == '/' || c == ':';
}

bool command_line_program(const char *line, char *name, size_t room)
{
    bool is_quoted = false;
    size_t length = 0;
    bool fits = true;
    for (; *line != '\0' && (is_quoted || !is_blank(*line)); line++) {
        if (*line == '"') {
            is_quoted = !is_quoted;
        } else if (ends_folder(*line)) {
            length = 0;
            fits = true;
        } else if (length + 1 < room) {
            name[length++] = *line;
        } else {
            fits = false;
        }
    }
    if (length == 0 || !fits)
        return false;
    name[length] = '\0';
    return true;
}
