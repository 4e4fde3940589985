// SPDX-License-Identifier: MIT
/*
 * The log: a ring of the last lines and a list of sinks. A sink that comes late is shown what the
 * ring still holds, so nothing said before the serial port was found is lost.
 *
 * The ring holds text: each record is a level byte, the text and a newline. It is overwritten from
 * the oldest byte on; a reader begins behind the first newline that survived.
 */

#include <kernel/log.h>

#include <kernel/clock.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#define RING_SIZE (16 * KIB)
#define LINE_MAX  256u

static struct spinlock ring_lock = SPINLOCK("log", LOCK_RANK_LOG); // guards the ring

static struct {
    struct log_sink *sinks;
    char ring[RING_SIZE];
    uint64_t written; // bytes ever; the ring holds the last RING_SIZE of them
    bool in_panic;
} ring;

static enum log_level sink_threshold = LOG_WARN; // [ring_lock] for sinks to come

static const char level_letters[] = "EWID";

static irq_state_t log_lock(void)
{
    return ring.in_panic ? irq_disable() : spin_lock(&ring_lock);
}

static void log_unlock(irq_state_t state)
{
    if (ring.in_panic)
        irq_restore(state);
    else
        spin_unlock(&ring_lock, state);
}

static void ring_put(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        ring.ring[ring.written++ % RING_SIZE] = text[i];
}

static void emit(enum log_level level, const char *text, size_t length)
{
    ring_put(&level_letters[level], 1);
    ring_put(text, length);
    for (struct log_sink *sink = ring.sinks; sink; sink = sink->next)
        if (level <= sink->threshold)
            sink->write(sink, text, length);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
    char line[LINE_MAX];
    nanoseconds_t now = clock_now();
    int head = format_string(line, sizeof(line), "[%2lu.%06lu] %s%s: ", now / 1000000000,
                             now / 1000 % 1000000,
                             level == LOG_ERROR  ? "error: "
                             : level == LOG_WARN ? "warning: "
                                                 : "",
                             subsystem);
    size_t length = (size_t)head;
    if (length < sizeof(line) - 1) {
        va_list arguments;
        va_start(arguments, format);
        length += (size_t)format_string_v(line + length, sizeof(line) - length, format, arguments);
        va_end(arguments);
    }
    if (length > sizeof(line) - 2) {
        length = sizeof(line) - 2;
        memcpy(line + length - 3, "...", 3);
    }
    line[length++] = '\n';
    irq_state_t state = log_lock();
    emit(level, line, length);
    log_unlock(state);
}

void log_raw(const char *format, ...)
{
    char text[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)format_string_v(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > sizeof(text) - 1) {
        length = sizeof(text) - 1;
        text[length - 1] = '\n'; // the ring counts on it
    }
    irq_state_t state = log_lock();
    emit(LOG_ERROR, text, length);
    log_unlock(state);
}

// Gives sink each line from position on: all of them, or those that its threshold lets through.
static void replay(uint64_t position, struct log_sink *sink, bool is_complete)
{
    char line[LINE_MAX];
    size_t length = 0;
    enum log_level level = LOG_INFO;
    bool at_start = true;
    for (; position < ring.written; position++) {
        char c = ring.ring[position % RING_SIZE];
        if (at_start) {
            const char *letter = strchr(level_letters, c);
            level = letter && c ? (enum log_level)(letter - level_letters) : LOG_INFO;
            at_start = false;
            continue;
        }
        if (length < sizeof(line))
            line[length++] = c;
        if (c != '\n')
            continue;
        if (is_complete || level <= sink->threshold)
            sink->write(sink, line, length);
        length = 0;
        at_start = true;
    }
}

static uint64_t oldest_line(void)
{
    if (ring.written <= RING_SIZE)
        return 0;
    uint64_t position = ring.written - RING_SIZE;
    while (position < ring.written && ring.ring[position % RING_SIZE] != '\n')
        position++;
    return position + 1;
}

void log_add_sink(struct log_sink *sink)
{
    irq_state_t state = log_lock();
    sink->threshold = sink_threshold;
    replay(oldest_line(), sink, false);
    sink->next = ring.sinks;
    ring.sinks = sink;
    log_unlock(state);
}

void log_set_threshold(enum log_level level)
{
    irq_state_t state = log_lock();
    sink_threshold = level;
    for (struct log_sink *sink = ring.sinks; sink; sink = sink->next)
        sink->threshold = level;
    log_unlock(state);
}

void log_enter_panic(void)
{
    ring.in_panic = true;
}

void log_replay_ring(const char *title, unsigned line_count)
{
    uint64_t end = ring.written, position = end, oldest = oldest_line();
    unsigned lines = 0;
    while (position > oldest) {
        if (position != end && ring.ring[(position - 1) % RING_SIZE] == '\n' &&
            ++lines == line_count)
            break;
        position--;
    }
    for (struct log_sink *sink = ring.sinks; sink; sink = sink->next) {
        sink->write(sink, title, strlen(title));
        replay(position, sink, true);
    }
}
