// SPDX-License-Identifier: MIT
/*
 * Making threads: what a new one finds, what its maker is told, what is refused.
 *
 * Expectations: learn.microsoft.com CreateRemoteThreadEx; traced on Wine 8: the output attributes,
 * STATUS_INVALID_CID for unknown ids. The other refusals have not been compared with Windows.
 */

#include "threads.h"

struct seen {
    TEB *teb;
    void *argument;
    ULONG id;
    ULONG_PTR stack_bytes;
    LONG is_zero;
};

static NTSTATUS look_around(void *argument)
{
    struct seen *seen = argument;
    const TEB *teb = current_teb();
    char here;

    seen->teb = current_teb();
    seen->argument = argument;
    seen->id = current_thread_id();
    seen->is_zero = teb->LastErrorValue == 0 && teb->TlsSlots[5] == NULL && teb->FlsData == NULL &&
                    &here > (char *)teb->NtTib.StackLimit && &here < (char *)teb->NtTib.StackBase;
    current_teb()->TlsSlots[5] = argument; // the next one with this TEB must not see it
    return 77;
}

static void test_first_look(void)
{
    struct seen seen = { 0 };
    HANDLE thread = thread_start(look_around, &seen);
    CLIENT_ID id = basic_of(thread).ClientId;

    check_equal("its result is its exit status", (ULONGLONG)thread_join(thread), 77);
    check("it got its argument", seen.argument == &seen);
    check("its TEB is not this thread's", seen.teb != current_teb());
    check("its TEB names it", (ULONG_PTR)id.UniqueThread == seen.id);
    check("its process is this one", id.UniqueProcess == current_teb()->ClientId.UniqueProcess);
    check("its TEB begins empty and its stack is inside the bounds", seen.is_zero != 0);
    for (int i = 0; i < 20; i++) {
        (void)thread_join(thread_start(look_around, &seen));
        if (!seen.is_zero)
            break;
    }
    check("nor does a later thread find what an earlier one left", seen.is_zero != 0);
}

__attribute__((noreturn)) static void end_at_once(void *argument)
{
    thread_end((NTSTATUS)(ULONG_PTR)argument);
}

static NTSTATUS create(HANDLE *thread, ULONG flags, SIZE_T commit, SIZE_T reserve, void *list)
{
    return NtCreateThreadEx(thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                            (PVOID)(ULONG_PTR)end_at_once, (PVOID)5, flags, 0, commit, reserve,
                            list);
}

static void test_outputs(void)
{
    HANDLE thread = NULL;
    CLIENT_ID id = { 0 };
    TEB *teb = NULL;
    SIZE_T written = 0;
    struct {
        SIZE_T length;
        PS_ATTRIBUTE attributes[2];
    } list = { sizeof(list),
               { { PS_ATTRIBUTE_CLIENT_ID, sizeof(id), { .ValuePtr = &id }, &written },
                 { PS_ATTRIBUTE_TEB_ADDRESS, sizeof(teb), { .ValuePtr = &teb }, NULL } } };

    check_status("a suspended thread with outputs",
                 create(&thread, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0x10000, 0x40000, &list),
                 STATUS_SUCCESS);
    check_equal("the length of the client id came back", written, sizeof(id));
    check("the TEB is complete before the thread runs",
          teb != NULL && teb->NtTib.Self == (NT_TIB *)teb &&
              teb->ClientId.UniqueThread == id.UniqueThread &&
              teb->ProcessEnvironmentBlock == current_peb());
    check_equal("its stack has the size that was asked for",
                (ULONG_PTR)teb->NtTib.StackBase - (ULONG_PTR)teb->DeallocationStack, 0x40000);
    check_equal("and as much committed",
                (ULONG_PTR)teb->NtTib.StackBase - (ULONG_PTR)teb->NtTib.StackLimit, 0x10000);
    check_status("it has not run", basic_of(thread).ExitStatus, STATUS_PENDING);
    ULONG count = 99;
    check_status("resume it", NtResumeThread(thread, &count), STATUS_SUCCESS);
    check_equal("it was suspended once", count, 1);
    check_equal("it ran to its end", (ULONGLONG)thread_join(thread), 5);

    list.attributes[1].Attribute = PS_ATTRIBUTE_CLIENT_ID;
    check_status("the same attribute twice", create(&thread, 0, 0, 0, &list),
                 STATUS_INVALID_PARAMETER);
    list.length = 7;
    check_status("a list that is too short for its length", create(&thread, 0, 0, 0, &list),
                 STATUS_INVALID_PARAMETER);
}

static void test_refused(void)
{
    HANDLE thread = NULL;
    PVOID start = (PVOID)(ULONG_PTR)end_at_once;

    check_status("a process handle of nothing",
                 NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, BAD_HANDLE, start, NULL, 0, 0,
                                  0, 0, NULL),
                 STATUS_INVALID_HANDLE);
    check_status("zero bits that leave no room",
                 NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), start, NULL,
                                  0, 25, 0, 0, NULL),
                 STATUS_INVALID_PARAMETER_3);
    check_status("nowhere to write the handle",
                 create((HANDLE *)0x10, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0, 0, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("a stack larger than memory", create(&thread, 0, 1ull << 50, 0, NULL),
                 STATUS_NO_MEMORY);
}

static void test_open(void)
{
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes) };
    CLIENT_ID id = current_teb()->ClientId;
    HANDLE thread = NULL;

    check_status("open this thread by its id",
                 NtOpenThread(&thread, THREAD_QUERY_INFORMATION, &attributes, &id), STATUS_SUCCESS);
    check("it is this one", basic_of(thread).TebBaseAddress == current_teb());
    check_status("the handle does not allow more than was asked for", NtSuspendThread(thread, NULL),
                 STATUS_ACCESS_DENIED);
    (void)NtClose(thread);
    id.UniqueProcess = NULL;
    check_status("by the thread's id alone",
                 NtOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id), STATUS_SUCCESS);
    (void)NtClose(thread);
    id.UniqueThread = (HANDLE)0xFFFFFFFC;
    check_status("an id of no thread", NtOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id),
                 STATUS_INVALID_CID);
    id = current_teb()->ClientId;
    id.UniqueThread = id.UniqueProcess;
    check_status("a process' id", NtOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id),
                 STATUS_INVALID_CID);
    check_status("no id", NtOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL),
                 STATUS_INVALID_PARAMETER_MIX);
}

static void test_next(void)
{
    ULONG is_last = 0;

    // Threads that could not be handed over are ending still.
    while (is_last == 0)
        (void)NtYieldExecution(),
            (void)NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &is_last,
                                           sizeof(is_last), NULL);
    HANDLE waiting = thread_start_suspended(look_around, &(struct seen){ 0 });
    HANDLE first = NULL, second = NULL, third = NULL;
    HANDLE self = NtCurrentProcess();

    check_status("the first thread",
                 NtGetNextThread(self, NULL, THREAD_QUERY_INFORMATION, 0, 0, &first),
                 STATUS_SUCCESS);
    check("is this one", basic_of(first).TebBaseAddress == current_teb());
    check_status("the second thread",
                 NtGetNextThread(self, first, THREAD_QUERY_INFORMATION, 0, 0, &second),
                 STATUS_SUCCESS);
    check("is the new one",
          basic_of(second).ClientId.UniqueThread == basic_of(waiting).ClientId.UniqueThread);
    check_status("there is no third",
                 NtGetNextThread(self, second, THREAD_QUERY_INFORMATION, 0, 0, &third),
                 STATUS_NO_MORE_ENTRIES);
    (void)NtClose(first);
    (void)NtClose(second);
    (void)NtResumeThread(waiting, NULL);
    (void)thread_join(waiting);
}

void test_create(void)
{
    test_first_look();
    test_outputs();
    test_refused();
    test_open();
    test_next();
}
