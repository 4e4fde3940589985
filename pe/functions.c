// SPDX-License-Identifier: MIT
/*
 * The exception directory and the unwind information behind it.
 * Source: Microsoft's "x64 exception handling". Its version 2 is not described there; that each of
 * its epilogue codes fills one slot is taken from the documentation of LLVM's Win64EH::UnwindCode,
 * and has been tested with made-up information only.
 */

#include <pe/functions.h>

#include "pe_private.h"

// In UnwindData: the entry points to another entry instead of unwind information.
#define INDIRECT_FLAG 1u

enum {
    OP_PUSH_NONVOL,
    OP_ALLOC_LARGE,
    OP_ALLOC_SMALL,
    OP_SET_FPREG,
    OP_SAVE_NONVOL,
    OP_SAVE_NONVOL_FAR,
    OP_EPILOG, // version 2 only
    OP_SPARE,
    OP_SAVE_XMM128,
    OP_SAVE_XMM128_FAR,
    OP_PUSH_MACHFRAME,
};

static enum pe_error read_image(const void *context, pe_rva rva, void *to, size_t size)
{
    return pe_read(context, rva, to, size);
}

struct pe_rva_reader pe_image_reader(const struct pe_image *image)
{
    return (struct pe_rva_reader){ .read = read_image, .context = image };
}

static enum pe_error read_function(const struct pe_rva_reader *reader, pe_rva rva,
                                   struct pe_function *out)
{
    struct pe_raw_function raw;
    enum pe_error error = reader->read(reader->context, rva, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.end <= raw.begin)
        return PE_ERROR_DIRECTORY;
    *out = (struct pe_function){ { raw.begin }, { raw.end }, { raw.unwind } };
    return PE_OK;
}

uint32_t pe_function_count(const struct pe_directory *directory)
{
    return directory->size / sizeof(struct pe_raw_function);
}

enum pe_error pe_function_at(const struct pe_rva_reader *reader,
                             const struct pe_directory *directory, uint32_t index,
                             struct pe_function *out)
{
    if (index >= pe_function_count(directory))
        return PE_END;
    uint64_t offset = (uint64_t)index * sizeof(struct pe_raw_function);
    return read_function(reader, pe_rva_add(directory->rva, offset), out);
}

static enum pe_error follow_indirection(const struct pe_rva_reader *reader,
                                        const struct pe_function *function, struct pe_function *out)
{
    if ((function->unwind_info.v & INDIRECT_FLAG) == 0) {
        *out = *function;
        return PE_OK;
    }
    struct pe_function target;
    pe_rva entry = { function->unwind_info.v & ~INDIRECT_FLAG };
    enum pe_error error = read_function(reader, entry, &target);
    if (error != PE_OK)
        return error;
    if (target.unwind_info.v & INDIRECT_FLAG)
        return PE_ERROR_UNWIND_CHAIN;
    *out = target;
    return PE_OK;
}

enum pe_error pe_find_function(const struct pe_rva_reader *reader,
                               const struct pe_directory *directory, pe_rva rva,
                               struct pe_function *out)
{
    uint32_t low = 0;
    uint32_t high = pe_function_count(directory);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct pe_function function;
        enum pe_error error = pe_function_at(reader, directory, middle, &function);
        if (error != PE_OK)
            return error;
        if (rva.v < function.begin.v)
            high = middle;
        else if (rva.v >= function.end.v)
            low = middle + 1;
        else
            return follow_indirection(reader, &function, out);
    }
    return PE_ERROR_NOT_FOUND;
}

// What follows the codes, which are padded to an even number of slots.
static enum pe_error read_tail(const struct pe_rva_reader *reader, pe_rva tail,
                               struct pe_unwind_info *info)
{
    if (info->flags & PE_UNWIND_CHAINED)
        return read_function(reader, tail, &info->chained);
    if (info->flags & (PE_UNWIND_HANDLER_EXCEPTION | PE_UNWIND_HANDLER_UNWIND)) {
        info->handler_data = pe_rva_add(tail, sizeof(info->handler.v));
        return reader->read(reader->context, tail, &info->handler.v, sizeof(info->handler.v));
    }
    return PE_OK;
}

enum pe_error pe_get_unwind_info(const struct pe_rva_reader *reader,
                                 const struct pe_function *function, struct pe_unwind_info *out)
{
    struct pe_raw_unwind_info raw;
    enum pe_error error = reader->read(reader->context, function->unwind_info, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    out->version = raw.version_flags & 7;
    out->flags = raw.version_flags >> 3;
    out->prologue_size = raw.prologue_size;
    out->slot_count = raw.slot_count;
    out->frame_register = raw.frame & 15;
    out->frame_offset = (raw.frame >> 4) * 16u;
    out->handler = (pe_rva){ 0 };
    out->handler_data = (pe_rva){ 0 };
    out->chained = (struct pe_function){ 0 };
    if (out->version != 1 && out->version != 2)
        return PE_ERROR_UNWIND_VERSION;
    error = reader->read(reader->context, pe_rva_add(function->unwind_info, sizeof(raw)),
                         out->slots, out->slot_count * sizeof(out->slots[0]));
    if (error != PE_OK)
        return error;
    uint32_t slots = (out->slot_count + 1u) & ~1u;
    return read_tail(reader,
                     pe_rva_add(function->unwind_info, sizeof(raw) + slots * sizeof(out->slots[0])),
                     out);
}

// How many slots the code fills, operand included; 0 if there is no such code.
static uint32_t slots_of(const struct pe_unwind_info *info, unsigned operation, unsigned detail)
{
    switch (operation) {
    case OP_PUSH_NONVOL:
    case OP_ALLOC_SMALL:
    case OP_SET_FPREG:
        return 1;
    case OP_PUSH_MACHFRAME:
        return detail <= 1 ? 1 : 0;
    case OP_ALLOC_LARGE:
        return detail <= 1 ? 2 + detail : 0;
    case OP_SAVE_NONVOL:
    case OP_SAVE_XMM128:
        return 2;
    case OP_SAVE_NONVOL_FAR:
    case OP_SAVE_XMM128_FAR:
        return 3;
    case OP_EPILOG:
        return info->version == 2 ? 1 : 0;
    default:
        return 0;
    }
}

// The operand behind a code: 16 bits scaled, or 32 bits as they are.
static uint32_t operand(const uint16_t *slots, uint32_t slot_count, uint32_t scale)
{
    return slot_count == 2 ? slots[1] * scale : slots[1] | (uint32_t)slots[2] << 16;
}

static void decode(const uint16_t *slots, uint32_t slot_count, struct pe_unwind_code *code)
{
    unsigned detail = slots[0] >> 12;
    *code = (struct pe_unwind_code){ .prologue_offset = slots[0] & 0xff, .reg = (uint8_t)detail };
    switch ((slots[0] >> 8) & 15) {
    case OP_PUSH_NONVOL:
        code->operation = PE_UNWIND_PUSH;
        break;
    case OP_ALLOC_SMALL:
        code->operation = PE_UNWIND_ALLOCATE;
        code->value = detail * 8 + 8;
        break;
    case OP_ALLOC_LARGE:
        code->operation = PE_UNWIND_ALLOCATE;
        code->value = operand(slots, slot_count, 8);
        break;
    case OP_SET_FPREG:
        code->operation = PE_UNWIND_SET_FRAME;
        break;
    case OP_SAVE_NONVOL:
    case OP_SAVE_NONVOL_FAR:
        code->operation = PE_UNWIND_SAVE;
        code->value = operand(slots, slot_count, 8);
        break;
    case OP_SAVE_XMM128:
    case OP_SAVE_XMM128_FAR:
        code->operation = PE_UNWIND_SAVE_XMM;
        code->value = operand(slots, slot_count, 16);
        break;
    case OP_PUSH_MACHFRAME:
        code->operation = PE_UNWIND_MACHINE_FRAME;
        code->value = detail;
        break;
    default:
        code->operation = PE_UNWIND_EPILOGUE;
        code->value = detail << 8 | (slots[0] & 0xff);
        break;
    }
}

enum pe_error pe_next_unwind_code(const struct pe_unwind_info *info, uint32_t *slot,
                                  struct pe_unwind_code *out)
{
    if (*slot >= info->slot_count)
        return PE_END;
    const uint16_t *slots = &info->slots[*slot];
    uint32_t count = slots_of(info, (slots[0] >> 8) & 15, slots[0] >> 12);
    if (count == 0 || count > info->slot_count - *slot)
        return PE_ERROR_UNWIND_CODE;
    decode(slots, count, out);
    *slot += count;
    return PE_OK;
}

enum pe_error pe_primary_function(const struct pe_rva_reader *reader,
                                  const struct pe_function *function, struct pe_function *out)
{
    struct pe_function current = *function;
    for (uint32_t depth = 0; depth < PE_UNWIND_CHAIN_MAX; depth++) {
        struct pe_unwind_info info;
        enum pe_error error = pe_get_unwind_info(reader, &current, &info);
        if (error != PE_OK)
            return error;
        if ((info.flags & PE_UNWIND_CHAINED) == 0) {
            *out = current;
            return PE_OK;
        }
        current = info.chained;
    }
    return PE_ERROR_UNWIND_CHAIN;
}
