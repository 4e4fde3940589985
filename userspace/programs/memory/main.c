// SPDX-License-Identifier: MIT
// Checks the services on virtual memory against what Windows documents: their effects, the values
// that they hand back, and their statuses. Exit code: how many checks failed.

#include "memory.h"

#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_allocate();
    test_free();
    test_protect();
    test_query();
    test_placeholder();
    test_access();
    return check_summary("memory");
}
