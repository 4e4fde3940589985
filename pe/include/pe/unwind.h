// SPDX-License-Identifier: MIT
/*
 * The virtual unwinder: given the registers of a thread, gives those of its caller. The memory of
 * the program is reached only through the caller's functions and may be hostile: every step reads a
 * bounded number of bytes, and a step that succeeds has moved the stack pointer up (or crossed a
 * machine frame), so a walk is bounded by its caller's count of frames.
 */

#pragma once

#include <pe/functions.h>

struct pe_unwind_context {
    uint64_t gpr[16]; // by enum pe_register; those a callee need not preserve are left as they are
    uint64_t rip;
};

struct pe_unwind_module {
    uint64_t base;
    uint32_t size;
    struct pe_directory exceptions; // size 0 if it has none
};

struct pe_unwind_memory {
    const void *context;
    // Copies size bytes of the program's memory; false if any of them is not readable.
    bool (*read)(const void *context, uint64_t address, void *to, size_t size);
    // Tells which module holds address; false if none does.
    bool (*find_module)(const void *context, uint64_t address, struct pe_unwind_module *out);
};

enum pe_frame_kind {
    PE_FRAME_NO_MODULE, // the code belongs to no module; taken to be like a leaf
    PE_FRAME_LEAF,      // no unwind information: the stack pointer is at the return address
    PE_FRAME_PROLOGUE,
    PE_FRAME_BODY,
    PE_FRAME_EPILOGUE,
};

struct pe_frame {
    enum pe_frame_kind kind;
    bool is_machine_frame;          // the caller was interrupted here and did not call
    struct pe_unwind_module module; // not for PE_FRAME_NO_MODULE
    struct pe_function function; // only for prologue, body and epilogue; of a chain the first part
    uint64_t establisher;        // what NT calls the establisher frame
    pe_rva handler;              // 0: none
    pe_rva handler_data;
};

/*
 * Undoes one frame.
 *
 * context  in: a thread's registers, rip at the instruction that runs next; out: as they are after
 *          the frame's function has returned. Written only on success
 * frame    may be NULL
 * Fails    PE_ERROR_READ: memory could not be read
 *          PE_ERROR_UNWIND_*, PE_ERROR_DIRECTORY, PE_ERROR_RVA: what the module says is nonsense
 */
enum pe_error pe_unwind_step(const struct pe_unwind_memory *memory,
                             struct pe_unwind_context *context, struct pe_frame *frame);
