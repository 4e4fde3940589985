// SPDX-License-Identifier: MIT
// Checks threads: how they begin and end, stop and go on, and what is told about them. Exit code:
// how many checks failed.

#include "threads.h"

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_create();
    test_end();
    test_suspend();
    test_query();
    test_set();
    test_storm();
    return check_summary("threads");
}
