// SPDX-License-Identifier: MIT
// Checks everything that a program meets before and beside its memory: where it starts, how it
// enters the kernel, and each service but the memory ones. Exit code: how many checks failed.

#include "services.h"

#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_environment();
    test_entry();
    test_pointers();
    test_queries();
    test_time();
    test_files();
    return check_summary("services");
}
