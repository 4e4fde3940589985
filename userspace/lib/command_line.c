// SPDX-License-Identifier: MIT
/*
 * The command line of Windows is one string; every program splits it by itself. The rules:
 *
 * - The program's name ends at the first blank outside quotes; backslashes mean nothing in it.
 * - Later arguments are separated by blanks outside quotes.
 * - Backslashes are literal unless a quote follows. Then each pair stands for one, and an odd one
 *   makes the quote literal.
 * - Inside quotes, two quotes in a row stand for one, and the quoted part goes on.
 */

#include <user/command_line.h>

#include <stdbool.h>

struct splitter {
    const uint16_t *at;
    const uint16_t *end;
    char *text;
};

static bool is_blank(uint16_t unit)
{
    return unit == ' ' || unit == '\t';
}

static void put(struct splitter *s, uint32_t byte)
{
    *s->text++ = (char)byte;
}

// Takes one code point from the line and writes it as UTF-8; a lone surrogate becomes U+FFFD.
static void copy_code_point(struct splitter *s)
{
    uint32_t c = *s->at++;

    if (c >= 0xD800 && c < 0xDC00 && s->at < s->end && *s->at >= 0xDC00 && *s->at < 0xE000)
        c = 0x10000 + ((c - 0xD800) << 10) + (*s->at++ - 0xDC00u);
    else if (c >= 0xD800 && c < 0xE000)
        c = 0xFFFD;

    if (c < 0x80) {
        put(s, c);
    } else if (c < 0x800) {
        put(s, 0xC0 | c >> 6);
        put(s, 0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(s, 0xE0 | c >> 12);
        put(s, 0x80 | (c >> 6 & 0x3F));
        put(s, 0x80 | (c & 0x3F));
    } else {
        put(s, 0xF0 | c >> 18);
        put(s, 0x80 | (c >> 12 & 0x3F));
        put(s, 0x80 | (c >> 6 & 0x3F));
        put(s, 0x80 | (c & 0x3F));
    }
}

static void split_name(struct splitter *s)
{
    bool is_quoted = false;

    for (; s->at < s->end && (is_quoted || !is_blank(*s->at));) {
        if (*s->at == '"') {
            is_quoted = !is_quoted;
            s->at++;
        } else {
            copy_code_point(s);
        }
    }
    put(s, '\0');
}

// Copies a run of backslashes; returns whether a quote after it is a literal one.
static bool split_backslashes(struct splitter *s)
{
    size_t count = 0;

    for (; s->at < s->end && *s->at == '\\'; s->at++)
        count++;

    bool is_before_quote = s->at < s->end && *s->at == '"';
    for (size_t i = is_before_quote ? count / 2 : count; i > 0; i--)
        put(s, '\\');
    return is_before_quote && count % 2 != 0;
}

static void split_argument(struct splitter *s)
{
    bool is_quoted = false;

    while (s->at < s->end && (is_quoted || !is_blank(*s->at))) {
        if (split_backslashes(s)) {
            copy_code_point(s);
        } else if (s->at == s->end || (!is_quoted && is_blank(*s->at))) {
            break;
        } else if (*s->at != '"') {
            copy_code_point(s);
        } else if (is_quoted && s->end - s->at > 1 && s->at[1] == '"') {
            s->at++;
            copy_code_point(s);
        } else {
            is_quoted = !is_quoted;
            s->at++;
        }
    }
    put(s, '\0');
}

int command_line_split(const uint16_t *line, size_t units, char *text, char **argv)
{
    struct splitter s = { line, line + units, text };
    int count = 0;

    argv[count++] = s.text;
    split_name(&s);
    for (;;) {
        while (s.at < s.end && is_blank(*s.at))
            s.at++;
        if (s.at == s.end)
            break;
        argv[count++] = s.text;
        split_argument(&s);
    }
    argv[count] = NULL;
    return count;
}
