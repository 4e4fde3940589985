// SPDX-License-Identifier: MIT
/*
 * CPU exceptions in NT's terms. Most are a table; three need a look at the instruction or at a
 * status register: #GP (privileged instruction or bad address), #DE (division by zero or
 * overflow), and floating-point errors.
 *
 * Source: learn.microsoft.com, "EXCEPTION_RECORD structure"; Intel SDM vol. 3A, 6.15.
 */

#include "user_exception.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arch_private.h"

// The kind of access in parameter 0 of an access violation.
enum {
    ACCESS_READ = 0,
    ACCESS_WRITE = 1,
    ACCESS_EXECUTE = 8
};

#define INSTRUCTION_MAX 15u

void user_exception_of_page_fault(const struct trap_frame *frame, vaddr_t address, status_t status,
                                  struct user_exception *out)
{
    uint64_t access = frame->error_code & PAGE_FAULT_EXECUTE ? ACCESS_EXECUTE
                      : frame->error_code & PAGE_FAULT_WRITE ? ACCESS_WRITE
                                                             : ACCESS_READ;
    *out = (struct user_exception){
        .code = status == STATUS_NO_MEMORY ? STATUS_IN_PAGE_ERROR : status,
        .address = frame->rip,
        .parameter_count = 2,
        .parameters = { access, address },
    };
}

// Reads up to INSTRUCTION_MAX bytes at RIP, fewer where the page after it is not there.
static size_t read_instruction(const struct trap_frame *frame, uint8_t *bytes)
{
    if (copy_from_user(bytes, (const void USER *)frame->rip, INSTRUCTION_MAX) == STATUS_SUCCESS)
        return INSTRUCTION_MAX;
    size_t to_page_end = PAGE_SIZE - (frame->rip & PAGE_MASK);
    if (to_page_end < INSTRUCTION_MAX &&
        copy_from_user(bytes, (const void USER *)frame->rip, to_page_end) == STATUS_SUCCESS)
        return to_page_end;
    return 0;
}

// clang-format off
static bool is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26: case 0x2E: case 0x36: case 0x3E: case 0x64: case 0x65: // segments
    case 0x66: case 0x67: case 0xF0: case 0xF2: case 0xF3:
        return true;
    default:
        return (byte & 0xF0) == 0x40; // REX
    }
}

// Whether bytes hold an instruction that only the kernel may execute.
static bool is_privileged(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && is_prefix(bytes[i]))
        i++;
    if (i >= size)
        return false;
    uint8_t opcode = bytes[i];
    uint8_t next = i + 1 < size ? bytes[i + 1] : 0;
    switch (opcode) {
    case 0xF4: case 0xFA: case 0xFB:                       // HLT, CLI, STI
    case 0x6C: case 0x6D: case 0x6E: case 0x6F:            // INS, OUTS
    case 0xE4: case 0xE5: case 0xE6: case 0xE7:            // IN, OUT with a port number
    case 0xEC: case 0xED: case 0xEE: case 0xEF:            // IN, OUT with DX
        return true;
    case 0x0F:
        switch (next) {
        case 0x00: case 0x01:                              // LLDT, LTR; LGDT, LIDT, INVLPG
        case 0x06: case 0x07: case 0x08: case 0x09:        // CLTS, SYSRET, INVD, WBINVD
        case 0x20: case 0x21: case 0x22: case 0x23:        // MOV CRn, DRn
        case 0x30: case 0x32: case 0x33: case 0x35:        // WRMSR, RDMSR, RDPMC, SYSEXIT
            return true;
        }
    }
    return false;
}

// clang-format on

// The value that a general register of an instruction's operand has.
static uint64_t register_value(const struct trap_frame *frame, unsigned number)
{
    const uint64_t values[16] = {
        frame->rax, frame->rcx, frame->rdx, frame->rbx, frame->rsp, frame->rbp,
        frame->rsi, frame->rdi, frame->r8,  frame->r9,  frame->r10, frame->r11,
        frame->r12, frame->r13, frame->r14, frame->r15,
    };
    return values[number & 15];
}

/*
 * A DIV or IDIV by a register that is not zero has overflowed; by zero, or by memory that we do not
 * decode, it counts as a division by zero.
 */
static status_t divide_status(const struct trap_frame *frame)
{
    uint8_t bytes[INSTRUCTION_MAX];
    size_t size = read_instruction(frame, bytes);
    size_t i = 0;
    unsigned rex = 0, width = 4;
    for (; i < size && is_prefix(bytes[i]); i++) {
        if ((bytes[i] & 0xF0) == 0x40)
            rex = bytes[i];
        else if (bytes[i] == 0x66)
            width = 2;
    }
    if (i + 1 >= size || (bytes[i] & 0xFE) != 0xF6 || bytes[i + 1] < 0xF0)
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    unsigned number = (bytes[i + 1] & 7) | (rex & 1) << 3;
    uint64_t divisor = register_value(frame, number);
    if (bytes[i] == 0xF6) {
        if (!rex && number >= 4) // AH, CH, DH, BH
            divisor = register_value(frame, number - 4) >> 8;
        width = 1;
    } else if (rex & 8) {
        width = 8;
    }
    if (width < 8)
        divisor &= (1ull << (8 * width)) - 1;
    return divisor ? STATUS_INTEGER_OVERFLOW : STATUS_INTEGER_DIVIDE_BY_ZERO;
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

static status_t x87_status(void)
{
    uint16_t status, control;
    __asm__ volatile("fnstsw %0" : "=a"(status));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    __asm__ volatile("fnclex");
    if ((status & 0x41) == 0x41) // stack fault with invalid operation
        return STATUS_FLOAT_STACK_CHECK;
    return float_status(status & ~control & 0x3F);
}

static status_t sse_status(void)
{
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    return float_status(mxcsr & ~(mxcsr >> 7) & 0x3F);
}

static void protection_fault(const struct trap_frame *frame, struct user_exception *out)
{
    uint8_t bytes[INSTRUCTION_MAX];
    size_t size = read_instruction(frame, bytes);
    if (is_privileged(bytes, size)) {
        out->code = STATUS_PRIVILEGED_INSTRUCTION;
        return;
    }
    // The processor does not say which address it was; NT then reports a read of the last one.
    out->code = STATUS_ACCESS_VIOLATION;
    out->parameter_count = 2;
    out->parameters[0] = ACCESS_READ;
    out->parameters[1] = UINT64_MAX;
}

void user_exception_of_trap(struct trap_frame *frame, struct user_exception *out)
{
    *out = (struct user_exception){ .address = frame->rip };
    switch (frame->vector) {
    case TRAP_DIVIDE:
        out->code = divide_status(frame);
        break;
    case TRAP_DEBUG:
        frame->rflags &= ~0x100ull; // TF, as NT clears it for the handler
        out->code = STATUS_SINGLE_STEP;
        break;
    case TRAP_BREAKPOINT:
        frame->rip--; // INT3 is one byte, and NT reports its own address
        out->address = frame->rip;
        out->code = STATUS_BREAKPOINT;
        out->parameter_count = 1;
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
        out->code = sse_status();
        break;
    case TRAP_ALIGNMENT:
        out->code = STATUS_DATATYPE_MISALIGNMENT;
        break;
    case TRAP_FASTFAIL:
        frame->rip -= 2; // INT n is two bytes
        out->address = frame->rip;
        out->code = STATUS_STACK_BUFFER_OVERRUN;
        out->parameter_count = 1;
        out->parameters[0] = (uint32_t)frame->rcx;
        break;
    case TRAP_ASSERTION:
        frame->rip -= 2;
        out->address = frame->rip;
        out->code = STATUS_ASSERTION_FAILURE;
        break;
    case TRAP_DEBUG_SERVICE:
        out->code = STATUS_BREAKPOINT;
        out->parameter_count = 1;
        out->parameters[0] = (uint32_t)frame->rax;
        break;
    default:
        protection_fault(frame, out);
        break;
    }
}
