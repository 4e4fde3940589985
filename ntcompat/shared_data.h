// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA, the page at 0x7FFE0000 that all processes read (nt/shared_data.h).

#pragma once

#include <kernel/space.h>

// The Windows that we say we are, to every way of asking: 10.0, 22H2.
#define NT_BUILD_NUMBER 19045u

// Ticks of the performance counter per second: 100 ns each.
#define NT_PERFORMANCE_FREQUENCY 10000000

// Where the page lies by which programs read that counter (SystemHypervisorSharedPageInformation);
// programs ask for it.
#define COUNTER_PAGE_ADDRESS 0x7FFE8000ull

// Makes the pages; once, at start.
void shared_data_init(void);

// Brings its times up to now. Context: any but NMI
void shared_data_tick(void);

// Maps both into a new address space. Fails as space_reserve.
status_t shared_data_map(struct address_space *space) MUST_CHECK;
