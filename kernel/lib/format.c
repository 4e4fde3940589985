// SPDX-License-Identifier: MIT
/*
 * printf's formatting into a buffer, for the log and for panics: no allocation, no static state,
 * little stack.
 *
 * A conversion is read into a struct conversion, a number is turned into digits, and one function
 * (write_number) lays out sign, prefix, zeroes and digits, for all bases alike. Every byte passes
 * through put, which counts what it cannot store; so the result's length is right when it is cut.
 */

#include <limits.h>

#include <kernel/string.h>

struct output {
    char *to;
    size_t room;   // bytes of to, the final NUL's included
    size_t length; // bytes written or dropped so far
};

struct conversion {
    bool is_left;      // -
    bool has_zeroes;   // 0
    bool is_alternate; // #
    char plus;         // what stands before a number that is not negative: '+', ' ' or 0
    int width;
    int precision; // negative: none given
    char size;     // 'H' for hh, 'h', 'l' (ll, z, t and j are as wide), 0 for int
};

static void put(struct output *out, char c)
{
    if (out->room > 0 && out->length < out->room - 1)
        out->to[out->length] = c;
    out->length++;
}

static void put_repeated(struct output *out, char c, int count)
{
    for (; count > 0; count--)
        put(out, c);
}

static void put_bytes(struct output *out, const char *bytes, int count)
{
    for (int i = 0; i < count; i++)
        put(out, bytes[i]);
}

// Writes text in a field of the conversion's width.
static void write_padded(struct output *out, const struct conversion *how, const char *text,
                         int length)
{
    if (!how->is_left)
        put_repeated(out, ' ', how->width - length);
    put_bytes(out, text, length);
    if (how->is_left)
        put_repeated(out, ' ', how->width - length);
}

static void write_string(struct output *out, const struct conversion *how, const char *text)
{
    size_t limit = how->precision < 0 ? INT_MAX : (size_t)how->precision;

    if (text == NULL)
        text = "(null)";
    write_padded(out, how, text, (int)strnlen(text, limit));
}

// The parts of a number in the order in which they are written; digits end at the buffer's end.
struct number {
    const char *prefix;
    int prefix_length;
    const char *digits;
    int digit_count;
};

static void write_number(struct output *out, const struct conversion *how,
                         const struct number *number)
{
    int zeroes = MAX(how->precision, number->digit_count) - number->digit_count;
    int length = number->prefix_length + zeroes + number->digit_count;

    // A precision or a left margin overrides the flag 0, as in C.
    if (how->has_zeroes && !how->is_left && how->precision < 0 && how->width > length) {
        zeroes += how->width - length;
        length = how->width;
    }
    if (!how->is_left)
        put_repeated(out, ' ', how->width - length);
    put_bytes(out, number->prefix, number->prefix_length);
    put_repeated(out, '0', zeroes);
    put_bytes(out, number->digits, number->digit_count);
    if (how->is_left)
        put_repeated(out, ' ', how->width - length);
}

static void write_signed(struct output *out, const struct conversion *how, int64_t value)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    char sign = value < 0 ? '-' : how->plus;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    for (; rest != 0; rest /= 10)
        *--first = (char)('0' + rest % 10);
    if (first == digits + sizeof(digits) && how->precision != 0)
        *--first = '0';
    struct number number = {
        .prefix = &sign,
        .prefix_length = sign != 0,
        .digits = first,
        .digit_count = (int)(digits + sizeof(digits) - first),
    };
    write_number(out, how, &number);
}

static void write_unsigned(struct output *out, const struct conversion *how, char kind,
                           uint64_t value)
{
    char digits[22];
    char *first = digits + sizeof(digits);
    const char *alphabet = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = kind == 'u' ? 10 : kind == 'o' ? 8 : 16;
    struct number number = { .prefix = "" };

    for (uint64_t rest = value; rest != 0; rest /= base)
        *--first = alphabet[rest % base];
    if (first == digits + sizeof(digits) && how->precision != 0)
        *--first = '0';
    number.digit_count = (int)(digits + sizeof(digits) - first);
    number.digits = first;
    if (how->is_alternate && base == 16 && value != 0) {
        number.prefix = kind == 'X' ? "0X" : "0x";
        number.prefix_length = 2;
    }
    // For octal, # asks for one leading zero, which the digits or the precision may already give.
    if (how->is_alternate && base == 8 && how->precision <= number.digit_count &&
        (number.digit_count == 0 || *first != '0')) {
        number.prefix = "0";
        number.prefix_length = 1;
    }
    write_number(out, how, &number);
}

static void write_pointer(struct output *out, const struct conversion *how, const void *pointer)
{
    char digits[16];
    char *first = digits + sizeof(digits);
    uintptr_t rest = (uintptr_t)pointer;

    do {
        *--first = "0123456789abcdef"[rest % 16];
        rest /= 16;
    } while (rest != 0);
    struct number number = { "0x", 2, first, (int)(digits + sizeof(digits) - first) };
    write_number(out, how, &number);
}

// Reads digits; a number too large for any use stops growing.
static int read_count(const char **format)
{
    int count = 0;

    for (; **format >= '0' && **format <= '9'; (*format)++) {
        if (count < 100000)
            count = count * 10 + (**format - '0');
    }
    return count;
}

static void read_flags(const char **format, struct conversion *how)
{
    for (;; (*format)++) {
        switch (**format) {
        case '-':
            how->is_left = true;
            break;
        case '0':
            how->has_zeroes = true;
            break;
        case '#':
            how->is_alternate = true;
            break;
        case '+':
            how->plus = '+';
            break;
        case ' ':
            if (how->plus == 0)
                how->plus = ' ';
            break;
        default:
            return;
        }
    }
}

static void read_size(const char **format, struct conversion *how)
{
    for (;; (*format)++) {
        switch (**format) {
        case 'h':
            how->size = how->size == 'h' ? 'H' : 'h';
            break;
        case 'l':
        case 'z':
        case 't':
        case 'j':
            how->size = 'l';
            break;
        default:
            return;
        }
    }
}

// Arguments are handed on inside a structure, because a va_list parameter may be an array.
struct arguments {
    va_list list;
};

// A width or precision: digits, or * for the next argument.
static int read_count_or_argument(const char **format, struct arguments *from)
{
    if (**format != '*')
        return read_count(format);
    (*format)++;
    return va_arg(from->list, int);
}

static void read_conversion(const char **format, struct arguments *from, struct conversion *how)
{
    *how = (struct conversion){ .precision = -1 };
    read_flags(format, how);
    how->width = read_count_or_argument(format, from);
    if (how->width < 0) {
        how->is_left = true;
        how->width = how->width == INT_MIN ? INT_MAX : -how->width;
    }
    if (**format == '.') {
        (*format)++;
        how->precision = read_count_or_argument(format, from);
    }
    read_size(format, how);
}

static int64_t next_signed(struct arguments *from, char size)
{
    if (size == 'l')
        return va_arg(from->list, int64_t);
    int value = va_arg(from->list, int);
    return size == 'H' ? (signed char)value : size == 'h' ? (short)value : value;
}

static uint64_t next_unsigned(struct arguments *from, char size)
{
    if (size == 'l')
        return va_arg(from->list, uint64_t);
    unsigned value = va_arg(from->list, unsigned);
    return size == 'H' ? (uint8_t)value : size == 'h' ? (uint16_t)value : value;
}

// Writes one argument. Returns false if kind is no conversion.
static bool write_argument(struct output *out, const struct conversion *how, char kind,
                           struct arguments *from)
{
    char c;

    switch (kind) {
    case 'd':
    case 'i':
        write_signed(out, how, next_signed(from, how->size));
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        write_unsigned(out, how, kind, next_unsigned(from, how->size));
        return true;
    case 'c':
        c = (char)va_arg(from->list, int);
        write_padded(out, how, &c, 1);
        return true;
    case 's':
        write_string(out, how, va_arg(from->list, const char *));
        return true;
    case 'p':
        write_pointer(out, how, va_arg(from->list, void *));
        return true;
    case '%':
        put(out, '%');
        return true;
    default:
        return false;
    }
}

int format_string_v(char *to, size_t room, const char *format, va_list arguments)
{
    struct output out = { to, room, 0 };
    struct arguments from;

    va_copy(from.list, arguments);
    while (*format != '\0') {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        const char *start = format++;
        struct conversion how;
        read_conversion(&format, &from, &how);
        // What is no conversion is shown as it stands: the mistake is then visible in the log.
        if (*format != '\0' && write_argument(&out, &how, *format, &from))
            format++;
        else
            put_bytes(&out, start, (int)(format - start));
    }
    va_end(from.list);
    if (room > 0)
        to[MIN(out.length, room - 1)] = '\0';
    return (int)MIN(out.length, (size_t)INT_MAX);
}

int format_string(char *to, size_t room, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = format_string_v(to, room, format, arguments);
    va_end(arguments);
    return length;
}
