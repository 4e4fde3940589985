// SPDX-License-Identifier: MIT
/*
 * The machine as mm's host tests see it: RAM is an array, locks only count, page tables are a
 * sorted list, and a panic that a test provokes comes back to it (EXPECT_PANIC).
 */

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/compiler.h>

extern jmp_buf host_panic_exit;
extern bool host_panic_expected;
extern char host_panic_text[256];

// Runs a statement, which must panic with a text that holds `words`.
#define EXPECT_PANIC(statement, words)                                                             \
    do {                                                                                           \
        host_panic_expected = true;                                                                \
        if (setjmp(host_panic_exit) == 0) {                                                        \
            statement;                                                                             \
            host_panic_expected = false;                                                           \
            fail_msg("no panic: %s", #statement);                                                  \
        }                                                                                          \
        host_panic_expected = false;                                                               \
        if (strstr(host_panic_text, words) == NULL)                                                \
            fail_msg("panic \"%s\" does not say \"%s\"", host_panic_text, words);                  \
    } while (0)

// Memory nodes for area trees. host_nodes_left counts down to a failure; negative: never fail.
extern const struct node_allocator host_nodes;
extern long host_nodes_left;
extern long host_nodes_in_use;

// A number below limit.
static inline uint64_t random_below(uint64_t limit)
{
    return ((uint64_t)rand() << 31 ^ (uint64_t)rand()) % limit;
}
