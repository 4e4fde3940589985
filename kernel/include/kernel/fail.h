// SPDX-License-Identifier: MIT
/*
 * Fault injection: the boot options fail=frame:N and fail=heap:N let the N-th allocation of a
 * frame, or from the heap, fail that is made after the first program has been told to start.
 * Whoever asks sees what he would see on a machine without memory. One allocation fails, and only
 * once. Tried for N = 1, 2, 3 ... until none fails any more: tools/sweep_failures.py.
 */

#pragma once

#include <kernel/compiler.h>

enum fail_kind {
    FAIL_FRAME,
    FAIL_HEAP,
    FAIL_KIND_COUNT
};

#ifdef PEKOE_HOST_TEST
// Host tests take memory away by other means.
static inline bool fail_now(enum fail_kind kind)
{
    (void)kind;
    return false;
}
#else
// How many allocations of each kind there are up to the one that fails; 0: none will. Atomic.
extern uint64_t fail_countdown[FAIL_KIND_COUNT];

bool fail_count(enum fail_kind kind);

// Whether this allocation is the one. Context: any but NMI.
static ALWAYS_INLINE bool fail_now(enum fail_kind kind)
{
    return unlikely(fail_countdown[kind] != 0) && fail_count(kind);
}
#endif

// Programs start: reads the boot option.
void fail_begin(void);
