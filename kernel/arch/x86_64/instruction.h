// SPDX-License-Identifier: MIT
// The few questions about a program's faulting instruction that no status register answers.

#pragma once

#include <arch/trap_frame.h>

// Whether only the kernel may execute it.
bool instruction_is_privileged(const struct trap_frame *frame);

// Whether it is a DIV or IDIV whose divisor is not zero, so that it was the quotient that did not
// fit. A divisor that cannot be read counts as zero.
bool instruction_divides_by_nonzero(const struct trap_frame *frame);
