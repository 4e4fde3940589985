// SPDX-License-Identifier: MIT
// Checks the services about events, mutants, semaphores, keyed events and alerts: what they accept,
// what they return, what state they leave. Exit code: how many checks failed.

#include "sync.h"

#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_events();
    test_mutants();
    test_semaphores();
    test_signal_and_wait();
    test_keyed_events();
    test_alerts();
    return check_summary("sync");
}
