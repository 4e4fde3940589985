// SPDX-License-Identifier: MIT
// The images that MinGW built for the tests; they lie in samples/ beside the test program.

#pragma once

#include <stddef.h>
#include <stdint.h>

// The file's bytes followed by a zero, to be freed; the test fails if there is no such file.
uint8_t *sample_load(const char *name, size_t *size);
