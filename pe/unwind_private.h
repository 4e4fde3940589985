// SPDX-License-Identifier: MIT
// What the two halves of the unwinder share: one step on its way, on a copy of the registers.

#pragma once

#include <pe/unwind.h>

struct unwind_walk {
    const struct pe_unwind_memory *memory;
    struct pe_unwind_context registers; // a copy, handed out only when the step succeeds
    struct pe_unwind_module module;
    struct pe_function function; // the part that holds rip
    struct pe_unwind_info info;  // of the part that is being undone
    bool is_machine_frame;
};

// The module's bytes by RVA, from the program's memory; the walk must outlive the reader.
struct pe_rva_reader unwind_reader(const struct unwind_walk *walk);

// Takes the 8 bytes at the stack pointer.
enum pe_error unwind_pop(struct unwind_walk *walk, uint64_t *value);

/*
 * If rip stands in an epilogue, does what is left of it, return included.
 *
 * is_done  out: whether it does; if not, the registers are as before
 */
enum pe_error unwind_epilogue(struct unwind_walk *walk, bool *is_done);
