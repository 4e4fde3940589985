// SPDX-License-Identifier: MIT
// What the parts of the sync program share. One thread is enough for all of them: what an object
// does to the threads that wait for it is the matter of programs/waits.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define BAD_HANDLE ((HANDLE)0x7654)

void test_events(void);
void test_mutants(void);
void test_semaphores(void);
void test_signal_and_wait(void);
void test_keyed_events(void);
void test_alerts(void);

// Waits without waiting.
static inline NTSTATUS try_wait(HANDLE handle)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    return NtWaitForSingleObject(handle, FALSE, &none);
}

static inline HANDLE make_event(EVENT_TYPE type, BOOLEAN state)
{
    HANDLE event = NULL;

    check_status("make an event", NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, type, state),
                 STATUS_SUCCESS);
    return event;
}
