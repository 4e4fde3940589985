// SPDX-License-Identifier: MIT
// What the parts of the bench program share.

#pragma once

#include <nt/types.h>
#include <stdbool.h>
#include <stdint.h>

#define BATCHES 8
#define PAGE    0x1000ull

uint64_t ticks(void);

// Prints `bench NAME VALUE`: total without overhead, divided by the number of operations.
void report(const char *name, uint64_t total, uint64_t overhead, unsigned operations);

// Measures and reports an operation by itself.
typedef void (*operation)(void *context);
void measure(const char *name, operation run, void *context);

// Pages, views and copies (bench_memory.c).
NTSTATUS measure_memory(void);

// Events, waits, hand-overs between threads, completion ports (bench_waits.c).
NTSTATUS measure_waits(void);

// Threads and processes (bench_threads.c). The program starts itself, as "child".
void measure_threads(void);
