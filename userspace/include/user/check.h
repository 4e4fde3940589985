// SPDX-License-Identifier: MIT
/*
 * Checks of programs that test the kernel: each prints one line, `NAME: ok` or `NAME: FAIL ...`, so
 * that a scenario can look for the facts that it cares about. Names say the fact that is proven.
 */

#pragma once

#include <nt/types.h>
#include <stdbool.h>

// Each returns whether the check passed, for checks that only make sense after it.
bool check(const char *name, bool holds);
bool check_status(const char *name, NTSTATUS got, NTSTATUS wanted);
bool check_equal(const char *name, ULONGLONG got, ULONGLONG wanted);

// Prints `PROGRAM: N checks, M failed`; returns M, for use as the exit code.
int check_summary(const char *program);
