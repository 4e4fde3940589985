// SPDX-License-Identifier: MIT
// The kernel's log. QEMU appends to it directly; pekoe reads it once, at the end, and only if there
// is something to show. A live log is a pipe, because QEMU would make a terminal non-blocking.

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

#define TAIL_LINES 80

static const char report_begin[] = "---- crash report";
static const char report_end[] = "---- end of report";

// A whole log in memory, or nothing.
struct text {
    const char *bytes;
    size_t length;
};

static int open_file(struct log *log, const char *path)
{
    int flags = O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;

    log->sink = open(path, O_RDWR | flags, 0666);
    if (log->sink < 0 && errno == EACCES) {
        log->sink = open(path, O_WRONLY | flags, 0666);
        log->source = -1;
        return log->sink < 0 ? errno : 0;
    }
    if (log->sink < 0)
        return errno;
    log->source = fcntl(log->sink, F_DUPFD_CLOEXEC, 3);
    return 0;
}

int log_open(struct log *log, const struct options *options)
{
    const char *path = options->log;
    int ends[2];

    *log = (struct log){ .sink = -1, .source = -1 };
    if (path == NULL && options->trace)
        path = "-";
    if (path != NULL && strcmp(path, "-") != 0)
        return open_file(log, path);
    if (path != NULL) {
        if (pipe2(ends, O_CLOEXEC) < 0)
            return errno;
        *log = (struct log){ .sink = ends[1], .source = ends[0], .is_live = true };
        return 0;
    }
    log->sink = memfd_create("pekoe-log", MFD_CLOEXEC);
    if (log->sink < 0)
        return errno;
    log->source = fcntl(log->sink, F_DUPFD_CLOEXEC, 3);
    return 0;
}

static struct text map_log(const struct log *log)
{
    struct stat status;
    void *bytes;

    if (log->is_live || log->source < 0 || fstat(log->source, &status) < 0 ||
        !S_ISREG(status.st_mode) || status.st_size == 0)
        return (struct text){ NULL, 0 };
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, log->source, 0);
    if (bytes == MAP_FAILED)
        return (struct text){ NULL, 0 };
    return (struct text){ bytes, (size_t)status.st_size };
}

/*
 * Finds the next line that ends in mark.
 *
 * Returns  its first byte, or NULL; *after is the first byte of the line that follows it
 */
static const char *find_line(const char *from, const char *end, const char *mark,
                             const char **after)
{
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        const char *line_end = newline != NULL ? newline : end;
        const char *next = newline != NULL ? newline + 1 : end;
        size_t length = strlen(mark);

        while (line_end > from && line_end[-1] == '\r')
            line_end--;
        if ((size_t)(line_end - from) >= length && memcmp(line_end - length, mark, length) == 0) {
            *after = next;
            return from;
        }
        from = next;
    }
    return NULL;
}

void log_show_crash_reports(const struct log *log)
{
    struct text text = map_log(log);
    const char *end;
    const char *at;

    if (text.bytes == NULL)
        return;
    end = text.bytes + text.length;
    at = text.bytes;
    while (find_line(at, end, report_begin, &at) != NULL) {
        const char *body = at;
        const char *last = find_line(body, end, report_end, &at);

        // A report that the end of the machine cut off is worth reading all the same.
        report_text(body, (size_t)((last != NULL ? last : end) - body));
        if (last == NULL)
            break;
    }
    munmap((void *)text.bytes, text.length);
}

void log_show_tail(const struct log *log)
{
    struct text text = map_log(log);
    size_t start = text.length;
    unsigned lines = 0;

    if (text.bytes == NULL)
        return;
    while (start > 0) {
        lines += text.bytes[start - 1] == '\n' && start < text.length;
        if (lines == TAIL_LINES)
            break;
        start--;
    }
    report_text(text.bytes + start, text.length - start);
    munmap((void *)text.bytes, text.length);
}
