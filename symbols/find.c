// SPDX-License-Identifier: MIT
// Looking an address up: a binary search for its block, then a walk over the block's functions and
// their rows, with a sum of lengths that stops where the address is reached.

#include <symbols/symbols.h>

#include "bits.h"
#include "names.h"
#include "table_format.h"

struct position {
    uint32_t file; // rank
    uint32_t line;
};

// A walk over a block. Addresses count from the table's base; they are 64 bits wide so that no sum
// of a damaged table wraps.
struct walk {
    const struct symbols *symbols;
    struct bit_reader reader;
    struct position recent[TABLE_RECENT_COUNT]; // newest first
    uint64_t address;                           // where the next row or function starts
};

// Makes the position at recent[place], or a new one in its stead, the newest.
static void move_to_front(struct walk *walk, uint32_t place, struct position position)
{
    for (; place > 0; place--)
        walk->recent[place] = walk->recent[place - 1];
    walk->recent[0] = position;
}

// Carries out what a row does to the positions, and says which one it has. Not for ends.
static struct position read_position(struct walk *walk, uint32_t row)
{
    struct position position = { 0, 0 };
    uint32_t place = TABLE_RECENT_COUNT - 1;
    if (row == TABLE_ROW_NO_LINE)
        return position;
    if (row == TABLE_ROW_OTHER_FILE) {
        position.file = read_rank(&walk->reader, &walk->symbols->files);
        position.line = read_plain(&walk->reader);
    } else if (row < TABLE_ROW_STEP) {
        place = row - TABLE_ROW_BACK + 1;
        position = walk->recent[place];
    } else {
        uint32_t zigzag = row - TABLE_ROW_STEP;
        uint32_t difference = zigzag % 2 == 0 ? zigzag / 2 : -(zigzag / 2 + 1);
        position.file = walk->recent[0].file;
        position.line = walk->recent[0].line + difference;
    }
    move_to_front(walk, place, position);
    return position;
}

/*
 * Walks over one function's rows, up to where the next function starts.
 *
 * at       the position at `target`, if a row covers it
 * end      the function's end
 */
static void read_rows(struct walk *walk, uint64_t target, struct position *at, uint64_t *end)
{
    struct position first = { 0, 0 };
    for (bool is_first = true; !walk->reader.failed; is_first = false) {
        uint32_t row = read_number(&walk->reader, &walk->symbols->rows);
        if (row == TABLE_ROW_END_ALIGNED || row == TABLE_ROW_END_GAP) {
            *end = walk->address;
            if (row == TABLE_ROW_END_GAP)
                walk->address += read_plain(&walk->reader);
            else
                walk->address = (walk->address + TABLE_FUNCTION_ALIGNMENT - 1) /
                                TABLE_FUNCTION_ALIGNMENT * TABLE_FUNCTION_ALIGNMENT;
            break;
        }
        struct position position = read_position(walk, row);
        uint64_t start = walk->address;
        walk->address += read_number(&walk->reader, &walk->symbols->lengths);
        if (start <= target && target < walk->address)
            *at = position;
        if (is_first)
            first = walk->recent[0];
    }
    for (uint32_t i = 0; i < TABLE_RECENT_COUNT; i++)
        walk->recent[i] = (struct position){ 0, 0 };
    walk->recent[0] = first;
}

static uint32_t block_start(const struct symbols *symbols, uint32_t block)
{
    return load_u32(symbols->blocks + (size_t)block * TABLE_BLOCK_SIZE);
}

// The last block that starts at or before target; the first if none does.
static uint32_t find_block(const struct symbols *symbols, uint64_t target)
{
    uint32_t low = 0;
    uint32_t high = symbols->block_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (block_start(symbols, middle) <= target)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool fill_location(const struct walk *walk, const struct name *name, struct position at,
                          struct symbol_location *out)
{
    out->line = at.line;
    out->file[0] = 0;
    if (at.line != 0 && !spell_file(walk->symbols, at.file, out->file, sizeof out->file))
        return false;
    return spell_name(walk->symbols, name, out->name, sizeof out->name);
}

bool symbols_find(const struct symbols *symbols, uint64_t address, struct symbol_location *out)
{
    if (address < symbols->base || symbols->block_count == 0)
        return false;
    uint64_t target = address - symbols->base;
    uint32_t block = find_block(symbols, target);
    uint32_t bit = load_u32(symbols->blocks + (size_t)block * TABLE_BLOCK_SIZE + 4);
    if (bit > symbols->stream_bits)
        return false;
    struct walk walk = {
        .symbols = symbols,
        .reader = { .data = symbols->stream, .position = bit, .end = symbols->stream_bits },
        .address = block_start(symbols, block),
    };
    uint32_t left = symbols->function_count - block * TABLE_FUNCTIONS_PER_BLOCK;
    if (left > TABLE_FUNCTIONS_PER_BLOCK)
        left = TABLE_FUNCTIONS_PER_BLOCK;
    struct name name = { .word_count = 0 };
    for (; left > 0 && walk.address <= target; left--) {
        struct position at = { 0, 0 };
        uint64_t start = walk.address;
        uint64_t end = start;
        read_rows(&walk, target, &at, &end);
        if (!read_name(symbols, &walk.reader, &name))
            return false;
        if (target < end) {
            out->offset = target - start;
            out->size = end - start;
            return fill_location(&walk, &name, at, out);
        }
    }
    return false;
}
