// SPDX-License-Identifier: MIT
// Packets of one thread: what is in them, in which order they come, and what is refused.

#include "completion.h"

static LONG depth(HANDLE port)
{
    IO_COMPLETION_BASIC_INFORMATION information = { -1 };

    NtQueryIoCompletion(port, IoCompletionBasicInformation, &information, sizeof(information),
                        NULL);
    return information.Depth;
}

static NTSTATUS try_wait(HANDLE handle)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    return NtWaitForSingleObject(handle, FALSE, &none);
}

static void test_one(HANDLE port)
{
    PVOID key = NULL, context = NULL;
    IO_STATUS_BLOCK block = { 0 };

    check_status("a port without packets", take(port, (ULONG_PTR *)&key, 0), STATUS_TIMEOUT);
    check_status("nor after a while", take(port, (ULONG_PTR *)&key, -2 * MILLISECOND),
                 STATUS_TIMEOUT);
    check_status("it is not signalled", try_wait(port), STATUS_TIMEOUT);
    check_status("post a packet",
                 NtSetIoCompletion(port, (PVOID)11, (PVOID)22, STATUS_PIPE_BROKEN, 33),
                 STATUS_SUCCESS);
    check_equal("one is there", (ULONG)depth(port), 1);
    check_status("the port is signalled", try_wait(port), STATUS_WAIT_0);
    check_status("and stays so", try_wait(port), STATUS_WAIT_0);
    check_status("take it", NtRemoveIoCompletion(port, &key, &context, &block, NULL),
                 STATUS_SUCCESS);
    check("its words come as they were posted", key == (PVOID)11 && context == (PVOID)22 &&
                                                    block.Status == STATUS_PIPE_BROKEN &&
                                                    block.Information == 33);
    check_status("the port is not signalled any more", try_wait(port), STATUS_TIMEOUT);
}

static void test_several(HANDLE port)
{
    FILE_IO_COMPLETION_INFORMATION list[50];
    ULONG count = 0;
    bool in_order = true;

    for (ULONG_PTR i = 0; i < 40; i++)
        post(port, i);
    check_equal("forty are there", (ULONG)depth(port), 40);
    check_status("take fewer than there are",
                 NtRemoveIoCompletionEx(port, list, 7, &count, NULL, FALSE), STATUS_SUCCESS);
    check_equal("that many come", count, 7);
    for (ULONG i = 0; i < 7; i++)
        in_order &= list[i].KeyContext == (PVOID)(ULONG_PTR)i;
    check_status("take more than there are",
                 NtRemoveIoCompletionEx(port, list, 50, &count, NULL, FALSE), STATUS_SUCCESS);
    check_equal("all come", count, 33);
    for (ULONG i = 0; i < 33; i++)
        in_order &= list[i].KeyContext == (PVOID)(ULONG_PTR)(i + 7) &&
                    list[i].ApcContext == (PVOID)(ULONG_PTR)(i + 8) &&
                    list[i].IoStatusBlock.Information == i + 9;
    check("first posted, first taken", in_order);
    LARGE_INTEGER time = { .QuadPart = -MILLISECOND };
    check_status("then none is left", NtRemoveIoCompletionEx(port, list, 50, &count, &time, FALSE),
                 STATUS_TIMEOUT);
}

static void NTAPI do_nothing(PVOID one, PVOID two, PVOID three)
{
    (void)one;
    (void)two;
    (void)three;
}

static void test_alerts(HANDLE port)
{
    FILE_IO_COMPLETION_INFORMATION one;
    ULONG count = 9;
    LARGE_INTEGER time = { .QuadPart = -SECOND };

    NtAlertThread(NtCurrentThread());
    check_status("an alert ends an alertable wait",
                 NtRemoveIoCompletionEx(port, &one, 1, &count, &time, TRUE), STATUS_ALERTED);
    NtQueueApcThread(NtCurrentThread(), (PVOID)do_nothing, NULL, NULL, NULL);
    check_status("so does an APC", NtRemoveIoCompletionEx(port, &one, 1, &count, &time, TRUE),
                 STATUS_USER_APC);
    time.QuadPart = 0;
    NtAlertThread(NtCurrentThread());
    check_status("but not one that is not alertable",
                 NtRemoveIoCompletionEx(port, &one, 1, &count, &time, FALSE), STATUS_TIMEOUT);
    check_status("the alert is still there", NtTestAlert(), STATUS_ALERTED);
}

void test_packets(void)
{
    HANDLE port = NULL;

    check_status("make a port", NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0),
                 STATUS_SUCCESS);
    test_one(port);
    test_several(port);
    test_alerts(port);
    for (ULONG_PTR i = 0; i < 100; i++)
        post(port, i);
    check_status("close a port with packets", NtClose(port), STATUS_SUCCESS);
}

void test_refusals(void)
{
    HANDLE port = make_port(0), weak = NULL;
    FILE_IO_COMPLETION_INFORMATION one;
    IO_COMPLETION_BASIC_INFORMATION information;
    ULONG count;
    ULONG_PTR key;
    LARGE_INTEGER none = { .QuadPart = 0 };

    check_status("take no packets", NtRemoveIoCompletionEx(port, &one, 0, &count, &none, FALSE),
                 STATUS_INVALID_PARAMETER_3);
    check_status("query no class",
                 NtQueryIoCompletion(port, (IO_COMPLETION_INFORMATION_CLASS)1, &information,
                                     sizeof(information), NULL),
                 STATUS_INVALID_INFO_CLASS);
    check_status("query a wrong length",
                 NtQueryIoCompletion(port, IoCompletionBasicInformation, &information, 8, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("post to a thread", post(NtCurrentThread(), 1), STATUS_OBJECT_TYPE_MISMATCH);
    check_status("take from nothing", take(NULL, &key, 0), STATUS_INVALID_HANDLE);
    NtCreateIoCompletion(&weak, IO_COMPLETION_QUERY_STATE, NULL, 0);
    check_status("post without the right", post(weak, 1), STATUS_ACCESS_DENIED);
    check_status("take without the right", take(weak, &key, 0), STATUS_ACCESS_DENIED);
    NtClose(weak);
    NtClose(port);
}
