// SPDX-License-Identifier: MIT
/*
 * The only ways to touch a program's memory. Any pointer is allowed: what cannot be accessed gives
 * STATUS_ACCESS_VIOLATION (or what the page fault said: STATUS_NO_MEMORY,
 * STATUS_GUARD_PAGE_VIOLATION, STATUS_STACK_OVERFLOW, STATUS_IN_PAGE_ERROR), and some leading
 * bytes may have been copied.
 *
 * Context  a thread that has an address space; may sleep; no spin lock and not space->lock held
 */

#pragma once

#include <kernel/types.h>

status_t copy_from_user(void *to, const void USER *from, size_t size) MUST_CHECK;
status_t copy_to_user(void USER *to, const void *from, size_t size) MUST_CHECK;

// The same for eight bytes, in fewer instructions.
status_t copy_word_from_user(void *to, const void USER *from) MUST_CHECK;
status_t copy_word_to_user(void USER *to, const void *from) MUST_CHECK;

// Copies one object; the sizes of both sides must agree.
#define get_user(to, from)                                                                         \
    ({                                                                                             \
        static_assert(sizeof(*(to)) == sizeof(*(from)), "sizes differ");                           \
        sizeof(*(to)) == 8 ? copy_word_from_user((to), (from))                                     \
                           : copy_from_user((to), (from), sizeof(*(to)));                          \
    })
#define put_user(to, from)                                                                         \
    ({                                                                                             \
        static_assert(sizeof(*(to)) == sizeof(*(from)), "sizes differ");                           \
        sizeof(*(to)) == 8 ? copy_word_to_user((to), (from))                                       \
                           : copy_to_user((to), (from), sizeof(*(to)));                            \
    })

// Checks that start..start+size could be user addresses at all; says nothing of what is mapped.
bool user_range_is_plausible(vaddr_t start, uint64_t size);
