// SPDX-License-Identifier: MIT
// Timer objects, for those who set the clock.

#pragma once

// Timers that were set for a date are set anew. Context: any but NMI.
void nt_timers_clock_was_set(void);
