// SPDX-License-Identifier: MIT
/*
 * From an address in the kernel to its function, file and line.
 *
 * The build packs the linked kernel's symbols and line rows into one table (tools/pack_symbols.py)
 * and links it into section .symbols. What is here reads that table in place: no allocation, no
 * recursion, no global state, a few hundred bytes of stack, so that a panic can use it on any
 * stack, before the heap exists and from several CPUs at once. The table is not trusted: a damaged
 * one gives wrong answers or none, but nothing outside it is ever read.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOLS_NAME_SIZE 128
#define SYMBOLS_FILE_SIZE 128

// A prefix code as the table stores it; how to read it stands in symbols/bits.h.
struct symbols_alphabet {
    const uint8_t *length_counts;
    const uint8_t *values;
    uint32_t size;
};

// An opened table. Immutable after symbols_open; the fields belong to symbols/.
struct symbols {
    uint64_t base;
    uint32_t function_count;
    uint32_t block_count;
    const uint8_t *word_groups;
    const uint8_t *blocks;
    const uint8_t *stream;
    uint32_t stream_bits;
    uint32_t files_bit;
    uint32_t end_word;
    uint32_t repeat_word;
    struct symbols_alphabet letters;
    struct symbols_alphabet words;
    struct symbols_alphabet files;
    struct symbols_alphabet rows;
    struct symbols_alphabet lengths;
};

// Strings end in 0; longer ones are cut.
struct symbol_location {
    uint64_t offset;              // of the address, from the function's start
    uint64_t size;                // of the function
    uint32_t line;                // 0: not known, and file is empty then
    char name[SYMBOLS_NAME_SIZE]; // as nm prints it
    char file[SYMBOLS_FILE_SIZE]; // from the repository's root: "kernel/mm/frames.c"
};

/*
 * Opens a table for symbols_find. The table stays where it is and must outlive `symbols`.
 *
 * size     what may be read from `table` on; the table itself may be shorter
 * Fails    false: empty, cut short, of another version, or contradicting itself; `symbols` is not
 *          written
 */
bool symbols_open(struct symbols *symbols, const void *table, size_t size);

/*
 * Finds the function that `address` lies in, and the source line of the instruction there.
 *
 * address  for a return address pass it less 1: a call may be its function's last instruction, and
 *          the line wanted is the call's
 * Fails    false: no function there (padding between two functions counts as none), or the table is
 *          damaged; what `out` holds is then undefined
 * Context  any, panic included; less than 800 bytes of stack besides `out`
 */
bool symbols_find(const struct symbols *symbols, uint64_t address, struct symbol_location *out);
