// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA, the page at 0x7FFE0000 that all processes read (nt/shared_data.h).

#pragma once

#include <kernel/space.h>

// Makes the page; once, at start.
void shared_data_init(void);

// Brings its times up to now. Context: any but NMI
void shared_data_tick(void);

// Maps it into a new address space. Fails as space_reserve.
status_t shared_data_map(struct address_space *space) MUST_CHECK;
