// SPDX-License-Identifier: MIT
// The registers that the kernel itself never touches: x87, SSE, AVX. Each thread of a program has a
// save area of cpu_features.xsave_size bytes, 64-byte aligned.

#pragma once

#include <kernel/types.h>

// The state in which a Windows program starts: MXCSR 1F80h, x87 control word 27Fh, all else zero.
void fpu_init_area(void *area);

void fpu_save(void *area);
void fpu_load(const void *area);
