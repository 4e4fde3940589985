// SPDX-License-Identifier: MIT
// Reads the lines of the control channel. Nothing in them is believed beyond its form.

#include "control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Cuts the next word off *text; returns an empty one at the end of the line.
static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    char *end = word + strcspn(word, " ");

    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool parse_status(const char *word, uint32_t *status)
{
    uint32_t value = 0;

    if (strlen(word) != 8)
        return false;
    for (; *word != '\0'; word++) {
        const char *digits = "0123456789ABCDEFabcdef";
        const char *digit = strchr(digits, *word);

        if (digit == NULL)
            return false;
        value = value << 4 | (uint32_t)(digit - digits < 16 ? digit - digits : digit - digits - 6);
    }
    *status = value;
    return true;
}

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static void set_status_outcome(struct control *control, enum outcome outcome, char *rest)
{
    uint32_t status;
    const char *name;

    if (control->outcome != OUTCOME_NONE || !parse_status(next_word(&rest), &status))
        return;
    name = next_word(&rest);
    control->outcome = outcome;
    control->status = status;
    copy_text(control->name, sizeof(control->name), strcmp(name, "-") == 0 ? "" : name);
    copy_text(control->sentence, sizeof(control->sentence), rest);
}

static void take_line(struct control *control)
{
    char *rest = control->line;
    const char *verb;

    control->line[control->length] = '\0';
    control->length = 0;
    verb = next_word(&rest);
    if (strcmp(verb, "exit") == 0) {
        set_status_outcome(control, OUTCOME_EXIT, rest);
    } else if (strcmp(verb, "refused") == 0) {
        set_status_outcome(control, OUTCOME_REFUSED, rest);
    } else if (strcmp(verb, "panic") == 0) {
        control->outcome = OUTCOME_PANIC;
        copy_text(control->sentence, sizeof(control->sentence), rest);
    }
}

void control_feed(struct control *control, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte == '\n') {
            take_line(control);
        } else if (control->length < sizeof(control->line) - 1) {
            // These texts end up on a terminal.
            control->line[control->length++] = byte < ' ' || byte == 0x7F ? '?' : (char)byte;
        }
    }
}
