// SPDX-License-Identifier: MIT
/*
 * The 16550. Sending polls, so that it works with interrupts off and in panics; under emulation
 * each port access costs as much as hundreds of instructions, so the state is read once per filling
 * of the 16-byte FIFO, not once per byte. Receiving is by interrupt.
 */

#include <serial/serial.h>

#include <arch/interrupt.h>
#include <arch/io.h>
#include <drivers/output_gate.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/status.h>

#define BASE    0x3F8
#define ISA_IRQ 4
#define FIFO    16u

// Offsets from BASE.
enum {
    DATA = 0,             // DIVISOR_LATCH: divisor, low byte
    INTERRUPT_ENABLE = 1, // DIVISOR_LATCH: divisor, high byte
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    SCRATCH = 7,
};

#define INTERRUPT_RECEIVED 0x01
#define FIFO_ENABLE_CLEAR  0x07 // both FIFOs on and empty; an interrupt for each byte
#define LINE_8N1           0x03
#define LINE_DIVISOR_LATCH 0x80
#define MODEM_READY        0x0B // DTR, RTS, and OUT2, which lets interrupts out
#define STATUS_RECEIVED    0x01
#define STATUS_SEND_EMPTY  0x20
#define DIVISOR_115200     1

// A FIFO of 16 bytes leaves at 115200 baud in 1.4 ms, and a poll takes about 1 us.
#define SEND_POLLS 20000u

static struct {
    struct output_gate gate;
    bool is_present;       // immutable after serial_early_init
    serial_input_fn input; // immutable once set
} serial;

bool serial_is_present(void)
{
    return serial.is_present;
}

// A line that takes nothing (flow control, a broken UART) costs bytes, not the machine's life.
static void wait_for_room(void)
{
    for (unsigned i = 0; i < SEND_POLLS; i++) {
        if (io_read8(BASE + LINE_STATUS) & STATUS_SEND_EMPTY)
            return;
    }
}

void serial_write(const char *text, size_t length)
{
    irq_state_t state;

    if (!serial.is_present)
        return;
    state = output_gate_enter(&serial.gate);
    for (size_t i = 0; i < length; i++) {
        if (i % FIFO == 0)
            wait_for_room();
        io_write8(BASE + DATA, (uint8_t)text[i]);
    }
    output_gate_leave(&serial.gate, state);
}

// The line is edge-triggered: another interrupt comes only after the FIFO was empty, or paused.
static void take_input(void *context)
{
    (void)context;
    while (io_read8(BASE + LINE_STATUS) & STATUS_RECEIVED) {
        if (!serial.input(io_read8(BASE + DATA)))
            return;
    }
}

void serial_pause_input(void)
{
    io_write8(BASE + INTERRUPT_ENABLE, 0);
}

void serial_resume_input(void)
{
    io_write8(BASE + INTERRUPT_ENABLE, INTERRUPT_RECEIVED);
}

status_t serial_start_input(serial_input_fn input)
{
    status_t status;

    if (!serial.is_present)
        return STATUS_DEVICE_NOT_READY;
    serial.input = input;
    status = interrupt_connect(interrupt_isa_line(ISA_IRQ), false, take_input, NULL);
    if (status_is_success(status))
        serial_resume_input();
    return status;
}

static void write_log(struct log_sink *sink, const char *text, size_t length)
{
    (void)sink;
    serial_write(text, length);
}

static struct log_sink log_sink = { .name = "serial", .threshold = LOG_WARN, .write = write_log };

// The scratch register holds what is written to it; where no UART answers, reads give ones.
static bool is_uart_there(void)
{
    io_write8(BASE + SCRATCH, 0x5A);
    if (io_read8(BASE + SCRATCH) != 0x5A)
        return false;
    io_write8(BASE + SCRATCH, 0xA5);
    return io_read8(BASE + SCRATCH) == 0xA5;
}

static void serial_early_init(void)
{
    if (!is_uart_there())
        return;
    io_write8(BASE + INTERRUPT_ENABLE, 0);
    io_write8(BASE + LINE_CONTROL, LINE_DIVISOR_LATCH);
    io_write8(BASE + DATA, DIVISOR_115200);
    io_write8(BASE + INTERRUPT_ENABLE, 0);
    io_write8(BASE + LINE_CONTROL, LINE_8N1);
    io_write8(BASE + FIFO_CONTROL, FIFO_ENABLE_CLEAR);
    io_write8(BASE + MODEM_CONTROL, MODEM_READY);
    serial.is_present = true;
    log_add_sink(&log_sink);
}

INITCALL(10_CPU, serial_early_init);
