// SPDX-License-Identifier: MIT
/*
 * Undoing one frame. Code is in one of three places. In a prologue, what has run so far is undone.
 * In an epilogue, what is left is done. Anywhere else, all of the prologue is undone, and then that
 * of each further part which the unwind information is chained to.
 * Source: Microsoft's "x64 exception handling", "Unwind procedure".
 */

#include <pe/unwind.h>

#include "pe_private.h"
#include "unwind_private.h"

// What lies on the stack where the processor has interrupted code: RIP, CS, RFLAGS, RSP, SS.
#define MACHINE_FRAME_RSP 24u

static enum pe_error read_module(const void *context, pe_rva rva, void *to, size_t size)
{
    const struct unwind_walk *walk = context;
    if (!pe_range_fits(rva.v, size, walk->module.size))
        return PE_ERROR_RVA;
    if (size == 0)
        return PE_OK;
    bool is_read = walk->memory->read(walk->memory->context, walk->module.base + rva.v, to, size);
    return is_read ? PE_OK : PE_ERROR_READ;
}

struct pe_rva_reader unwind_reader(const struct unwind_walk *walk)
{
    return (struct pe_rva_reader){ .read = read_module, .context = walk };
}

static enum pe_error read_value(const struct unwind_walk *walk, uint64_t address, uint64_t *value)
{
    bool is_read = walk->memory->read(walk->memory->context, address, value, sizeof(*value));
    return is_read ? PE_OK : PE_ERROR_READ;
}

enum pe_error unwind_pop(struct unwind_walk *walk, uint64_t *value)
{
    uint64_t popped;
    enum pe_error error = read_value(walk, walk->registers.gpr[PE_RSP], &popped);
    if (error != PE_OK)
        return error;
    // In this order, so that a pop of RSP itself keeps what was popped, as the processor does.
    walk->registers.gpr[PE_RSP] += sizeof(popped);
    *value = popped;
    return PE_OK;
}

static enum pe_error undo_machine_frame(struct unwind_walk *walk, bool has_error_code)
{
    uint64_t at = walk->registers.gpr[PE_RSP] + (has_error_code ? 8 : 0);
    uint64_t rip;
    uint64_t rsp;
    enum pe_error error = read_value(walk, at, &rip);
    if (error == PE_OK)
        error = read_value(walk, at + MACHINE_FRAME_RSP, &rsp);
    if (error != PE_OK)
        return error;
    walk->registers.rip = rip;
    walk->registers.gpr[PE_RSP] = rsp;
    walk->is_machine_frame = true;
    return PE_OK;
}

static enum pe_error undo_code(struct unwind_walk *walk, const struct pe_unwind_code *code,
                               uint64_t frame_base)
{
    uint64_t *gpr = walk->registers.gpr;
    switch (code->operation) {
    case PE_UNWIND_PUSH:
        return unwind_pop(walk, &gpr[code->reg]);
    case PE_UNWIND_ALLOCATE:
        gpr[PE_RSP] += code->value;
        return PE_OK;
    case PE_UNWIND_SET_FRAME:
        gpr[PE_RSP] = gpr[walk->info.frame_register] - walk->info.frame_offset;
        return PE_OK;
    case PE_UNWIND_SAVE:
        return read_value(walk, frame_base + code->value, &gpr[code->reg]);
    case PE_UNWIND_MACHINE_FRAME:
        return undo_machine_frame(walk, code->value != 0);
    case PE_UNWIND_SAVE_XMM:
    case PE_UNWIND_EPILOGUE:
        break;
    }
    return PE_OK;
}

// Where saved registers are counted from: the frame register, once the prologue has set it.
static enum pe_error find_frame_base(const struct unwind_walk *walk, uint32_t offset,
                                     uint64_t *base)
{
    const struct pe_unwind_info *info = &walk->info;
    bool is_set = info->frame_register != 0 && offset >= info->prologue_size;
    if (info->frame_register != 0 && !is_set) {
        struct pe_unwind_code code;
        uint32_t slot = 0;
        enum pe_error error;
        while ((error = pe_next_unwind_code(info, &slot, &code)) == PE_OK) {
            if (code.operation == PE_UNWIND_SET_FRAME && code.prologue_offset <= offset)
                is_set = true;
        }
        if (error != PE_END)
            return error;
    }
    *base = is_set ? walk->registers.gpr[info->frame_register] - info->frame_offset
                   : walk->registers.gpr[PE_RSP];
    return PE_OK;
}

// Undoes those actions of one part's prologue that have run when code at offset is next.
static enum pe_error undo_part(struct unwind_walk *walk, uint32_t offset, uint64_t frame_base)
{
    struct pe_unwind_code code;
    uint32_t slot = 0;
    enum pe_error error;
    while ((error = pe_next_unwind_code(&walk->info, &slot, &code)) == PE_OK) {
        if (code.operation == PE_UNWIND_EPILOGUE || code.prologue_offset > offset)
            continue;
        error = undo_code(walk, &code, frame_base);
        if (error != PE_OK)
            return error;
    }
    return error == PE_END ? PE_OK : error;
}

// Undoes the function's part at rip, and then every part that it is chained to, wholly.
static enum pe_error undo_prologues(struct unwind_walk *walk, uint32_t offset, uint64_t frame_base,
                                    struct pe_frame *frame)
{
    struct pe_rva_reader reader = unwind_reader(walk);
    for (uint32_t depth = 0; depth < PE_UNWIND_CHAIN_MAX; depth++) {
        enum pe_error error = undo_part(walk, offset, frame_base);
        if (error != PE_OK)
            return error;
        if ((walk->info.flags & PE_UNWIND_CHAINED) == 0)
            return walk->is_machine_frame ? PE_OK : unwind_pop(walk, &walk->registers.rip);
        frame->function = walk->info.chained;
        error = pe_get_unwind_info(&reader, &frame->function, &walk->info);
        if (error != PE_OK)
            return error;
        frame->handler = walk->info.handler;
        frame->handler_data = walk->info.handler_data;
        offset = UINT32_MAX;
        error = find_frame_base(walk, offset, &frame_base);
        if (error != PE_OK)
            return error;
    }
    return PE_ERROR_UNWIND_CHAIN;
}

static enum pe_error undo_function(struct unwind_walk *walk, struct pe_frame *frame)
{
    struct pe_rva_reader reader = unwind_reader(walk);
    enum pe_error error = pe_get_unwind_info(&reader, &walk->function, &walk->info);
    if (error != PE_OK)
        return error;
    uint64_t begin = walk->module.base + walk->function.begin.v;
    uint32_t offset = (uint32_t)(walk->registers.rip - begin);
    uint64_t frame_base;
    error = find_frame_base(walk, offset, &frame_base);
    if (error != PE_OK)
        return error;
    frame->kind = offset < walk->info.prologue_size ? PE_FRAME_PROLOGUE : PE_FRAME_BODY;
    frame->function = walk->function;
    frame->establisher = frame_base;
    frame->handler = walk->info.handler;
    frame->handler_data = walk->info.handler_data;
    if (frame->kind == PE_FRAME_BODY) {
        bool is_done;
        error = unwind_epilogue(walk, &is_done);
        if (error != PE_OK)
            return error;
        if (is_done) {
            frame->kind = PE_FRAME_EPILOGUE;
            return pe_primary_function(&reader, &walk->function, &frame->function);
        }
    }
    return undo_prologues(walk, offset, frame_base, frame);
}

// Finds what rip belongs to, and undoes it.
static enum pe_error undo_frame(struct unwind_walk *walk, struct pe_frame *frame)
{
    uint64_t rip = walk->registers.rip;
    frame->establisher = walk->registers.gpr[PE_RSP];
    const struct pe_unwind_memory *memory = walk->memory;
    if (!memory->find_module(memory->context, rip, &walk->module) ||
        rip - walk->module.base >= walk->module.size) {
        frame->kind = PE_FRAME_NO_MODULE;
        return unwind_pop(walk, &walk->registers.rip);
    }
    frame->module = walk->module;
    struct pe_rva_reader reader = unwind_reader(walk);
    pe_rva rva = { (uint32_t)(rip - walk->module.base) };
    enum pe_error error = pe_find_function(&reader, &walk->module.exceptions, rva, &walk->function);
    if (error == PE_ERROR_NOT_FOUND) {
        frame->kind = PE_FRAME_LEAF;
        return unwind_pop(walk, &walk->registers.rip);
    }
    return error != PE_OK ? error : undo_function(walk, frame);
}

enum pe_error pe_unwind_step(const struct pe_unwind_memory *memory,
                             struct pe_unwind_context *context, struct pe_frame *frame)
{
    struct unwind_walk walk;
    walk.memory = memory;
    walk.registers = *context;
    walk.is_machine_frame = false;
    struct pe_frame found = { 0 };
    enum pe_error error = undo_frame(&walk, &found);
    if (error != PE_OK)
        return error;
    found.is_machine_frame = walk.is_machine_frame;
    if (!walk.is_machine_frame && walk.registers.gpr[PE_RSP] <= context->gpr[PE_RSP])
        return PE_ERROR_UNWIND_STACK;
    *context = walk.registers;
    if (frame != NULL)
        *frame = found;
    return PE_OK;
}
