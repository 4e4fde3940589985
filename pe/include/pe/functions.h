// SPDX-License-Identifier: MIT
// The exception directory: which function holds an address, and how its prologue built its frame.
// It is read through a small reader instead of an image, because a crash is explained from the
// memory of the program that crashed, where nobody wants to open images first.

#pragma once

#include <pe/image.h>

// Bytes by RVA: PE_OK and all of them, or an error. pe_image_reader makes one of an image.
struct pe_rva_reader {
    enum pe_error (*read)(const void *context, pe_rva rva, void *to, size_t size);
    const void *context;
};

struct pe_rva_reader pe_image_reader(const struct pe_image *image);

struct pe_function {
    pe_rva begin;
    pe_rva end; // the first byte behind it
    pe_rva unwind_info;
};

#define PE_UNWIND_SLOT_MAX  255u
#define PE_UNWIND_CHAIN_MAX 32u // as in NT

// x86-64's numbering, which the unwind codes use too.
enum pe_register {
    PE_RAX,
    PE_RCX,
    PE_RDX,
    PE_RBX,
    PE_RSP,
    PE_RBP,
    PE_RSI,
    PE_RDI,
    PE_R8,
    PE_R15 = 15,
};

struct pe_unwind_info {
    uint8_t version; // 1 or 2
    uint8_t flags;   // PE_UNWIND_HANDLER_*, PE_UNWIND_CHAINED
    uint8_t prologue_size;
    uint8_t slot_count;
    uint8_t frame_register; // 0: none, the frame is found by RSP
    uint32_t frame_offset;  // bytes: frame register = RSP after the allocations + this
    pe_rva handler;         // 0 without a handler flag
    pe_rva handler_data;
    struct pe_function chained; // only with PE_UNWIND_CHAINED
    uint16_t slots[PE_UNWIND_SLOT_MAX];
};

enum pe_unwind_operation {
    PE_UNWIND_PUSH,          // reg
    PE_UNWIND_ALLOCATE,      // value: bytes; large and small alike
    PE_UNWIND_SET_FRAME,     // frame register was set here
    PE_UNWIND_SAVE,          // reg at frame + value; near and far alike
    PE_UNWIND_SAVE_XMM,      // xmm reg at frame + value
    PE_UNWIND_MACHINE_FRAME, // value: 1 if an error code lies on the stack
    PE_UNWIND_EPILOGUE, // version 2: value as in the slot; describes an epilogue, undoes nothing
};

struct pe_unwind_code {
    enum pe_unwind_operation operation;
    uint8_t prologue_offset; // of the end of the instruction
    uint8_t reg;
    uint32_t value;
};

// How many functions the directory lists.
uint32_t pe_function_count(const struct pe_directory *directory);

// The entry number index. PE_END: no such index; PE_ERROR_DIRECTORY: it ends before it begins.
enum pe_error pe_function_at(const struct pe_rva_reader *reader,
                             const struct pe_directory *directory, uint32_t index,
                             struct pe_function *out);

/*
 * The function that holds rva, found by halving. In a directory that is not sorted this may miss;
 * it still ends, and still returns only a function that holds rva (or the one that it is a part of,
 * where the entry only points to another).
 *
 * Fails    PE_ERROR_NOT_FOUND: a leaf function, or no code at all
 */
enum pe_error pe_find_function(const struct pe_rva_reader *reader,
                               const struct pe_directory *directory, pe_rva rva,
                               struct pe_function *out);

// Fails with PE_ERROR_UNWIND_VERSION, PE_ERROR_RVA or PE_ERROR_READ. The codes are not checked.
enum pe_error pe_get_unwind_info(const struct pe_rva_reader *reader,
                                 const struct pe_function *function, struct pe_unwind_info *out);

/*
 * PE_OK and the code at slot *slot (start at 0), which moves behind it; PE_END after the last. The
 * order is the file's: the last action of the prologue comes first.
 *
 * Fails    PE_ERROR_UNWIND_CODE: unknown, or its operand is cut off
 */
enum pe_error pe_next_unwind_code(const struct pe_unwind_info *info, uint32_t *slot,
                                  struct pe_unwind_code *out);

// Follows the chain from a part of a function to the part that holds its entry.
enum pe_error pe_primary_function(const struct pe_rva_reader *reader,
                                  const struct pe_function *function, struct pe_function *out);
