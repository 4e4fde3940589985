// SPDX-License-Identifier: MIT
// What the files of this program share.

#pragma once

#include <nt/status.h>
#include <user/check.h>
#include <user/exception.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

// The subjects that one run goes through, in one thread.
void test_codes(void);
void test_registers(void);
void test_handlers(void);
void test_raising(void);
void test_stacks(void);
void test_threads(void);

// Those that end the program.
int end_unhandled(void);
int end_fast_fail(void);
int end_bad_stack(void);
int end_in_dispatcher(void);
int end_overflow(void);
int end_among_exceptions(void);
int end_all_at_once(void);

// Fails, unless there is something at that address.
static inline void write_to(ULONGLONG address)
{
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}
