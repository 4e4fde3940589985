// SPDX-License-Identifier: MIT
// Signalling one object and waiting for another, keyed events that nobody comes to, alerts. Source:
// learn.microsoft.com, SignalObjectAndWait, WaitOnAddress.

#include "sync.h"

#include <user/start.h>

static const LARGE_INTEGER none = { .QuadPart = 0 };

static NTSTATUS signal_and_try(HANDLE signalled, HANDLE waited)
{
    LARGE_INTEGER time = none;

    return NtSignalAndWaitForSingleObject(signalled, waited, FALSE, &time);
}

void test_signal_and_wait(void)
{
    HANDLE event = make_event(SynchronizationEvent, FALSE);
    HANDLE other = make_event(SynchronizationEvent, FALSE);
    HANDLE mutant = NULL, semaphore = NULL, weak = NULL;

    check_status("signal an event and wait for it", signal_and_try(event, event), STATUS_WAIT_0);
    check_status("signal one, wait for the other", signal_and_try(event, other), STATUS_TIMEOUT);
    check_status("the one is signalled", try_wait(event), STATUS_WAIT_0);

    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    check_status("release a mutant and take it", signal_and_try(mutant, mutant), STATUS_WAIT_0);
    check_status("release it", signal_and_try(mutant, event), STATUS_TIMEOUT);
    NtSetEvent(event, NULL);
    check_status("it is not ours any more", signal_and_try(mutant, event), STATUS_MUTANT_NOT_OWNED);
    check_status("then there is no wait", try_wait(event), STATUS_WAIT_0);

    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
    check_status("release a semaphore and take it", signal_and_try(semaphore, semaphore),
                 STATUS_WAIT_0);
    check_status("release it", signal_and_try(semaphore, event), STATUS_TIMEOUT);
    check_status("and once more", signal_and_try(semaphore, event),
                 STATUS_SEMAPHORE_LIMIT_EXCEEDED);

    NtCreateEvent(&weak, EVENT_QUERY_STATE, NULL, NotificationEvent, FALSE);
    check_status("signal without the right", signal_and_try(weak, event), STATUS_ACCESS_DENIED);
    check_status("wait without the right", signal_and_try(event, weak), STATUS_ACCESS_DENIED);
    check_status("signal a thread", signal_and_try(NtCurrentThread(), event),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("signal nothing", signal_and_try(BAD_HANDLE, event), STATUS_INVALID_HANDLE);
    check_status("wait for nothing", signal_and_try(event, BAD_HANDLE), STATUS_INVALID_HANDLE);
    check_status("then nothing is signalled", try_wait(event), STATUS_TIMEOUT);
    NtClose(event);
    NtClose(other);
    NtClose(mutant);
    NtClose(semaphore);
    NtClose(weak);
}

void test_keyed_events(void)
{
    HANDLE event = NULL, weak = NULL;
    LARGE_INTEGER time = none;

    check_status("make a keyed event", NtCreateKeyedEvent(&event, KEYEDEVENT_ALL_ACCESS, NULL, 0),
                 STATUS_SUCCESS);
    check_status("with flags", NtCreateKeyedEvent(&weak, KEYEDEVENT_ALL_ACCESS, NULL, 1),
                 STATUS_INVALID_PARAMETER_4);
    check_status("nobody releases", NtWaitForKeyedEvent(event, &event, FALSE, &time),
                 STATUS_TIMEOUT);
    check_status("nobody waits", NtReleaseKeyedEvent(event, &event, FALSE, &time), STATUS_TIMEOUT);
    check_status("an odd key", NtWaitForKeyedEvent(event, (char *)&event + 1, FALSE, &time),
                 STATUS_INVALID_PARAMETER_1);
    check_status("the event of all", NtWaitForKeyedEvent(NULL, &event, FALSE, &time),
                 STATUS_TIMEOUT);
    check_status("a keyed event cannot be waited for as a whole", try_wait(event),
                 STATUS_ACCESS_DENIED);
    NtCreateKeyedEvent(&weak, KEYEDEVENT_WAKE, NULL, 0);
    check_status("wait without the right", NtWaitForKeyedEvent(weak, &event, FALSE, &time),
                 STATUS_ACCESS_DENIED);
    check_status("release with the right", NtReleaseKeyedEvent(weak, &event, FALSE, &time),
                 STATUS_TIMEOUT);
    check_status("no keyed event", NtWaitForKeyedEvent(NtCurrentProcess(), &event, FALSE, &time),
                 STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(event);
    NtClose(weak);
}

void test_alerts(void)
{
    HANDLE self = current_teb()->ClientId.UniqueThread;
    HANDLE process = current_teb()->ClientId.UniqueProcess;
    LARGE_INTEGER time = none;

    check_status("nobody alerts", NtWaitForAlertByThreadId(NULL, &time), STATUS_TIMEOUT);
    check_status("alert this thread", NtAlertThreadByThreadId(self), STATUS_SUCCESS);
    check_status("and once more", NtAlertThreadByThreadId(self), STATUS_SUCCESS);
    check_status("an alert is kept", NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED);
    check_status("but only one", NtWaitForAlertByThreadId(NULL, &time), STATUS_TIMEOUT);
    check_status("alert nobody", NtAlertThreadByThreadId(NULL), STATUS_INVALID_CID);
    check_status("alert no number", NtAlertThreadByThreadId((HANDLE)0x7FFFFFFC),
                 STATUS_INVALID_CID);
    check_status("alert a process", NtAlertThreadByThreadId(process), STATUS_INVALID_CID);

    // The other kind, which ends alertable waits, has nothing to do with it.
    check_status("alert a thread by its handle", NtAlertThread(NtCurrentThread()), STATUS_SUCCESS);
    check_status("not seen by alerts by id", NtWaitForAlertByThreadId(NULL, &time), STATUS_TIMEOUT);
    check_status("nor by waits that are not alertable", NtDelayExecution(FALSE, &time),
                 STATUS_SUCCESS);
    check_status("an alertable one ends", NtDelayExecution(TRUE, &time), STATUS_ALERTED);
    check_status("once", NtDelayExecution(TRUE, &time), STATUS_SUCCESS);
    NtAlertThread(NtCurrentThread());
    check_status("or is asked for", NtTestAlert(), STATUS_ALERTED);
    check_status("once, too", NtTestAlert(), STATUS_SUCCESS);
}
