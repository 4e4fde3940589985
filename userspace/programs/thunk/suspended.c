// SPDX-License-Identifier: MIT
// A thread that has not begun yet: its registers, its APCs, and what its stack keeps.

#include "thunk.h"

#include <nt/create.h>
#include <nt/memory.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define PAGES 240u // that ntdll clears

static volatile LONG order; // two digits for each call

static NTSTATUS first_choice(void *argument)
{
    (void)argument;
    return 1;
}

static NTSTATUS second_choice(void *argument)
{
    (void)atomic_add(&order, atomic_load(&order) * 9 + 2);
    return (NTSTATUS)(ULONG_PTR)argument;
}

static void count_apc(PVOID first, PVOID second, PVOID third)
{
    (void)second;
    (void)third;
    (void)atomic_add(&order, atomic_load(&order) * 9 + (LONG)(ULONG_PTR)first);
}

static HANDLE start_suspended(thread_function function, ULONG_PTR argument)
{
    HANDLE thread = NULL;

    check_status("start a suspended thread",
                 NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                  (PVOID)(ULONG_PTR)function, (PVOID)argument,
                                  THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0, 0, 0, NULL),
                 STATUS_SUCCESS);
    return thread;
}

static const TEB *teb_of(HANDLE thread)
{
    THREAD_BASIC_INFORMATION basic = { 0 };

    (void)NtQueryInformationThread(thread, ThreadBasicInformation, &basic, sizeof(basic), NULL);
    return basic.TebBaseAddress;
}

void test_suspended(void)
{
    HANDLE thread = start_suspended(first_choice, 5);
    CONTEXT context = { .ContextFlags = CONTEXT_FULL };

    check_status("ask for its registers", NtGetContextThread(thread, &context), STATUS_SUCCESS);
    check_equal("it is to begin in RtlUserThreadStart", context.Rip, (ULONG_PTR)RtlUserThreadStart);
    check("with the start address and the argument",
          context.Rcx == (ULONG_PTR)first_choice && context.Rdx == 5);
    check_equal("at its stack's end", context.Rsp,
                (ULONG_PTR)teb_of(thread)->NtTib.StackBase - 0x28);
    context.Rcx = (ULONG_PTR)second_choice;
    context.Rdx = 6;
    context.R12 = 12;
    check_status("change them", NtSetContextThread(thread, &context), STATUS_SUCCESS);
    (void)NtResumeThread(thread, NULL);
    check_equal("it begins with what was set", (ULONGLONG)thread_join(thread), 6);
    check("which the thunk has seen",
          seen[(atomic_load(&seen_count) - 1) % SEEN_MAX].context.R12 == 12);
}

void test_apcs(void)
{
    HANDLE thread = start_suspended(second_choice, 7);

    atomic_store(&order, 0);
    check_status("queue an APC to a thread that has not begun",
                 NtQueueApcThread(thread, (PVOID)(ULONG_PTR)count_apc, (PVOID)3, NULL, NULL),
                 STATUS_SUCCESS);
    check_status("and another",
                 NtQueueApcThread(thread, (PVOID)(ULONG_PTR)count_apc, (PVOID)4, NULL, NULL),
                 STATUS_SUCCESS);
    (void)NtResumeThread(thread, NULL);
    check_equal("the thread runs", (ULONGLONG)thread_join(thread), 7);
    check_equal("both APCs came before it, in their order", (ULONG)atomic_load(&order), 342);
}

// How many of the pages below the CONTEXT's have memory.
static NTSTATUS count_pages(void *argument)
{
    const char *top = (const char *)((ULONG_PTR)current_teb()->NtTib.StackBase - 0x1000);
    unsigned count = 0;

    (void)argument;
    for (unsigned i = 1; i <= PAGES; i++) {
        MEMORY_WORKING_SET_EX_INFORMATION page = { .VirtualAddress =
                                                       (PVOID)(ULONG_PTR)(top - i * 0x1000) };

        (void)NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetExInformation, &page,
                                   sizeof(page), NULL);
        count += page.Attributes != 0;
    }
    return (NTSTATUS)count;
}

void test_stack(void)
{
    HANDLE thread = start_suspended(count_pages, 0);

    (void)NtResumeThread(thread, NULL);
    check("what ntdll has cleared of its stack takes no memory", thread_join(thread) <= 4);
}
