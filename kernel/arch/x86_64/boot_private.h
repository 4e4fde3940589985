// SPDX-License-Identifier: MIT
// Filling in boot_info, for the readers of each loader's form (start.c).

#pragma once

#include <kernel/types.h>

// Copies text into memory that stays; cut if there is no room left.
const char *boot_keep_text(const char *text);

void boot_keep_command_line(const char *text);
void boot_add_module(const char *name, paddr_t start, uint64_t size);
void boot_add_range(paddr_t start, uint64_t size);

// Keeps physical memory from being handed out.
void boot_reserve(paddr_t start, paddr_t end);
