// SPDX-License-Identifier: MIT
/*
 * A thread's registers as a CONTEXT, both ways (context.h). Everything that enters or leaves a
 * program's registers by the kernel passes here: exceptions, APCs, NtContinue, NtGetContextThread,
 * NtSetContextThread. Its extended part is context_xstate.c.
 *
 * Source: learn.microsoft.com, "CONTEXT structure"; Intel SDM vol. 1, 3.4.3 (RFLAGS)
 */

#include "context.h"

#include <arch/debug.h>
#include <kernel/status.h>
#include <kernel/thread.h>
#include <kernel/user_copy.h>

// CF, PF, AF, ZF, SF, TF, DF, OF, RF, AC, ID: the flags that are the program's own. Interrupts stay
// on; bit 1 is always set.
#define FLAGS_OF_PROGRAM 0x00250DD5u
#define FLAGS_ALWAYS     0x00000202u

// TF, DF, NT, RF, AC: a dispatcher does not start with them.
#define FLAGS_CLEARED 0x00054500ull

// What 64-bit Windows says of selectors that mean nothing in 64-bit mode.
#define SELECTOR_SHOWN_DATA 0x2Bu
#define SELECTOR_SHOWN_FS   0x53u

// The bit of one group, without the architecture's.
#define GROUP(flag) ((flag) & ~CONTEXT_AMD64)

// Rbp belongs to CONTROL for Wine's ntdll and to INTEGER for Windows': either will do.
#define GROUPS_WITH_RBP (GROUP(CONTEXT_CONTROL) | GROUP(CONTEXT_INTEGER))

static void capture_integer(const struct trap_frame *frame, CONTEXT *out)
{
    out->Rax = frame->rax;
    out->Rcx = frame->rcx;
    out->Rdx = frame->rdx;
    out->Rbx = frame->rbx;
    out->Rsi = frame->rsi;
    out->Rdi = frame->rdi;
    out->R8 = frame->r8;
    out->R9 = frame->r9;
    out->R10 = frame->r10;
    out->R11 = frame->r11;
    out->R12 = frame->r12;
    out->R13 = frame->r13;
    out->R14 = frame->r14;
    out->R15 = frame->r15;
}

static void apply_integer(struct trap_frame *frame, const CONTEXT *context)
{
    frame->rax = context->Rax;
    frame->rcx = context->Rcx;
    frame->rdx = context->Rdx;
    frame->rbx = context->Rbx;
    frame->rsi = context->Rsi;
    frame->rdi = context->Rdi;
    frame->r8 = context->R8;
    frame->r9 = context->R9;
    frame->r10 = context->R10;
    frame->r11 = context->R11;
    frame->r12 = context->R12;
    frame->r13 = context->R13;
    frame->r14 = context->R14;
    frame->r15 = context->R15;
}

static void capture_debug(CONTEXT *out)
{
    const struct debug_registers *debug = &current_thread()->debug;
    out->Dr0 = debug->address[0];
    out->Dr1 = debug->address[1];
    out->Dr2 = debug->address[2];
    out->Dr3 = debug->address[3];
    out->Dr6 = debug->status;
    out->Dr7 = debug->control;
}

static void apply_debug(const CONTEXT *context)
{
    // They come back from most exceptions as they were.
    const struct debug_registers *own = &current_thread()->debug;
    if (context->Dr0 == own->address[0] && context->Dr1 == own->address[1] &&
        context->Dr2 == own->address[2] && context->Dr3 == own->address[3] &&
        context->Dr6 == own->status && context->Dr7 == own->control)
        return;
    debug_registers_set(&(struct debug_registers){
        .address = { context->Dr0, context->Dr1, context->Dr2, context->Dr3 },
        .status = context->Dr6,
        .control = context->Dr7,
    });
}

// SYSRET would not load all of it.
static void changed_frame(void)
{
    __atomic_or_fetch(&current_thread()->work, THREAD_WORK_FRAME, __ATOMIC_RELAXED);
}

void context_capture(const struct trap_frame *frame, ULONG flags, CONTEXT *out)
{
    out->ContextFlags = flags;
    if (flags & GROUP(CONTEXT_CONTROL)) {
        out->SegCs = (USHORT)frame->cs;
        out->SegSs = (USHORT)frame->ss;
        out->EFlags = (ULONG)frame->rflags;
        out->Rsp = frame->rsp;
        out->Rip = frame->rip;
    }
    if (flags & GROUPS_WITH_RBP)
        out->Rbp = frame->rbp;
    if (flags & GROUP(CONTEXT_INTEGER))
        capture_integer(frame, out);
    if (flags & GROUP(CONTEXT_SEGMENTS)) {
        out->SegDs = out->SegEs = out->SegGs = SELECTOR_SHOWN_DATA;
        out->SegFs = SELECTOR_SHOWN_FS;
    }
    if (flags & GROUP(CONTEXT_FLOATING_POINT)) {
        fpu_read_legacy(&out->FltSave);
        out->MxCsr = out->FltSave.MxCsr;
    }
    if (flags & GROUP(CONTEXT_DEBUG_REGISTERS))
        capture_debug(out);
}

static NOINLINE status_t read_extension(const CONTEXT USER *at, struct context_load *out)
{
    struct context_extension extension;
    status_t status = context_find_extension(at, &extension);
    if (status != STATUS_SUCCESS)
        return status;
    return context_read_extended(&extension, out->fpu.extended, &out->components, &out->present);
}

status_t context_read(const CONTEXT USER *at, struct context_load *out)
{
    if ((vaddr_t)at % CONTEXT_ALIGNMENT != 0)
        return STATUS_DATATYPE_MISALIGNMENT;
    status_t status = copy_from_user(&out->context, at, CONTEXT_LOADED_SIZE);
    if (status != STATUS_SUCCESS)
        return status;
    if ((out->context.ContextFlags & CONTEXT_AMD64) == 0)
        return STATUS_INVALID_PARAMETER;
    out->components = out->present = 0;
    return context_has_xstate(out->context.ContextFlags) ? read_extension(at, out) : STATUS_SUCCESS;
}

void context_load(struct trap_frame *frame, struct context_load *load)
{
    const CONTEXT *context = &load->context;
    ULONG flags = context->ContextFlags;
    if (flags & GROUP(CONTEXT_CONTROL)) {
        frame->cs = SELECTOR_USER_CODE;
        frame->ss = SELECTOR_USER_DATA;
        frame->rflags = (context->EFlags & FLAGS_OF_PROGRAM) | FLAGS_ALWAYS;
        frame->rsp = context->Rsp;
        frame->rip = context->Rip;
    }
    if (flags & GROUPS_WITH_RBP)
        frame->rbp = context->Rbp;
    if (flags & GROUP(CONTEXT_INTEGER))
        apply_integer(frame, context);
    if (flags & GROUP(CONTEXT_DEBUG_REGISTERS))
        apply_debug(context);
    uint64_t components = load->components;
    if (flags & GROUP(CONTEXT_FLOATING_POINT))
        components |= FPU_COMPONENTS_LEGACY;
    if (components != 0)
        fpu_write(&load->fpu, components, load->present);
    changed_frame();
}

void context_enter_dispatcher(struct trap_frame *frame, vaddr_t function, vaddr_t rsp)
{
    frame->rip = function;
    frame->rsp = rsp;
    frame->rflags &= ~FLAGS_CLEARED;
    frame->cs = SELECTOR_USER_CODE;
    frame->ss = SELECTOR_USER_DATA;
    changed_frame();
}
