// SPDX-License-Identifier: MIT
/*
 * Epilogues are not described by version 1 of the unwind information. The rules of the calling
 * convention make them recognisable instead: at most one change of RSP, then pops, then a return or
 * a jump out of the function. What is left of one is carried out here on a copy of the registers.
 * Source: Microsoft's "x64 prolog and epilog"; Intel SDM vol. 2 for the encodings.
 */

#include "pe_private.h"
#include "unwind_private.h"

// lea (8), 15 pops of 2 bytes, and the longest jump (6) fit.
#define WINDOW_SIZE 48u

#define REX_MASK 0xf0u
#define REX      0x40u
#define REX_W    0x08u
#define REX_B    0x01u

struct window {
    uint8_t bytes[WINDOW_SIZE];
    uint32_t size;
    uint32_t at;
};

static bool has_bytes(const struct window *window, uint32_t count)
{
    return count <= window->size - window->at;
}

static int8_t signed8(const uint8_t *bytes)
{
    return (int8_t)bytes[0];
}

static int32_t signed32(const uint8_t *bytes)
{
    int32_t value;
    __builtin_memcpy(&value, bytes, sizeof(value));
    return value;
}

// The function's code from rip on, as far as it can matter; nothing of what follows it.
static bool fetch_window(const struct unwind_walk *walk, struct window *window)
{
    uint64_t rip = walk->registers.rip;
    uint64_t left = walk->module.base + walk->function.end.v - rip;
    window->at = 0;
    window->size = left < WINDOW_SIZE ? (uint32_t)left : WINDOW_SIZE;
    return walk->memory->read(walk->memory->context, rip, window->bytes, window->size);
}

// add rsp, imm8 or imm32.
static bool run_add(struct unwind_walk *walk, struct window *window)
{
    const uint8_t *code = window->bytes;
    if (!has_bytes(window, 4) || code[0] != (REX | REX_W) || code[2] != 0xc4)
        return false;
    if (code[1] == 0x83) {
        walk->registers.gpr[PE_RSP] += (uint64_t)(int64_t)signed8(code + 3);
        window->at = 4;
        return true;
    }
    if (code[1] == 0x81 && has_bytes(window, 7)) {
        walk->registers.gpr[PE_RSP] += (uint64_t)(int64_t)signed32(code + 3);
        window->at = 7;
        return true;
    }
    return false;
}

// lea rsp, [frame register + disp]; with another register it is part of the body.
static bool run_lea(struct unwind_walk *walk, struct window *window)
{
    const uint8_t *code = window->bytes;
    if (walk->info.frame_register == 0 || !has_bytes(window, 4) ||
        (code[0] & ~REX_B) != (REX | REX_W) || code[1] != 0x8d)
        return false;
    unsigned mode = code[2] >> 6;
    unsigned base = (code[2] & 7u) | (code[0] & REX_B) << 3;
    // A base of 4 in the low bits means a SIB byte, which no frame register but R12 needs.
    if (((code[2] >> 3) & 7) != PE_RSP || base != walk->info.frame_register || (base & 7) == 4)
        return false;
    uint64_t address = walk->registers.gpr[base];
    if (mode == 1) {
        walk->registers.gpr[PE_RSP] = address + (uint64_t)(int64_t)signed8(code + 3);
        window->at = 4;
        return true;
    }
    if (mode == 2 && has_bytes(window, 7)) {
        walk->registers.gpr[PE_RSP] = address + (uint64_t)(int64_t)signed32(code + 3);
        window->at = 7;
        return true;
    }
    return false;
}

static enum pe_error run_pops(struct unwind_walk *walk, struct window *window)
{
    for (;;) {
        const uint8_t *code = window->bytes + window->at;
        uint32_t prefix = has_bytes(window, 2) && code[0] == (REX | REX_B) ? 1 : 0;
        if (!has_bytes(window, prefix + 1) || (code[prefix] & 0xf8) != 0x58)
            return PE_OK;
        enum pe_error error =
            unwind_pop(walk, &walk->registers.gpr[(code[prefix] & 7u) | prefix << 3]);
        if (error != PE_OK)
            return error;
        window->at += prefix + 1;
    }
}

/*
 * Whether a jump leaves the function for good. A jump to the middle of another function goes to a
 * part of this one that the compiler moved away, where the frame still stands.
 */
static bool is_tail_call(const struct unwind_walk *walk, uint64_t target)
{
    uint64_t offset = target - walk->module.base;
    if (offset >= walk->module.size)
        return true;
    struct pe_rva_reader reader = unwind_reader(walk);
    struct pe_function function;
    enum pe_error error = pe_find_function(&reader, &walk->module.exceptions,
                                           (pe_rva){ (uint32_t)offset }, &function);
    if (error != PE_OK)
        return error == PE_ERROR_NOT_FOUND;
    struct pe_function primary;
    error = pe_primary_function(&reader, &function, &primary);
    // Only an entry can be called, this function's own included.
    return error == PE_OK && primary.begin.v == (uint32_t)offset;
}

// jmp rel8, jmp rel32, jmp [rip + disp32], or a jmp that REX.W marks as the end of a function.
static bool is_leaving_jump(const struct unwind_walk *walk, const struct window *window)
{
    const uint8_t *code = window->bytes + window->at;
    uint64_t rip = walk->registers.rip + window->at;
    if (has_bytes(window, 2) && code[0] == 0xeb)
        return is_tail_call(walk, rip + 2 + (uint64_t)(int64_t)signed8(code + 1));
    if (has_bytes(window, 5) && code[0] == 0xe9)
        return is_tail_call(walk, rip + 5 + (uint64_t)(int64_t)signed32(code + 1));
    if (has_bytes(window, 6) && code[0] == 0xff && code[1] == 0x25)
        return true;
    return has_bytes(window, 3) && (code[0] & (REX_MASK | REX_W)) == (REX | REX_W) &&
           code[1] == 0xff && ((code[2] >> 3) & 7) == 4;
}

// *extra: what a return removes besides its address.
static bool is_return(const struct window *window, uint32_t *extra)
{
    const uint8_t *code = window->bytes + window->at;
    *extra = 0;
    if (has_bytes(window, 1) && code[0] == 0xc3)
        return true;
    if (has_bytes(window, 2) && (code[0] == 0xf3 || code[0] == 0xf2) && code[1] == 0xc3)
        return true;
    if (has_bytes(window, 3) && code[0] == 0xc2) {
        *extra = code[1] | (uint32_t)code[2] << 8;
        return true;
    }
    return false;
}

enum pe_error unwind_epilogue(struct unwind_walk *walk, bool *is_done)
{
    *is_done = false;
    struct window window;
    if (!fetch_window(walk, &window))
        return PE_OK;
    struct pe_unwind_context before = walk->registers;
    if (!run_add(walk, &window))
        run_lea(walk, &window);
    uint32_t extra;
    // Pops that cannot be read are no proof of an epilogue: then the body's way is tried.
    if (run_pops(walk, &window) != PE_OK ||
        (!is_return(&window, &extra) && !is_leaving_jump(walk, &window))) {
        walk->registers = before;
        return PE_OK;
    }
    *is_done = true;
    enum pe_error error = unwind_pop(walk, &walk->registers.rip);
    walk->registers.gpr[PE_RSP] += extra;
    return error;
}
