// SPDX-License-Identifier: MIT
// The kernel's command line: options up to ` -- `, behind it the program's.

#include <kernel/boot.h>
#include <kernel/string.h>

#define SEPARATOR "--"

// The length of the word at text.
static size_t word_length(const char *text)
{
    size_t length = 0;
    while (text[length] && text[length] != ' ')
        length++;
    return length;
}

static bool is_separator(const char *word, size_t length)
{
    return length == 2 && memcmp(word, SEPARATOR, 2) == 0;
}

bool boot_option(const char *name, char *value, size_t room)
{
    size_t name_length = strlen(name);
    for (const char *word = boot_info.command_line; *word;) {
        size_t length = word_length(word);
        if (is_separator(word, length))
            return false;
        if (length >= name_length && memcmp(word, name, name_length) == 0 &&
            (length == name_length || word[name_length] == '=')) {
            size_t skip = MIN(name_length + 1, length);
            size_t count = MIN(length - skip, room ? room - 1 : 0);
            memcpy(value, word + skip, count);
            if (room)
                value[count] = '\0';
            return true;
        }
        word += length;
        while (*word == ' ')
            word++;
    }
    return false;
}

const char *boot_program_line(void)
{
    for (const char *word = boot_info.command_line; *word;) {
        size_t length = word_length(word);
        const char *next = word + length;
        if (is_separator(word, length))
            return *next ? next + 1 : next;
        word = next;
        while (*word == ' ')
            word++;
    }
    return NULL;
}
