// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationThread: what it says of this thread and of another, and what it refuses.
 *
 * Expectations: learn.microsoft.com GetThreadTimes, GetThreadDescription; traced on Wine 8:
 * lengths, and STATUS_BUFFER_TOO_SMALL for a name without room
 */

#include "threads.h"

static volatile LONG must_end;

static NTSTATUS compute(void *argument)
{
    (void)argument;
    while (atomic_load(&must_end) == 0)
        __asm__ volatile("pause");
    return STATUS_SUCCESS;
}

static void test_refusals(void)
{
    THREAD_BASIC_INFORMATION basic;
    HANDLE self = NtCurrentThread();

    check_status(
        "too little room for the basics",
        NtQueryInformationThread(self, ThreadBasicInformation, &basic, sizeof(basic) - 1, NULL),
        STATUS_INFO_LENGTH_MISMATCH);
    check_status(
        "too much room",
        NtQueryInformationThread(self, ThreadBasicInformation, &basic, sizeof(basic) + 1, NULL),
        STATUS_INFO_LENGTH_MISMATCH);
    check_status("a class that does not exist",
                 NtQueryInformationThread(self, (THREADINFOCLASS)9999, &basic, sizeof(basic), NULL),
                 STATUS_INVALID_INFO_CLASS);
    check_status("no thread's handle",
                 NtQueryInformationThread(NtCurrentProcess(), ThreadBasicInformation, &basic,
                                          sizeof(basic), NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status(
        "nowhere to write",
        NtQueryInformationThread(self, ThreadBasicInformation, (PVOID)0x10, sizeof(basic), NULL),
        STATUS_ACCESS_VIOLATION);
}

static ULONG number_of(HANDLE thread, THREADINFOCLASS kind)
{
    ULONG number = 0xFFFFFFFF;

    (void)NtQueryInformationThread(thread, kind, &number, sizeof(number), NULL);
    return number;
}

static ULONGLONG cpu_time(HANDLE thread)
{
    KERNEL_USER_TIMES times = { 0 };

    (void)NtQueryInformationThread(thread, ThreadTimes, &times, sizeof(times), NULL);
    return (ULONGLONG)(times.UserTime.QuadPart + times.KernelTime.QuadPart);
}

static void test_times(HANDLE thread)
{
    KERNEL_USER_TIMES times = { 0 };
    THREAD_CYCLE_TIME_INFORMATION cycles = { 0 };
    LARGE_INTEGER now;

    check_status("ask for times",
                 NtQueryInformationThread(thread, ThreadTimes, &times, sizeof(times), NULL),
                 STATUS_SUCCESS);
    (void)NtQuerySystemTime(&now);
    check("it was made not long ago", times.CreateTime.QuadPart <= now.QuadPart &&
                                          now.QuadPart - times.CreateTime.QuadPart < 600000000);
    check_equal("it has not ended", (ULONGLONG)times.ExitTime.QuadPart, 0);
    ULONGLONG before = cpu_time(thread);
    while (cpu_time(thread) < before + 100000)
        (void)NtYieldExecution();
    check("the time of a thread that computes grows", true);
    check_status("ask for cycles",
                 NtQueryInformationThread(thread, ThreadCycleTime, &cycles, sizeof(cycles), NULL),
                 STATUS_SUCCESS);
    check("it has used some", cycles.AccumulatedCycles > 0);
}

static void test_name(void)
{
    static const WCHAR text[] = u"a thread's name";
    struct {
        THREAD_NAME_INFORMATION name;
        WCHAR text[32];
    } buffer;
    THREAD_NAME_INFORMATION name = { { sizeof(text) - 2, sizeof(text), (PWSTR)(ULONG_PTR)text } };
    ULONG length = 0;
    HANDLE self = NtCurrentThread();

    check_status(
        "a thread has no name at first",
        NtQueryInformationThread(self, ThreadNameInformation, &buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    check_equal("so it is empty", buffer.name.ThreadName.Length, 0);
    check_status("give it one",
                 NtSetInformationThread(self, ThreadNameInformation, &name, sizeof(name)),
                 STATUS_SUCCESS);
    check_status("ask how long it is",
                 NtQueryInformationThread(self, ThreadNameInformation, NULL, 0, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_equal("as long as the structure and the text", length,
                sizeof(THREAD_NAME_INFORMATION) + sizeof(text) - 2);
    check_status(
        "read it",
        NtQueryInformationThread(self, ThreadNameInformation, &buffer, sizeof(buffer), &length),
        STATUS_SUCCESS);
    check("it is what was set", buffer.name.ThreadName.Length == sizeof(text) - 2 &&
                                    buffer.name.ThreadName.Buffer == buffer.text &&
                                    buffer.text[0] == u'a' && buffer.text[14] == u'e');
}

static void test_teb(void)
{
    NT_TIB tib = { 0 };
    THREAD_TEB_INFORMATION request = { &tib, 0, sizeof(tib) };

    check_status("read a part of the TEB",
                 NtQueryInformationThread(NtCurrentThread(), ThreadTebInformation, &request,
                                          sizeof(request), NULL),
                 STATUS_SUCCESS);
    check("it is the TEB's", tib.Self == &current_teb()->NtTib);
    request.TebOffset = sizeof(TEB) - 4;
    check_status("more than there is",
                 NtQueryInformationThread(NtCurrentThread(), ThreadTebInformation, &request,
                                          sizeof(request), NULL),
                 STATUS_INVALID_PARAMETER);
}

void test_query(void)
{
    HANDLE self = NtCurrentThread();

    test_refusals();
    test_name();
    test_teb();
    check_equal("this is the last thread", number_of(self, ThreadAmILastThread), 1);
    check_equal("nothing is pending", number_of(self, ThreadIsIoPending), 0);
    check_equal("it is not critical", number_of(self, ThreadBreakOnTermination), 0);

    HANDLE thread = thread_start(compute, NULL);
    check_equal("now it is not the last", number_of(self, ThreadAmILastThread), 0);
    check_equal("the other has not ended", number_of(thread, ThreadIsTerminated), 0);
    test_times(thread);
    atomic_store(&must_end, 1);
    while (number_of(thread, ThreadIsTerminated) == 0)
        (void)NtYieldExecution();
    check("it has ended", true);
    check_equal("this is the last one again", number_of(self, ThreadAmILastThread), 1);
    (void)thread_join(thread);
}
