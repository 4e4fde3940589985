// SPDX-License-Identifier: MIT
/*
 * Exceptions as a program meets them: codes and parameters, what the handler sees and may change,
 * handlers that fail, NtRaiseException, the end of the stack. Expectations are Windows' as its
 * documentation and debuggers show them.
 *
 *   exceptions             all that a program survives; exit code: failed checks
 *   exceptions unhandled   a handler declines: the second chance ends the program
 *   exceptions fast-fail   int 29h: no handler is asked
 *   exceptions bad-stack   an exception with RSP where nothing can be written
 *   exceptions dispatcher  every handler fails at once, until the stack is used up
 *   exceptions overflow    a stack overflow whose handler overflows again
 *   exceptions threads     the process ends while its threads handle exceptions; exit code 33
 *   exceptions at-once     all threads crash at the same time
 */

#include "exceptions.h"

#include <user/memory.h>

static const struct ending {
    const char *name;
    int (*run)(void);
} endings[] = {
    { "unhandled", end_unhandled }, { "fast-fail", end_fast_fail },
    { "bad-stack", end_bad_stack }, { "dispatcher", end_in_dispatcher },
    { "overflow", end_overflow },   { "threads", end_among_exceptions },
    { "at-once", end_all_at_once },
};

// What a program starts with.
static void test_start(void)
{
    unsigned short control;
    unsigned mxcsr;

    __asm__("fnstcw %0" : "=m"(control));
    __asm__("stmxcsr %0" : "=m"(mxcsr));
    check_equal("the x87 control word of Windows", control, 0x27F);
    check_equal("the MXCSR of Windows", mxcsr, 0x1F80);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        test_start();
        test_codes();
        test_registers();
        test_handlers();
        test_raising();
        test_threads();
        test_stacks();
        return check_summary("exceptions");
    }
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strcmp(argv[1], endings[i].name) == 0)
            return endings[i].run();
    print_error("usage: exceptions [unhandled|fast-fail|bad-stack|dispatcher|overflow|threads|"
                "at-once]\n");
    return 1;
}
