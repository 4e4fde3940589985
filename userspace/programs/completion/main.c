// SPDX-License-Identifier: MIT
/*
 * Checks completion ports: packets, several at once, and how many threads a port lets run. Exit
 * code: how many checks failed.
 *
 * Source: learn.microsoft.com, I/O Completion Ports, GetQueuedCompletionStatusEx,
 * PostQueuedCompletionStatus
 */

#include "completion.h"

#include <user/exception.h>
#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    use_apc_dispatcher();
    test_packets();
    test_refusals();
    test_threads();
    return check_summary("completion");
}
