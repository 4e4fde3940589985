// SPDX-License-Identifier: MIT
// What the two entry functions of thunk.exe found, thread by thread.

#pragma once

#include <nt/context.h>
#include <nt/thread.h>
#include <stdbool.h>

// In the order of entry.asm.
struct entry {
    ULONGLONG rax, rcx, rdx, rbx, rbp, rsi, rdi;
    ULONGLONG r8_to_r15[8];
    ULONGLONG rsp, flags;
};

struct seen {
    struct entry thunk; // at LdrInitializeThunk
    struct entry start; // at RtlUserThreadStart
    CONTEXT context;
    TEB teb;                              // before the program has touched it
    ULONGLONG thunk_return, start_return; // what RSP pointed to
    bool stack_was_zero;                  // between the stack's limit and the CONTEXT
    bool is_cleared;
};

// By the number of the thread, which counts from 0 in the order in which they came.
#define SEEN_MAX 8
extern struct seen seen[SEEN_MAX];
extern volatile LONG seen_count;

// Called by entry.asm; they do not return.
__attribute__((noreturn)) void thread_entered(const struct entry *entry);
__attribute__((noreturn)) void thread_begun(const struct entry *entry);

extern const char LdrInitializeThunk[], RtlUserThreadStart[];

void test_first(void);
void test_another(void);
void test_suspended(void);
void test_apcs(void);
void test_stack(void);
