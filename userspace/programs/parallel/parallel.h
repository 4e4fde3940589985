// SPDX-License-Identifier: MIT
// What the parts of the parallel program share: its subjects, and how they use memory and threads.

#pragma once

#include <nt/memory.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>
#include <user/thread.h>

#define PAGE 0x1000ull

// Threads per test: more than most machines have processors, so that some always wait their turn.
#define THREADS 4

void test_translations(void);
void test_faults(void);
void test_spaces(void);

// Ends the program with a check that failed if memory cannot be had, as no test makes sense then.
char *get_pages(SIZE_T count);
void give_pages(char *pages);
