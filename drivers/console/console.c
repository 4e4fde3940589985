// SPDX-License-Identifier: MIT
/*
 * The machine's own console as a character device: output goes to the serial line and to the
 * screen, input comes from the serial line. Bytes pass as they are, in both directions.
 *
 * Input waits in a ring. Interrupts are on only from the first read on, and off while the ring is
 * full, so that what does not fit waits at its source.
 */

#include <kernel/chardev.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/thread.h>
#include <screen/screen.h>
#include <serial/serial.h>

#define RING_SIZE   4096u // a power of two
#define WRITE_CHUNK 256u  // bytes that are written with interrupts off

static struct {
    struct spinlock lock; // guards the rest
    struct wait_queue readers;
    bool is_started;                  // input interrupts are connected
    bool is_paused;                   // the ring was full
    uint32_t read_count, write_count; // of all time, modulo 2^32
    uint8_t ring[RING_SIZE];
} input = {
    .lock = SPINLOCK("console input", LOCK_RANK_CHARDEV),
    .readers = WAIT_QUEUE(input.readers),
};

static uint32_t bytes_waiting(void)
{
    return input.write_count - input.read_count;
}

static bool take_byte(uint8_t byte)
{
    irq_state_t state = spin_lock(&input.lock);

    input.ring[input.write_count++ % RING_SIZE] = byte;
    if (bytes_waiting() == RING_SIZE) {
        input.is_paused = true;
        serial_pause_input();
    }
    bool goes_on = !input.is_paused;

    spin_unlock(&input.lock, state);
    wait_queue_wake_all(&input.readers);
    return goes_on;
}

// Connects the interrupt with the first read. Two readers at once: the second waits for nothing, as
// it finds is_started set, and its input arrives when the first has connected.
static status_t start_input(void)
{
    irq_state_t state = spin_lock(&input.lock);
    bool is_first = !input.is_started;
    status_t status = STATUS_SUCCESS;

    input.is_started = true;
    spin_unlock(&input.lock, state);
    if (is_first)
        status = serial_start_input(take_byte);
    if (!status_is_success(status)) {
        log_warn("console", "no input from the serial line: %s", status_name(status));
        state = spin_lock(&input.lock);
        input.is_started = false;
        spin_unlock(&input.lock, state);
    }
    return status;
}

static size_t copy_input(uint8_t *to, size_t room)
{
    size_t count = MIN(room, bytes_waiting());

    for (size_t i = 0; i < count; i++)
        to[i] = input.ring[input.read_count++ % RING_SIZE];
    if (input.is_paused && count != 0) {
        input.is_paused = false;
        serial_resume_input();
    }
    return count;
}

static status_t console_read(struct chardev *device, void *buffer, size_t size, size_t *done)
{
    status_t status = STATUS_SUCCESS;
    irq_state_t state;

    (void)device;
    *done = 0;
    if (size == 0)
        return STATUS_SUCCESS;
    if (!serial_is_present())
        return STATUS_END_OF_FILE;
    status = start_input();
    if (!status_is_success(status))
        return status;

    state = spin_lock(&input.lock);
    while (status_is_success(status)) {
        *done = copy_input(buffer, size);
        if (*done != 0)
            break;
        status = wait_queue_sleep(&input.readers, &input.lock, &state, NO_DEADLINE);
    }
    spin_unlock(&input.lock, state);
    return status;
}

static status_t console_write(struct chardev *device, const void *buffer, size_t size, size_t *done)
{
    const char *text = buffer;

    (void)device;
    for (size_t at = 0; at < size; at += WRITE_CHUNK) {
        size_t length = MIN(WRITE_CHUNK, size - at);

        serial_write(text + at, length);
        screen_write(text + at, length);
    }
    *done = size;
    return STATUS_SUCCESS;
}

static const struct chardev_ops console_ops = { .read = console_read, .write = console_write };

static struct chardev console = { .name = "console", .ops = &console_ops, .is_console = true };

static void register_console(void)
{
    chardev_register(&console);
}

INITCALL(60_DRIVERS, register_console);
