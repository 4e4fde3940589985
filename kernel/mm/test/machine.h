// SPDX-License-Identifier: MIT
/*
 * A machine for the tests of frames, heap and address spaces (host.h has the smaller things): RAM,
 * locks that only note that they are held, and page tables as one sorted list of entries.
 */

#pragma once

#include "host.h"

#include <kernel/types.h>

// Gives the machine ram_size bytes of RAM (twice is a fresh start) and brings frames up.
void machine_boot(uint64_t ram_size);

// Takes all free frames but `left`; machine_return_frames gives them back.
void machine_take_frames(uint64_t left);
void machine_return_frames(void);

// What the processor would do: reads or writes a byte as user mode, faulting pages in. Returns the
// status of the fault that it could not get past.
struct address_space;
status_t machine_read(struct address_space *space, vaddr_t address, uint8_t *value);
status_t machine_write(struct address_space *space, vaddr_t address, uint8_t value);

// From now on the n-th new entry has no memory for its table; negative: never.
extern long machine_entries_left;

// How many entries there are in all address spaces.
size_t machine_entry_count(void);

// The limit of the stack that the last fault reported.
extern vaddr_t machine_stack_limit;
