// SPDX-License-Identifier: MIT
// What the files of this program share.

#pragma once

#include <nt/status.h>
#include <user/check.h>
#include <user/exception.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

// What enter_context returns when the context was loaded and its RIP was context_landing.
#define LANDED 0x4C414E44

/*
 * Loads a context by NtContinue. Returns the service's status if that refuses it; LANDED if the
 * program went on at context_landing, from where everything is as before again, whatever RSP and
 * flags were; and `landing` tells what they were.
 */
ULONG enter_context(CONTEXT *context);
extern const char context_landing[];

extern struct landing {
    ULONGLONG saved_rsp; // enter_context's own
    ULONGLONG rsp, flags, rax, r15;
    ULONG cs, ss, mxcsr, control_word;
    UCHAR ymm0[32]; // the upper half only with AVX
} landing;

// A context that goes to context_landing; ContextFlags are CONTROL and INTEGER.
CONTEXT landing_context(void);

// A CONTEXT with its extension, as RtlInitializeExtendedContext lays it out.
struct extended_context {
    CONTEXT context;
    CONTEXT_EX places;
    ULONGLONG unused;
    XSTATE xstate;
    UCHAR components[0xC00];
};
void init_extended_context(struct extended_context *context, ULONG flags);

void test_forged(void);
void test_xstate(void);
void test_debug_registers(void);
void test_groups(void);
void test_threads(void);
int random_contexts(ULONGLONG seed, unsigned rounds);
