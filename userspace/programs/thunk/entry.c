// SPDX-License-Identifier: MIT
// ntdll's part in small: looks at what the kernel gives a thread, clears its stack, and goes on.

#include "thunk.h"

#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define CLEARED 0xF0000u // what Wine's ntdll clears of a new stack, from below

struct seen seen[SEEN_MAX];
volatile LONG seen_count;

// Which thread this is: its number is left where nobody else looks.
static struct seen *seen_of_this_thread(void)
{
    return &seen[(ULONG_PTR)current_teb()->NtTib.ArbitraryUserPointer];
}

static bool is_zero(const char *from, const char *to)
{
    for (; from < to; from += sizeof(ULONGLONG))
        if (*(const volatile ULONGLONG *)from != 0)
            return false;
    return true;
}

// Writes to the stack as ntdll does, the lowest page first.
static bool clear_stack(const CONTEXT *context)
{
    char *top = (char *)((ULONG_PTR)context & ~0xFFFull);

    for (char *at = top - CLEARED; at < (char *)__builtin_frame_address(0) - 0x2000; at += 0x1000)
        *(volatile char *)at = 0;
    return true;
}

void thread_entered(const struct entry *entry)
{
    CONTEXT *context = (CONTEXT *)entry->rcx;
    LONG number = (atomic_add(&seen_count, 1) - 1) % SEEN_MAX;
    struct seen *out = &seen[number];

    out->thunk = *entry;
    out->context = *context;
    out->teb = *current_teb();
    out->thunk_return = *(ULONGLONG *)entry->rsp;
    // The first thread has run here, a little; what is further down nobody has touched.
    out->stack_was_zero =
        is_zero((char *)current_teb()->NtTib.StackLimit, (char *)entry - 0x4000) &&
        is_zero((char *)(context + 1), (char *)current_teb()->NtTib.StackBase);
    out->is_cleared = clear_stack(context);
    current_teb()->NtTib.ArbitraryUserPointer = (PVOID)(ULONG_PTR)number;
    for (;;)
        (void)NtContinue(context, TRUE);
}

void thread_begun(const struct entry *entry)
{
    struct seen *out = seen_of_this_thread();

    out->start = *entry;
    out->start_return = *(ULONGLONG *)entry->rsp;
    thread_end(((thread_function)(ULONG_PTR)entry->rcx)((void *)entry->rdx));
}
