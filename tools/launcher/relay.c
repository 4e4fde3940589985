// SPDX-License-Identifier: MIT
// The relays: read, write, repeat.

#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK_BYTES (128 * 1024)

/*
 * After a failed read or write: decides whether to try again, and waits until that makes sense. The
 * caller's files may be non-blocking, if another process that shares them made them so.
 */
static bool should_retry(int fd, short event)
{
    struct pollfd wait = { .fd = fd, .events = event };

    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    poll(&wait, 1, -1);
    return true;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
    for (;;) {
        ssize_t count = read(fd, buffer, size);

        if (count >= 0 || !should_retry(fd, POLLIN))
            return count;
    }
}

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);

        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (!should_retry(fd, POLLOUT)) {
            return false;
        }
    }
    return true;
}

static void copy(struct relay *relay, char *buffer)
{
    for (;;) {
        ssize_t count = read_some(relay->from, buffer, CHUNK_BYTES);

        if (count == 0)
            return;
        if (count < 0 || !write_all(relay->to, buffer, (size_t)count)) {
            // A machine or a reader that went away is the ordinary end of a stream.
            relay->error = errno == EPIPE || errno == ECONNRESET ? 0 : errno;
            return;
        }
    }
}

static void *run(void *argument)
{
    struct relay *relay = argument;
    char *buffer = malloc(CHUNK_BYTES);

    if (buffer == NULL) {
        relay->error = ENOMEM;
    } else {
        copy(relay, buffer);
        free(buffer);
    }
    if (relay->to_machine)
        shutdown(relay->to, SHUT_WR);
    else
        close(relay->from);
    if (relay->done_event >= 0) {
        uint64_t one = 1;
        ssize_t written = write(relay->done_event, &one, sizeof(one));

        (void)written; // an eventfd that is read in time never fills up
    }
    return NULL;
}

int relay_start(struct relay *relay)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, relay);

    if (error == 0)
        pthread_detach(thread);
    return error;
}
