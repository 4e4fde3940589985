// SPDX-License-Identifier: MIT
// Stands in for QEMU in test_run: finds the inherited descriptors in QEMU's arguments and does,
// line by line, what the environment variable FAKE_QEMU says. A line is "VERB" or "VERB TEXT".

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The descriptor in the argument "socket,id=NAME,fd=N".
static int find_channel(char *const *argv, const char *name)
{
    char format[64];
    int fd;

    snprintf(format, sizeof(format), "socket,id=%s,fd=%%d", name);
    for (; *argv != NULL; argv++) {
        if (sscanf(*argv, format, &fd) == 1)
            return fd;
    }
    return -1;
}

static bool put(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);

        if (written < 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

static void put_line(int fd, const char *text)
{
    char line[4096];

    snprintf(line, sizeof(line), "%s\n", text);
    put(fd, line, strlen(line));
}

// Copies stdin to stdout to the end of stdin.
static void cat(int from, int to)
{
    char buffer[65536];
    ssize_t count;

    while ((count = read(from, buffer, sizeof(buffer))) > 0) {
        if (!put(to, buffer, (size_t)count))
            return;
    }
}

// Writes count bytes, or without a limit if that is 0, until the reader goes away.
static void flood(int to, size_t count)
{
    char buffer[4096];

    memset(buffer, 'y', sizeof(buffer));
    for (size_t done = 0; count == 0 || done < count; done += sizeof(buffer)) {
        if (!put(to, buffer, sizeof(buffer)))
            return;
    }
}

// Prints the descriptors above stderr that are open, without those of a sanitizer or of ours.
static void print_descriptors(int to)
{
    char line[256] = "";

    for (int fd = 3; fd < 256; fd++) {
        struct stat status;

        if (fstat(fd, &status) == 0) {
            snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s ",
                     S_ISSOCK(status.st_mode) ? "socket" : "file");
        }
    }
    put_line(to, line);
}

static void perform(const char *verb, const char *text, char *const *argv)
{
    int out = find_channel(argv, "stdout");

    if (strcmp(verb, "cat") == 0) {
        cat(find_channel(argv, "stdin"), out);
    } else if (strcmp(verb, "out") == 0) {
        put_line(out, text);
    } else if (strcmp(verb, "err") == 0) {
        put_line(find_channel(argv, "stderr"), text);
    } else if (strcmp(verb, "control") == 0) {
        put_line(find_channel(argv, "control"), text);
    } else if (strcmp(verb, "log") == 0) {
        put_line(STDOUT_FILENO, text);
    } else if (strcmp(verb, "message") == 0) {
        put_line(STDERR_FILENO, text);
    } else if (strcmp(verb, "flood") == 0) {
        flood(out, strtoul(text, NULL, 10));
    } else if (strcmp(verb, "arguments") == 0) {
        for (; *argv != NULL; argv++)
            put_line(out, *argv);
    } else if (strcmp(verb, "descriptors") == 0) {
        print_descriptors(out);
    } else if (strcmp(verb, "pid") == 0) {
        char digits[16];

        snprintf(digits, sizeof(digits), "%d", (int)getpid());
        put_line(out, digits);
    } else if (strcmp(verb, "hang") == 0) {
        for (;;)
            pause();
    } else if (strcmp(verb, "kill") == 0) {
        raise(SIGKILL);
    } else if (strcmp(verb, "exit") == 0) {
        exit(atoi(text));
    } else {
        put_line(STDERR_FILENO, "fake QEMU: unknown verb");
        exit(99);
    }
}

int main(int argc, char **argv)
{
    char *script = getenv("FAKE_QEMU");

    (void)argc;
    signal(SIGPIPE, SIG_IGN);
    while (script != NULL && *script != '\0') {
        char *end = script + strcspn(script, "\n");
        char *next = *end == '\0' ? end : end + 1;
        char *text;

        *end = '\0';
        text = strchr(script, ' ');
        if (text != NULL)
            *text++ = '\0';
        perform(script, text != NULL ? text : "", argv);
        script = next;
    }
    return 0;
}
