// SPDX-License-Identifier: MIT
/*
 * CPU exceptions in NT's terms. Most are a table; three need a look at the instruction
 * (instruction.c) or at a status register: #GP (privileged instruction or bad address), #DE
 * (division by zero or overflow), and floating-point errors.
 *
 * Source: learn.microsoft.com, "EXCEPTION_RECORD structure"; Intel SDM vol. 3A, 6.15.
 */

#include "user_exception.h"

#include <arch/debug.h>

#include <kernel/status.h>
#include <kernel/thread.h>

#include "arch_private.h"
#include "instruction.h"

// The kind of access in parameter 0 of an access violation.
enum {
    ACCESS_READ = 0,
    ACCESS_WRITE = 1,
    ACCESS_EXECUTE = 8
};

#define FLAGS_TRAP 0x100ull

// Kinds of debug service that only a debugger would answer; without one NT skips them.
enum debug_service {
    DEBUG_SERVICE_PRINT = 1,
    DEBUG_SERVICE_PROMPT = 2,
    DEBUG_SERVICE_LOAD_SYMBOLS = 3,
    DEBUG_SERVICE_UNLOAD_SYMBOLS = 4,
    DEBUG_SERVICE_COMMAND = 5,
};

void user_exception_of_page_fault(const struct trap_frame *frame, vaddr_t address, status_t status,
                                  struct user_exception *out)
{
    uint64_t access = frame->error_code & PAGE_FAULT_EXECUTE ? ACCESS_EXECUTE
                      : frame->error_code & PAGE_FAULT_WRITE ? ACCESS_WRITE
                                                             : ACCESS_READ;
    bool is_in_page_error = status == STATUS_NO_MEMORY || status == STATUS_IN_PAGE_ERROR;
    *out = (struct user_exception){
        .code = is_in_page_error ? STATUS_IN_PAGE_ERROR : status,
        .address = frame->rip,
        .parameter_count = is_in_page_error ? 3 : 2,
        .parameters = { access, address, is_in_page_error ? (uint32_t)status : 0 },
    };
}

// Exception flags of x87 and SSE, in the order in which NT reports them; both use the same bits.
static status_t float_status(unsigned pending)
{
    static const struct {
        unsigned bit;
        status_t status;
    } flags[] = {
        { 1 << 0, STATUS_FLOAT_INVALID_OPERATION }, { 1 << 2, STATUS_FLOAT_DIVIDE_BY_ZERO },
        { 1 << 1, STATUS_FLOAT_DENORMAL_OPERAND },  { 1 << 3, STATUS_FLOAT_OVERFLOW },
        { 1 << 4, STATUS_FLOAT_UNDERFLOW },         { 1 << 5, STATUS_FLOAT_INEXACT_RESULT },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
        if (pending & flags[i].bit)
            return flags[i].status;
    return STATUS_FLOAT_INVALID_OPERATION;
}

// The flags stay set, for the program to see; whoever tells it clears them in the processor.
static status_t x87_status(void)
{
    uint16_t status, control;
    __asm__ volatile("fnstsw %0" : "=a"(status));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    if ((status & 0x41) == 0x41) // stack fault with invalid operation
        return STATUS_FLOAT_STACK_CHECK;
    return float_status(status & ~control & 0x3F);
}

static void sse_exception(struct user_exception *out)
{
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    out->code = float_status(mxcsr & ~(mxcsr >> 7) & 0x3F);
    out->parameter_count = 2;
    out->parameters[1] = mxcsr;
}

// The processor does not say which address it was; NT then reports a read of the last one.
static void unknown_access(struct user_exception *out)
{
    out->code = STATUS_ACCESS_VIOLATION;
    out->parameter_count = 2;
    out->parameters[0] = ACCESS_READ;
    out->parameters[1] = UINT64_MAX;
}

static void protection_fault(const struct trap_frame *frame, struct user_exception *out)
{
    if (instruction_is_privileged(frame))
        out->code = STATUS_PRIVILEGED_INSTRUCTION;
    else
        unknown_access(out);
}

static void breakpoint(struct user_exception *out, uint64_t kind)
{
    out->code = STATUS_BREAKPOINT;
    out->parameter_count = 1;
    out->parameters[0] = kind;
}

/*
 * int 2Dh: the byte behind it is skipped, which is why debuggers' own calls have an int 3 there.
 * Returns whether it is an exception.
 */
static bool debug_service(struct trap_frame *frame, struct user_exception *out)
{
    switch ((uint32_t)frame->rax) {
    case DEBUG_SERVICE_PRINT:
    case DEBUG_SERVICE_LOAD_SYMBOLS:
    case DEBUG_SERVICE_UNLOAD_SYMBOLS:
    case DEBUG_SERVICE_COMMAND:
        frame->rip++;
        return false;
    default:
        // NT moves RIP over the byte, then back by the length of an int 3, but not the address.
        out->address = frame->rip + 1;
        breakpoint(out, (uint32_t)frame->rax);
        return true;
    }
}

bool user_exception_of_trap(struct trap_frame *frame, struct user_exception *out)
{
    *out = (struct user_exception){ .address = frame->rip };
    switch (frame->vector) {
    case TRAP_DIVIDE:
        out->code = instruction_divides_by_nonzero(frame) ? STATUS_INTEGER_OVERFLOW
                                                          : STATUS_INTEGER_DIVIDE_BY_ZERO;
        break;
    case TRAP_DEBUG:
        current_thread()->debug.status = debug_registers_take_status();
        frame->rflags &= ~FLAGS_TRAP; // as NT clears it for the handler
        out->code = STATUS_SINGLE_STEP;
        break;
    case TRAP_BREAKPOINT:
        frame->rip--; // INT3 is one byte, and NT reports its own address
        out->address = frame->rip;
        breakpoint(out, 0);
        break;
    case TRAP_OVERFLOW:
        out->code = STATUS_INTEGER_OVERFLOW;
        break;
    case TRAP_BOUND:
        out->code = STATUS_ARRAY_BOUNDS_EXCEEDED;
        break;
    case TRAP_INVALID_OPCODE:
        out->code = STATUS_ILLEGAL_INSTRUCTION;
        break;
    case TRAP_X87:
        out->code = x87_status();
        break;
    case TRAP_SIMD:
        sse_exception(out);
        break;
    case TRAP_ALIGNMENT:
        out->code = STATUS_DATATYPE_MISALIGNMENT;
        break;
    case TRAP_FASTFAIL:
        frame->rip -= 2; // INT n is two bytes
        out->address = frame->rip;
        out->code = STATUS_STACK_BUFFER_OVERRUN;
        out->is_fatal = true;
        out->parameter_count = 1;
        out->parameters[0] = (uint32_t)frame->rcx;
        break;
    case TRAP_ASSERTION:
        frame->rip -= 2;
        out->address = frame->rip;
        out->code = STATUS_ASSERTION_FAILURE;
        break;
    case TRAP_DEBUG_SERVICE:
        return debug_service(frame, out);
    default:
        protection_fault(frame, out);
        break;
    }
    return true;
}

void user_exception_check_frame(struct trap_frame *frame)
{
    // Addresses of the kernel fault when the program gets there; these would fault on the way.
    uint64_t sign = frame->rip >> 47;
    if (likely(sign == 0 || sign == 0x1FFFF))
        return;
    struct user_exception exception = { .address = frame->rip };
    unknown_access(&exception);
    personality->exception(frame, &exception);
}
