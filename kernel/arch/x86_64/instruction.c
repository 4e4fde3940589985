// SPDX-License-Identifier: MIT
/*
 * Looking at the instruction that a program was stopped at. Bytes are read one by one as they are
 * asked for, and no further than the instruction reaches: the page behind it may be a guard page,
 * and the processor has not touched it.
 *
 * Source: Intel SDM vol. 2A, 2.1 (ModR/M, SIB), 2.2.1 (REX); appendix A (opcode maps)
 */

#include "instruction.h"

#include <kernel/status.h>
#include <kernel/thread.h>
#include <kernel/user_copy.h>

#include "arch_private.h"

#define INSTRUCTION_MAX 15u

#define REX_B 1u
#define REX_X 2u
#define REX_W 8u

struct decoder {
    const struct trap_frame *frame;
    unsigned length; // bytes read so far
    bool has_ended;  // no more could be read
    uint8_t rex;     // 0: none
    bool has_operand_size, has_address_size, has_gs;
};

// The next byte; 0 behind the end.
static uint8_t next(struct decoder *decoder)
{
    uint8_t byte = 0;
    if (decoder->length >= INSTRUCTION_MAX || decoder->has_ended ||
        copy_from_user(&byte, (const void USER *)(decoder->frame->rip + decoder->length), 1) !=
            STATUS_SUCCESS)
        decoder->has_ended = true;
    decoder->length++;
    return byte;
}

// Skips the prefixes, remembering those that change an operand; returns the first opcode byte.
static uint8_t next_opcode(struct decoder *decoder)
{
    for (;;) {
        uint8_t byte = next(decoder);
        switch (byte) {
        case 0x65:
            decoder->has_gs = true;
            break;
        case 0x66:
            decoder->has_operand_size = true;
            break;
        case 0x67:
            decoder->has_address_size = true;
            break;
        case 0x26: // other segments, LOCK, REPNE, REP
        case 0x2E:
        case 0x36:
        case 0x3E:
        case 0x64:
        case 0xF0:
        case 0xF2:
        case 0xF3:
            break;
        default:
            if ((byte & 0xF0) != 0x40)
                return byte;
            decoder->rex = byte;
            continue;
        }
        decoder->rex = 0; // counts only right before the opcode
    }
}

// clang-format off
bool instruction_is_privileged(const struct trap_frame *frame)
{
    struct decoder decoder = { .frame = frame };
    switch (next_opcode(&decoder)) {
    case 0xF4: case 0xFA: case 0xFB:                       // HLT, CLI, STI
    case 0x6C: case 0x6D: case 0x6E: case 0x6F:            // INS, OUTS
    case 0xE4: case 0xE5: case 0xE6: case 0xE7:            // IN, OUT with a port number
    case 0xEC: case 0xED: case 0xEE: case 0xEF:            // IN, OUT with DX
        return true;
    case 0x0F:
        switch (next(&decoder)) {
        case 0x00: case 0x01:                              // LLDT, LTR; LGDT, LIDT, INVLPG
        case 0x06: case 0x07: case 0x08: case 0x09:        // CLTS, SYSRET, INVD, WBINVD
        case 0x20: case 0x21: case 0x22: case 0x23:        // MOV CRn, DRn
        case 0x30: case 0x32: case 0x33: case 0x35:        // WRMSR, RDMSR, RDPMC, SYSEXIT
            return !decoder.has_ended;
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

static int32_t next_displacement(struct decoder *decoder, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)next(decoder) << (8 * i);
    return bytes == 1 ? (int8_t)value : (int32_t)value;
}

// The address of a memory operand of an instruction that has no immediate behind it.
static uint64_t operand_address(struct decoder *decoder, uint8_t modrm)
{
    unsigned mode = modrm >> 6, base = modrm & 7;
    unsigned displacement_bytes = mode == 1 ? 1 : mode == 2 ? 4 : 0;
    uint64_t address = 0;
    bool is_rip_relative = false;
    if (base == 4) {
        uint8_t sib = next(decoder);
        unsigned index = (sib >> 3 & 7) | (decoder->rex & REX_X) << 2;
        base = sib & 7;
        if (index != 4)
            address = register_value(decoder->frame, index) << (sib >> 6);
        if (base == 5 && mode == 0)
            displacement_bytes = 4;
        else
            address += register_value(decoder->frame, base | (decoder->rex & REX_B) << 3);
    } else if (base == 5 && mode == 0) {
        displacement_bytes = 4;
        is_rip_relative = true;
    } else {
        address = register_value(decoder->frame, base | (decoder->rex & REX_B) << 3);
    }
    address += (uint64_t)(int64_t)next_displacement(decoder, displacement_bytes);
    if (is_rip_relative)
        address += decoder->frame->rip + decoder->length;
    if (decoder->has_address_size)
        address &= UINT32_MAX;
    return decoder->has_gs ? address + current_thread()->user_gs_base : address;
}

bool instruction_divides_by_nonzero(const struct trap_frame *frame)
{
    struct decoder decoder = { .frame = frame };
    uint8_t opcode = next_opcode(&decoder);
    uint8_t modrm = next(&decoder);
    if (decoder.has_ended || (opcode & 0xFE) != 0xF6 || (modrm & 0x30) != 0x30) // neither /6 nor /7
        return false;

    unsigned width = opcode == 0xF6             ? 1
                     : decoder.rex & REX_W      ? 8
                     : decoder.has_operand_size ? 2
                                                : 4;
    uint64_t divisor = 0;
    if (modrm >> 6 != 3) {
        uint64_t address = operand_address(&decoder, modrm);
        return !decoder.has_ended &&
               copy_from_user(&divisor, (const void USER *)address, width) == STATUS_SUCCESS &&
               divisor != 0;
    }
    unsigned number = (modrm & 7) | (decoder.rex & REX_B) << 3;
    divisor = register_value(frame, number);
    if (width == 1 && decoder.rex == 0 && number >= 4) // AH, CH, DH, BH
        divisor = register_value(frame, number - 4) >> 8;
    return width == 8 ? divisor != 0 : (divisor & ((1ull << (8 * width)) - 1)) != 0;
}
