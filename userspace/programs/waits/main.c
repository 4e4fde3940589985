// SPDX-License-Identifier: MIT
/*
 * Checks waits: for one and several objects, for any and all of them, between threads that race.
 * Every race counts something that must add up, or ends only if no wake-up was lost: a lost one
 * shows as a hang, which the scenario's time limit ends. Exit code: how many checks failed.
 *
 * Source: learn.microsoft.com, WaitForMultipleObjects, KeWaitForMultipleObjects, Mutex Objects,
 * PulseEvent
 */

#include "waits.h"

#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_multiple();
    test_wait_all();
    test_wake_ups();
    test_abandonment();
    test_counting();
    test_alert_locks();
    test_keyed_pairs();
    test_timer_races();
    test_endings();
    return check_summary("waits");
}
