// SPDX-License-Identifier: MIT
// What a thread finds when it begins: registers, CONTEXT, TEB, PEB, stack.

#include "thunk.h"

#include <nt/status.h>
#include <user/check.h>
#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define EFLAGS_INTERRUPTS 0x200u
#define STACK_MIN         0x100000u

static bool others_are_zero(const struct entry *entry)
{
    ULONGLONG all = entry->rax | entry->rbx | entry->rbp | entry->rsi | entry->rdi;

    for (unsigned i = 0; i < 8; i++)
        all |= entry->r8_to_r15[i];
    return all == 0;
}

static void check_context(const struct seen *it, ULONG_PTR start, ULONG_PTR argument)
{
    const CONTEXT *context = &it->context;
    ULONG_PTR base = (ULONG_PTR)it->teb.NtTib.StackBase;
    M128A none = { 0 };

    check_equal("the CONTEXT lies below the stack's first 28h bytes", it->thunk.rcx,
                ((base - 0x28) & ~0xFull) - sizeof(CONTEXT));
    check_equal("the CONTEXT is a full one", context->ContextFlags, CONTEXT_FULL);
    check_equal("it goes on at RtlUserThreadStart", context->Rip, (ULONG_PTR)RtlUserThreadStart);
    check_equal("with the start address", context->Rcx, start);
    check_equal("and the argument", context->Rdx, argument);
    check_equal("on the whole stack", context->Rsp, base - 0x28);
    check_equal("with interrupts", context->EFlags & ~2u, EFLAGS_INTERRUPTS);
    check("with the usual selectors", context->SegCs == 0x33 && context->SegSs == 0x2B &&
                                          context->SegDs == 0x2B && context->SegEs == 0x2B &&
                                          context->SegGs == 0x2B && context->SegFs == 0);
    check("with the usual modes of floating point",
          context->MxCsr == 0x1F80 && context->FltSave.MxCsr == 0x1F80 &&
              context->FltSave.ControlWord == 0x27F && context->FltSave.StatusWord == 0);
    check("and with nothing else",
          (context->Rax | context->Rbx | context->Rbp | context->Rsi | context->Rdi | context->R8 |
           context->R9 | context->R10 | context->R11 | context->R12 | context->R13 | context->R14 |
           context->R15) == 0 &&
              memcmp(&context->FltSave.XmmRegisters[6], &none, sizeof(none)) == 0);
}

static void check_registers(const struct seen *it)
{
    check_equal("the thunk gets RDX of the CONTEXT", it->thunk.rdx, it->context.Rdx);
    check_equal("RSP is as after a call", it->thunk.rsp, it->thunk.rcx - 8);
    check_equal("of nobody", it->thunk_return, 0);
    check_equal("only interrupts are on", it->thunk.flags, EFLAGS_INTERRUPTS | 2);
    check("all other registers are zero", others_are_zero(&it->thunk));
    check("the stack was zero", it->stack_was_zero);
    check("ntdll could clear it", it->is_cleared);
    check("RtlUserThreadStart gets what the CONTEXT says",
          it->start.rcx == it->context.Rcx && it->start.rdx == it->context.Rdx &&
              it->start.rsp == it->context.Rsp && others_are_zero(&it->start));
    check_equal("and a return address of zero", it->start_return, 0);
}

static void check_teb(const TEB *teb)
{
    static const char none[sizeof(teb->TlsSlots)];
    ULONG_PTR base = (ULONG_PTR)teb->NtTib.StackBase, limit = (ULONG_PTR)teb->NtTib.StackLimit;
    ULONG_PTR bottom = (ULONG_PTR)teb->DeallocationStack;
    TEB *at = (TEB *)teb->NtTib.Self;

    check_equal("the list of handlers ends above all addresses",
                (ULONG_PTR)teb->NtTib.ExceptionList, ~0ull);
    check("the stack has 1 MiB, in units of 64 KiB",
          base - bottom >= STACK_MIN && bottom % 0x10000 == 0 && base % 0x10000 == 0);
    check_equal("all but two pages of it can be used", limit - bottom, 0x2000);
    check("the TEB says who the thread is",
          teb->ClientId.UniqueThread != NULL &&
              teb->ClientId.UniqueThread == teb->RealClientId.UniqueThread &&
              teb->ClientId.UniqueProcess == teb->RealClientId.UniqueProcess);
    check("its activation contexts are an empty list",
          teb->ActivationContextStackPointer == &at->ActivationStack &&
              teb->ActivationStack.ActiveFrame == NULL &&
              teb->ActivationStack.FrameListCache.Flink == &at->ActivationStack.FrameListCache &&
              teb->ActivationStack.FrameListCache.Blink == &at->ActivationStack.FrameListCache);
    check("its static string is empty and has its room",
          teb->StaticUnicodeString.Length == 0 && teb->StaticUnicodeString.MaximumLength == 0x20A &&
              teb->StaticUnicodeString.Buffer == at->StaticUnicodeBuffer);
    check("the rest is zero",
          teb->NtTib.SubSystemTib == NULL && teb->NtTib.FiberData == NULL &&
              teb->ThreadLocalStoragePointer == NULL && teb->LastErrorValue == 0 &&
              teb->SavedPriorityState == NULL && teb->TlsExpansionSlots == NULL &&
              teb->FlsData == NULL && teb->ActiveFrame == NULL && teb->WowTebOffset == 0 &&
              teb->GuaranteedStackBytes == 0 && memcmp(teb->TlsSlots, none, sizeof(none)) == 0);
}

// Pages behind TEB and PEB that Wine's ntdll uses.
static void check_pages(void)
{
    const volatile char *options = (const char *)current_peb() + 0x2000;
    volatile char *output = (char *)current_teb() + 0x37FF;

    check("the debug options behind the PEB are those of silence", options[0] == 0);
    *output = 1;
    check("the TEB's block has 3800h bytes", *output == 1);
}

static void check_peb(void)
{
    const PEB *peb = current_peb();

    check_equal("the PEB's section timeout is 30 days",
                (ULONGLONG)peb->CriticalSectionTimeout.QuadPart, 0xFFFFE86D079B8000u);
    check_equal("its session is 1", peb->SessionId, 1);
    check("its heaps grow as on Windows", peb->HeapSegmentReserve == 0x100000 &&
                                              peb->HeapDeCommitTotalFreeThreshold == 0x10000 &&
                                              peb->HeapDeCommitFreeBlockThreshold == 0x1000);
    check("the system is Windows NT", peb->OSPlatformId == 2 && peb->NtGlobalFlag == 0);
}

void test_first(void)
{
    check_equal("the first thread came through the thunk", (ULONG)atomic_load(&seen_count), 1);
    check("to the entry point", seen[0].context.Rcx > (ULONG_PTR)image_base);
    check_context(&seen[0], seen[0].context.Rcx, (ULONG_PTR)current_peb());
    check_registers(&seen[0]);
    check_teb(&seen[0].teb);
    check_pages();
    check_peb();
}

static NTSTATUS return_argument(void *argument)
{
    return (NTSTATUS)(ULONG_PTR)argument;
}

void test_another(void)
{
    const struct seen *it = &seen[atomic_load(&seen_count) % SEEN_MAX];
    HANDLE thread = NULL;

    check_status("start another thread",
                 NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                  (PVOID)(ULONG_PTR)return_argument, (PVOID)0x77, 0, 0, 0, 0, NULL),
                 STATUS_SUCCESS);
    check_equal("it ran", (ULONGLONG)thread_join(thread), 0x77);
    check_context(it, (ULONG_PTR)return_argument, 0x77);
    check_registers(it);
    check_teb(&it->teb);
}
