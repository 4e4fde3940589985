// SPDX-License-Identifier: MIT
/*
 * Tests that need the machine: KTEST(mm, frames_come_back) { ...; KTEST_CHECK(condition); } run
 * with the boot option ktest (all) or ktest=mm, in a kernel thread, before programs start. A test
 * is named by the fact that it proves.
 */

#pragma once

#include <kernel/compiler.h>

struct ktest {
    const char *subject;
    const char *fact;
    const char *(*run)(void); // NULL: it holds; else the words of the check that did not
};

#define KTEST(subject, fact)                                                                       \
    static const char *ktest_##subject##_##fact(void);                                             \
    static const struct ktest ktest_struct_##subject##_##fact = { #subject, #fact,                 \
                                                                  ktest_##subject##_##fact };      \
    static const struct ktest *const ktest_pointer_##subject##_##fact USED SECTION(".ktests") =    \
        &ktest_struct_##subject##_##fact;                                                          \
    static const char *ktest_##subject##_##fact(void)

#define KTEST_STRINGIFY_(x) #x
#define KTEST_STRINGIFY(x)  KTEST_STRINGIFY_(x)

// Ends the test with the condition's words if it does not hold: this one macro returns, as the
// whole body of a test is a list of such checks.
#define KTEST_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return #condition " (line " KTEST_STRINGIFY(__LINE__) ")";                             \
    } while (0)

#define KTEST_PASS NULL

// Runs the tests that the boot option names; returns how many failed. Prints a line per test and
// "ktest: N passed, N failed".
unsigned ktest_run(const char *subject);
