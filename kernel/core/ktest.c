// SPDX-License-Identifier: MIT
// Runs the tests that need the machine.

#include <kernel/ktest.h>

#include <kernel/log.h>
#include <kernel/string.h>

extern const struct ktest *const ktests_start[], *const ktests_end[];

unsigned ktest_run(const char *subject)
{
    unsigned passed = 0, failed = 0;
    for (const struct ktest *const *pointer = ktests_start; pointer < ktests_end; pointer++) {
        const struct ktest *test = *pointer;
        if (*subject && strcmp(subject, test->subject) != 0)
            continue;
        const char *problem = test->run();
        if (problem) {
            failed++;
            log_raw("ktest: FAIL %s: %s: %s\n", test->subject, test->fact, problem);
        } else {
            passed++;
            log_raw("ktest: ok   %s: %s\n", test->subject, test->fact);
        }
    }
    if (passed + failed == 0) {
        failed++;
        log_raw("ktest: FAIL there is no test of \"%s\"\n", subject);
    }
    log_raw("ktest: %u passed, %u failed\n", passed, failed);
    return failed;
}
