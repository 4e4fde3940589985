// SPDX-License-Identifier: MIT
/*
 * Checks processes: how they are made, what they inherit, how they end, what is told about them.
 *
 *   processes                 all checks; exit code: how many failed
 *   processes starts COUNT    starts and ends COUNT children; exit code 0: nothing is left of them
 *
 * It starts itself in other roles, which child.c lists.
 */

#include "processes.h"

#include <user/memory.h>
#include <user/print.h>

int main(int argc, char **argv)
{
    uint64_t count;

    if (strcmp(argv[0], "child") == 0)
        return run_child(argc, argv);
    if (argc == 3 && strcmp(argv[1], "starts") == 0 && parse_number(argv[2], 1000000, &count))
        return run_starts((unsigned)count);
    if (argc != 1) {
        print_error("usage: processes [starts COUNT]\n");
        return 2;
    }
    test_create();
    test_handles();
    test_end();
    test_query();
    test_other();
    return check_summary("processes");
}
