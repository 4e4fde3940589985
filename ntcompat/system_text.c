// SPDX-License-Identifier: MIT
// Strings of a program on their way to the kernel's log, see system_text.h.

#include "system_text.h"

#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "nt_process.h"
#include "unicode.h"

#define CHUNK_UNITS    64u
#define BYTES_PER_UNIT 3u // a unit is at most three bytes of UTF-8, a pair of units four
#define LINE_MAX       160u

// Copies up to CHUNK_UNITS units from *position on, not splitting a pair, and moves it on.
static status_t next_chunk(const UNICODE_STRING *string, size_t *position, char *to, size_t room,
                           size_t *length)
{
    WCHAR units[CHUNK_UNITS];
    size_t total = string->Length / sizeof(WCHAR);
    size_t count = MIN(total - *position, CHUNK_UNITS);
    const WCHAR USER *from = (const WCHAR USER *)string->Buffer + *position;
    status_t status = copy_from_user(units, from, count * sizeof(WCHAR));
    if (status != STATUS_SUCCESS)
        return status;
    if (count > 1 && *position + count < total && (units[count - 1] & 0xFC00) == 0xD800)
        count--;
    *position += count;
    // The control characters that are no ASCII; those that are, the callers deal with.
    for (size_t i = 0; i < count; i++)
        if (units[i] >= 0x7F && units[i] < 0xA0)
            units[i] = '?';
    *length = MIN(utf8_from_utf16(units, count, to, room).length, room);
    return STATUS_SUCCESS;
}

static status_t check(const UNICODE_STRING *string)
{
    return string->Length % sizeof(WCHAR) == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static bool is_control(char c)
{
    return (uint8_t)c < 0x20;
}

status_t copy_user_text(const UNICODE_STRING *string, char *to, size_t room)
{
    char chunk[CHUNK_UNITS * BYTES_PER_UNIT];
    size_t total = string->Length / sizeof(WCHAR), used = 0;
    status_t status = check(string);
    for (size_t position = 0; status == STATUS_SUCCESS && position < total && used + 1 < room;) {
        size_t length;
        status = next_chunk(string, &position, chunk, sizeof(chunk), &length);
        for (size_t i = 0; status == STATUS_SUCCESS && i < length && used + 1 < room; i++)
            to[used++] = is_control(chunk[i]) ? '?' : chunk[i];
    }
    if (room != 0)
        to[used] = '\0';
    return status;
}

bool may_log_line(void)
{
    uint32_t *count = &current_nt_process()->logged_lines;
    if (__atomic_load_n(count, __ATOMIC_RELAXED) > LOGGED_LINES_MAX)
        return false;
    uint32_t before = __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
    if (before == LOGGED_LINES_MAX)
        log_warn("nt", "%s has written %u lines to the log; more are dropped",
                 current_process()->name, LOGGED_LINES_MAX);
    return before < LOGGED_LINES_MAX;
}

struct line {
    char text[LINE_MAX + 1];
    size_t length;
};

static void flush(struct line *line)
{
    line->text[line->length] = '\0';
    if (line->length != 0 && may_log_line())
        log_info("program", "%s", line->text);
    line->length = 0;
}

status_t log_user_text(const UNICODE_STRING *string)
{
    struct line line = { .length = 0 };
    char chunk[CHUNK_UNITS * BYTES_PER_UNIT];
    size_t total = string->Length / sizeof(WCHAR);
    status_t status = check(string);
    for (size_t position = 0; status == STATUS_SUCCESS && position < total;) {
        size_t length;
        status = next_chunk(string, &position, chunk, sizeof(chunk), &length);
        for (size_t i = 0; status == STATUS_SUCCESS && i < length; i++) {
            if (chunk[i] == '\n' || line.length == LINE_MAX)
                flush(&line);
            if (!is_control(chunk[i]))
                line.text[line.length++] = chunk[i];
        }
    }
    flush(&line);
    return status;
}
