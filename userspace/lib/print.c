// SPDX-License-Identifier: MIT
// Text is gathered in a buffer on the stack and written when the buffer is full and at the end of
// each print(), so that nothing is lost if the next thing that the program does is to crash.

#include <user/print.h>

#include <nt/status.h>
#include <user/format.h>
#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>

struct buffer {
    HANDLE file;
    size_t length;
    char text[512];
};

HANDLE standard_input(void)
{
    return current_peb()->ProcessParameters->StandardInput;
}

HANDLE standard_output(void)
{
    return current_peb()->ProcessParameters->StandardOutput;
}

HANDLE standard_error(void)
{
    return current_peb()->ProcessParameters->StandardError;
}

NTSTATUS write_all(HANDLE file, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ULONG piece = size < 0x10000 ? (ULONG)size : 0x10000;
        IO_STATUS_BLOCK io;
        NTSTATUS status = NtWriteFile(file, NULL, NULL, NULL, &io, (PVOID)at, piece, NULL, NULL);
        if (!NT_SUCCESS(status))
            return status;
        // Success that moved nothing would go on for ever.
        if (io.Information == 0 || io.Information > piece)
            return STATUS_UNSUCCESSFUL;
        at += io.Information;
        size -= io.Information;
    }
    return STATUS_SUCCESS;
}

static void flush(struct buffer *buffer)
{
    (void)write_all(buffer->file, buffer->text, buffer->length);
    buffer->length = 0;
}

static void gather(void *context, const char *text, size_t length)
{
    struct buffer *buffer = context;

    while (length > 0) {
        size_t room = sizeof(buffer->text) - buffer->length;
        size_t piece = length < room ? length : room;
        memcpy(buffer->text + buffer->length, text, piece);
        buffer->length += piece;
        text += piece;
        length -= piece;
        if (buffer->length == sizeof(buffer->text))
            flush(buffer);
    }
}

static void print_to(HANDLE file, const char *format, va_list arguments)
{
    struct buffer buffer;

    buffer.file = file;
    buffer.length = 0;
    format_text(gather, &buffer, format, arguments);
    flush(&buffer);
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_to(standard_output(), format, arguments);
    va_end(arguments);
}

void print_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_to(standard_error(), format, arguments);
    va_end(arguments);
}

const char *status_text(NTSTATUS status)
{
    static char numbers[4][11];
    static unsigned next;
    char *number = numbers[next++ % 4];

    switch (status) {
#define STATUS(name, value, words)                                                                 \
    case name:                                                                                     \
        return #name;
#include <kernel/status.def>
#undef STATUS
    }
    number[0] = '0';
    number[1] = 'x';
    for (int i = 0; i < 8; i++)
        number[2 + i] = "0123456789ABCDEF"[(ULONG)status >> (28 - 4 * i) & 0xF];
    number[10] = '\0';
    return number;
}
