// SPDX-License-Identifier: MIT
/*
 * What a handler sees of the registers, where the frame lies that shows them, and what becomes of
 * changes: every register goes through the kernel twice.
 */

#include "exceptions.h"

#include <user/memory.h>
#include <user/registers.h>

#define FLAG_CARRY     0x001u
#define FLAG_TRAP      0x100u
#define FLAG_INTERRUPT 0x200u

static struct {
    struct registers before; // what the handler saw
    struct registers change; // what it puts there, if it is to change them
    bool is_to_change;
    CONTEXT context;
    EXCEPTION_RECORD *record;
    CONTEXT *context_at;
    CONTEXT_EX places;
    XSTATE xstate;
    unsigned calls;
} seen;

static void general_of_context(const CONTEXT *context, struct registers *out)
{
    *out = (struct registers){
        .rax = context->Rax,
        .rcx = context->Rcx,
        .rdx = context->Rdx,
        .rbx = context->Rbx,
        .rbp = context->Rbp,
        .rsi = context->Rsi,
        .rdi = context->Rdi,
        .r8 = context->R8,
        .r9 = context->R9,
        .r10 = context->R10,
        .r11 = context->R11,
        .r12 = context->R12,
        .r13 = context->R13,
        .r14 = context->R14,
        .r15 = context->R15,
        .flags = context->EFlags,
    };
}

static void general_to_context(const struct registers *from, CONTEXT *context)
{
    context->Rax = from->rax;
    context->Rcx = from->rcx;
    context->Rdx = from->rdx;
    context->Rbx = from->rbx;
    context->Rbp = from->rbp;
    context->Rsi = from->rsi;
    context->Rdi = from->rdi;
    context->R8 = from->r8;
    context->R9 = from->r9;
    context->R10 = from->r10;
    context->R11 = from->r11;
    context->R12 = from->r12;
    context->R13 = from->r13;
    context->R14 = from->r14;
    context->R15 = from->r15;
    context->EFlags = (context->EFlags & ~ARITHMETIC_FLAGS) | (ULONG)from->flags;
}

// The extended registers of a context: its header, and 16 upper halves of YMM behind it.
static XSTATE *xstate_of(CONTEXT *context)
{
    CONTEXT_EX *places = (CONTEXT_EX *)(context + 1);
    return (XSTATE *)((char *)places + places->XState.Offset);
}

static void vectors_of_context(CONTEXT *context, struct registers *out)
{
    for (unsigned i = 0; i < 16; i++)
        memcpy(out->ymm[i], &context->FltSave.XmmRegisters[i], 16);
    if ((context->ContextFlags & CONTEXT_XSTATE) != CONTEXT_XSTATE ||
        (xstate_of(context)->Mask & XSTATE_MASK_GSSE) == 0)
        return;
    for (unsigned i = 0; i < 16; i++)
        memcpy(out->ymm[i] + 16, (char *)(xstate_of(context) + 1) + 16 * i, 16);
}

static void vectors_to_context(const struct registers *from, CONTEXT *context)
{
    for (unsigned i = 0; i < 16; i++)
        memcpy(&context->FltSave.XmmRegisters[i], from->ymm[i], 16);
    if ((context->ContextFlags & CONTEXT_XSTATE) != CONTEXT_XSTATE)
        return;
    xstate_of(context)->Mask |= XSTATE_MASK_GSSE;
    for (unsigned i = 0; i < 16; i++)
        memcpy((char *)(xstate_of(context) + 1) + 16 * i, from->ymm[i] + 16, 16);
}

static LONG look_and_change(EXCEPTION_RECORD *record, CONTEXT *context)
{
    seen.calls++;
    seen.context = *context;
    seen.record = record;
    seen.context_at = context;
    seen.places = *(CONTEXT_EX *)(context + 1);
    seen.xstate = (XSTATE){ 0 };
    if ((context->ContextFlags & CONTEXT_XSTATE) == CONTEXT_XSTATE)
        seen.xstate = *xstate_of(context);
    general_of_context(context, &seen.before);
    vectors_of_context(context, &seen.before);
    if (seen.is_to_change) {
        general_to_context(&seen.change, context);
        vectors_to_context(&seen.change, context);
    }
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_seen_and_kept(void)
{
    static struct registers from, to;
    bool are_seen = true, are_kept = true;

    for (ULONG seed = 1; seed <= 8; seed++) {
        fill_registers(&from, seed);
        exchange_registers(&from, &to, registers_ud2, has_ymm());
        are_seen &= same_registers(&seen.before, &from);
        are_kept &= same_registers(&to, &from);
    }
    check("a handler sees every register", are_seen);
    check("registers that it leaves alone come back", are_kept);
    check_equal("it was asked each time", seen.calls, 8);
}

static void test_changed(void)
{
    static struct registers from, to;
    bool are_changed = true;

    seen.is_to_change = true;
    for (ULONG seed = 1; seed <= 8; seed++) {
        fill_registers(&from, seed);
        fill_registers(&seen.change, seed + 100);
        exchange_registers(&from, &to, registers_ud2, has_ymm());
        are_changed &= same_registers(&to, &seen.change);
    }
    seen.is_to_change = false;
    check("what it changes arrives", are_changed);
}

static void test_frame(void)
{
    static struct registers from, to;
    ULONG xstate = has_ymm() ? CONTEXT_XSTATE : 0;
    ULONGLONG base = (ULONGLONG)seen.context_at;
    ULONG size = seen.places.XState.Length;

    fill_registers(&from, 3);
    exchange_registers(&from, &to, registers_ud2, has_ymm());
    base = (ULONGLONG)seen.context_at;
    check_equal("ContextFlags", seen.context.ContextFlags, CONTEXT_ALL | xstate);
    check_equal("the context is a multiple of 16", base % 16, 0);
    check_equal("the record is 4F0h above it", (ULONGLONG)seen.record, base + 0x4F0);
    check("the 32 bytes below RSP are free", base + 0x590 + size <= seen.context.Rsp - 0x20);
    check("no space is wasted", base + 0x590 + size > seen.context.Rsp - 0x20 - 0x50);
    check_equal("CS", seen.context.SegCs, 0x33);
    check_equal("SS", seen.context.SegSs, 0x2B);
    check_equal("MXCSR twice the same", seen.context.MxCsr, seen.context.FltSave.MxCsr);
    USHORT control;
    __asm__("fnstcw %0" : "=m"(control));
    check_equal("the x87 control word", seen.context.FltSave.ControlWord, control);
    check_equal("Legacy.Offset", (ULONG)seen.places.Legacy.Offset, (ULONG)-0x4D0);
    check_equal("Legacy.Length", seen.places.Legacy.Length, 0x4D0);
    check_equal("All.Offset", (ULONG)seen.places.All.Offset, (ULONG)-0x4D0);
    check_equal("All.Length", seen.places.All.Length, xstate ? 0x590 + size : 0x4E8);
    if (!xstate)
        return;
    check_equal("XState.Offset", (ULONG)seen.places.XState.Offset, 0xC0);
    check("XState.Length has room for YMM", size >= 0x140);
    check_equal("its place is a multiple of 64", (base + 0x590) % 64, 0);
    check_equal("Mask: YMM is in use", seen.xstate.Mask & ~XSTATE_MASK_LEGACY, XSTATE_MASK_GSSE);
    check_equal("CompactionMask", seen.xstate.CompactionMask, 0);
}

void test_registers(void)
{
    set_exception_handler(look_and_change);
    test_seen_and_kept();
    test_changed();
    test_frame();
    set_exception_handler(NULL);
}
