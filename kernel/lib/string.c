// SPDX-License-Identifier: MIT
/*
 * The functions of C's <string.h> that the kernel uses; GCC itself calls the mem* ones.
 *
 * The kernel has no vector registers at hand, so bulk goes by the processor's string instructions,
 * eight bytes at a time: fast on hardware, and the cheapest form under an emulator.
 */

#include <kernel/string.h>

// GCC must not turn these loops into calls of the functions that they implement.
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

// A word wherever it lies, whatever it is part of.
typedef uint64_t __attribute__((may_alias, aligned(1))) any_word;

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *target = to;
    size_t words = size / 8;
    size_t rest = size % 8;

    __asm__ volatile("rep movsq" : "+D"(target), "+S"(from), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(rest)::"memory");
    return to;
}

// The copy from the last byte to the first: a loop, so that nothing ever runs with DF set.
static void copy_backwards(uint8_t *to, const uint8_t *from, size_t size)
{
    for (; size >= 8; size -= 8)
        *(any_word *)(to + size - 8) = *(const any_word *)(from + size - 8);
    for (; size > 0; size--)
        to[size - 1] = from[size - 1];
}

void *memmove(void *to, const void *from, size_t size)
{
    // One comparison covers both harmless orders: below from, the difference wraps around.
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    copy_backwards(to, from, size);
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *target = to;
    size_t words = size / 8;
    size_t rest = size % 8;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101ull;

    __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    for (; size >= 8 && *(const any_word *)x == *(const any_word *)y; size -= 8) {
        x += 8;
        y += 8;
    }
    for (; size > 0; size--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++)
        b++;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit > 0; limit--, a++, b++) {
        if (*a != *b || *a == '\0')
            return (uint8_t)*a - (uint8_t)*b;
    }
    return 0;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++) {
        if (*text == '\0')
            return NULL;
    }
    return (char *)text;
}
