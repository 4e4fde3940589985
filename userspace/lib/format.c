// SPDX-License-Identifier: MIT
// The formatter behind print(). One conversion is parsed into a struct, then written; text between
// conversions goes out in one piece.

#include <user/format.h>

#include <stdbool.h>
#include <stdint.h>

struct conversion {
    bool left;
    bool zeros;
    unsigned width;
    unsigned longs; // how many l; z counts as two
    char kind;
};

struct sink {
    format_put put;
    void *context;
};

static void put_repeated(const struct sink *sink, char c, size_t count)
{
    while (count-- > 0)
        sink->put(sink->context, &c, 1);
}

static void put_padded(const struct sink *sink, const struct conversion *conversion,
                       const char *text, size_t length)
{
    size_t padding = conversion->width > length ? conversion->width - length : 0;

    if (!conversion->left)
        put_repeated(sink, ' ', padding);
    sink->put(sink->context, text, length);
    if (conversion->left)
        put_repeated(sink, ' ', padding);
}

static void put_number(const struct sink *sink, const struct conversion *conversion, uint64_t value,
                       unsigned base, bool is_negative)
{
    const char *digits = conversion->kind == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    char text[24];
    size_t at = sizeof(text);
    size_t zeros = 0;

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value != 0);

    size_t length = sizeof(text) - at + is_negative;
    if (conversion->zeros && !conversion->left && conversion->width > length) {
        zeros = conversion->width - length;
        if (is_negative)
            sink->put(sink->context, "-", 1);
        put_repeated(sink, '0', zeros);
        sink->put(sink->context, text + at, sizeof(text) - at);
        return;
    }
    if (is_negative)
        text[--at] = '-';
    put_padded(sink, conversion, text + at, sizeof(text) - at);
}

// Reads what follows a '%'; returns where the format goes on.
static const char *parse(const char *format, struct conversion *out)
{
    *out = (struct conversion){ 0 };
    for (; *format == '-' || *format == '0'; format++) {
        out->left |= *format == '-';
        out->zeros |= *format == '0';
    }
    for (; *format >= '0' && *format <= '9'; format++)
        out->width = out->width * 10 + (unsigned)(*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        out->longs += *format == 'z' ? 2 : 1;
    out->kind = *format;
    return *format == '\0' ? format : format + 1;
}

static void put_string(const struct sink *sink, const struct conversion *conversion,
                       const char *text)
{
    size_t length = 0;

    if (text == NULL)
        text = "(null)";
    while (text[length] != '\0')
        length++;
    put_padded(sink, conversion, text, length);
}

static void put_pointer(const struct sink *sink, const void *pointer)
{
    const struct conversion hex = { .zeros = true, .width = 16, .kind = 'X' };

    sink->put(sink->context, "0x", 2);
    put_number(sink, &hex, (uintptr_t)pointer, 16, false);
}

void format_text(format_put put, void *context, const char *format, va_list arguments)
{
    const struct sink sink = { put, context };

    while (*format != '\0') {
        const char *start = format;
        struct conversion conversion;

        while (*format != '\0' && *format != '%')
            format++;
        if (format != start)
            put(context, start, (size_t)(format - start));
        if (*format == '\0')
            return;

        start = format;
        format = parse(format + 1, &conversion);
        if (conversion.kind == 's') {
            put_string(&sink, &conversion, va_arg(arguments, const char *));
        } else if (conversion.kind == 'c') {
            char c = (char)va_arg(arguments, int);
            put_padded(&sink, &conversion, &c, 1);
        } else if (conversion.kind == 'd' || conversion.kind == 'i') {
            int64_t value = conversion.longs == 0   ? va_arg(arguments, int)
                            : conversion.longs == 1 ? va_arg(arguments, long)
                                                    : va_arg(arguments, long long);
            uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
            put_number(&sink, &conversion, magnitude, 10, value < 0);
        } else if (conversion.kind == 'u' || conversion.kind == 'x' || conversion.kind == 'X') {
            uint64_t value = conversion.longs == 0   ? va_arg(arguments, unsigned)
                             : conversion.longs == 1 ? va_arg(arguments, unsigned long)
                                                     : va_arg(arguments, unsigned long long);
            put_number(&sink, &conversion, value, conversion.kind == 'u' ? 10 : 16, false);
        } else if (conversion.kind == 'p') {
            put_pointer(&sink, va_arg(arguments, const void *));
        } else if (conversion.kind == '%') {
            put(context, "%", 1);
        } else {
            put(context, start, (size_t)(format - start));
        }
    }
}
