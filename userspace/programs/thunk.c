// SPDX-License-Identifier: MIT
/*
 * Stands in for an ntdll: exports LdrInitializeThunk and RtlUserThreadStart, through which then every
 * thread begins, and checks what they are given. Exit code: how many checks failed.
 *
 * Expectations: observed at LdrInitializeThunk of Wine 8: registers, the CONTEXT and where it lies
 */

#include <nt/context.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define CLEARED 0xF0000u // what Wine's ntdll clears of a new stack, from below

__declspec(dllexport) __attribute__((noreturn)) void LdrInitializeThunk(CONTEXT *context);
__declspec(dllexport)
    __attribute__((noreturn)) void RtlUserThreadStart(PVOID start, PVOID argument);

// What the thunk saw of the first thread and of the one after it.
struct seen {
    CONTEXT context;
    ULONG_PTR context_address;
    ULONG_PTR stack_base;
    ULONG_PTR return_address; // what lay where RSP pointed to
    bool is_cleared;
};

static struct seen threads[2];
static volatile LONG count;

// Touches the stack as ntdll does, the lowest page first.
static bool clear_stack(const CONTEXT *context)
{
    char *top = (char *)((ULONG_PTR)context & ~0xFFFull);

    for (char *at = top - CLEARED; at < (char *)__builtin_frame_address(0) - 0x2000; at += 0x1000)
        *(volatile char *)at = 0;
    return true;
}

void LdrInitializeThunk(CONTEXT *context)
{
    struct seen *seen = &threads[(atomic_add(&count, 1) - 1) % 2];

    seen->context = *context;
    seen->context_address = (ULONG_PTR)context;
    seen->stack_base = (ULONG_PTR)current_teb()->NtTib.StackBase;
    seen->return_address = ((ULONG_PTR *)context)[-1];
    seen->is_cleared = clear_stack(context);
    for (;;)
        (void)NtContinue(context, TRUE);
}

void RtlUserThreadStart(PVOID start, PVOID argument)
{
    thread_end(((thread_function)(ULONG_PTR)start)(argument));
}

static NTSTATUS return_argument(void *argument)
{
    return (NTSTATUS)(ULONG_PTR)argument;
}

static void check_one(const char *name, const struct seen *seen, ULONG_PTR start,
                      ULONG_PTR argument)
{
    const CONTEXT *context = &seen->context;

    check(name, seen->is_cleared);
    check("its CONTEXT lies below the stack's first 28h bytes",
          seen->context_address == ((seen->stack_base - 0x28) & ~0xFull) - sizeof(CONTEXT));
    check_equal("nobody has called", seen->return_address, 0);
    check_equal("the CONTEXT is a full one", context->ContextFlags, CONTEXT_FULL);
    check_equal("it goes on at RtlUserThreadStart", context->Rip, (ULONG_PTR)RtlUserThreadStart);
    check_equal("with the start address", context->Rcx, start);
    check_equal("and the argument", context->Rdx, argument);
    check_equal("on the whole stack", context->Rsp, seen->stack_base - 0x28);
    check("with the usual selectors and modes", context->SegCs == 0x33 && context->SegSs == 0x2B &&
                                                    context->MxCsr == 0x1F80 &&
                                                    context->FltSave.ControlWord == 0x27F);
}

int main(int argc, char **argv)
{
    HANDLE thread = NULL;

    (void)argc;
    (void)argv;
    check_equal("the first thread came through the thunk", (ULONG)atomic_load(&count), 1);
    check("to the entry point, with the PEB",
          threads[0].context.Rcx > (ULONG_PTR)image_base &&
              threads[0].context.Rdx == (ULONG_PTR)current_peb());
    check_one("the first thread cleared its stack", &threads[0], threads[0].context.Rcx,
              (ULONG_PTR)current_peb());
    check_status("start another thread",
                 NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                  (PVOID)(ULONG_PTR)return_argument, (PVOID)0x77, 0, 0, 0, 0, NULL),
                 STATUS_SUCCESS);
    check_equal("it ran", (ULONGLONG)thread_join(thread), 0x77);
    check_one("it cleared its stack", &threads[1], (ULONG_PTR)return_argument, 0x77);
    return check_summary("thunk");
}
