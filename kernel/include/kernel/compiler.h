// SPDX-License-Identifier: MIT
// What C17 lacks and GCC offers, under names that read well.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// C17 spells it _Static_assert; <assert.h>, which has the good name, is not ours to include.
#ifndef static_assert
#define static_assert _Static_assert
#endif

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define ALIGNED(n)        __attribute__((aligned(n)))
#define PACKED            __attribute__((packed))
#define SECTION(name)     __attribute__((section(name)))
#define USED              __attribute__((used))
#define NOINLINE          __attribute__((noinline))
#define ALWAYS_INLINE     inline __attribute__((always_inline))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(pointer, type, member)                                                        \
    ((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

// Both need a power of two.
// clang-format off
#define ROUND_UP(x, unit)   (((x) + ((unit) - 1)) & ~((__typeof__(x))(unit) - 1))
#define ROUND_DOWN(x, unit) ((x) & ~((__typeof__(x))(unit) - 1))
// clang-format on

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// Marks pointers that a program gave us. GCC ignores it; clang's lint build refuses to follow them.
#ifdef __clang__
#define USER __attribute__((noderef))
#else
#define USER
#endif
