// SPDX-License-Identifier: MIT
// What the files of the handle tables share: the form of an entry.

#pragma once

#include <kernel/handle.h>

#define HANDLE_UNIT 4u // handles are index * 4; index 0 is no handle

// In use: word holds the object's address, attributes and lock. Free: word is 0, and next_free
// links the entry into the stack of free ones. Reserved: word is 0, and the entry is nobody else's.
struct handle_entry {
    uint64_t word; // atomic
    union {
        uint32_t access;
        uint32_t next_free; // index; 0 ends the stack
    };
    uint32_t unused;
};

#define ENTRY_ATTRIBUTES 3u // enum handle_attributes
#define ENTRY_LOCKED     4u
#define ENTRY_FLAGS      15u
#define LEAF_ENTRIES     (PAGE_SIZE / sizeof(struct handle_entry))

static_assert(sizeof(struct handle_entry) == 16, "a leaf is a page of them");
static_assert(_Alignof(struct object) > ENTRY_FLAGS, "the flags lie below the address");

// The entry with this index, which is below the table's limit.
static ALWAYS_INLINE struct handle_entry *handle_entry_at(const struct handle_table *table,
                                                          uint32_t index)
{
    struct handle_entry **leaves = __atomic_load_n(&table->leaves, __ATOMIC_RELAXED);
    return &leaves[index / LEAF_ENTRIES][index % LEAF_ENTRIES];
}

static ALWAYS_INLINE struct object *entry_object(uint64_t word)
{
    return (struct object *)(word & ~(uint64_t)ENTRY_FLAGS);
}

// Makes an entry available again.
void handle_push_free(struct handle_table *table, uint32_t index);

// Closes all that are open, protected or not.
void handle_close_all(struct handle_table *table);
