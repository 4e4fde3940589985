// SPDX-License-Identifier: MIT
/*
 * NtSetInformationThread: priorities, processors, thread-local storage.
 *
 * Expectations: learn.microsoft.com "Scheduling Priorities", SetThreadAffinityMask, TlsFree
 */

#include "threads.h"

static NTSTATUS set(THREADINFOCLASS kind, const void *value, ULONG size)
{
    return NtSetInformationThread(NtCurrentThread(), kind, (PVOID)(ULONG_PTR)value, size);
}

static void test_priority(void)
{
    static const struct {
        LONG relative;
        LONG priority;
    } steps[] = { { 2, 10 }, { -2, 6 }, { 15, 15 }, { -15, 1 }, { 0, 8 } };
    bool right = true;
    LONG wrong = 3;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        right &= set(ThreadBasePriority, &steps[i].relative, sizeof(LONG)) == STATUS_SUCCESS;
        THREAD_BASIC_INFORMATION basic = basic_of(NtCurrentThread());
        right &= basic.BasePriority == steps[i].relative;
        right &= basic.Priority >= steps[i].priority;
    }
    check("priorities relative to the process'", right);
    check_status("one that does not exist", set(ThreadBasePriority, &wrong, sizeof(wrong)),
                 STATUS_INVALID_PARAMETER);
    check_status("a wrong length", set(ThreadBasePriority, &wrong, 8), STATUS_INFO_LENGTH_MISMATCH);
    wrong = 32;
    check_status("a priority above all", set(ThreadPriority, &wrong, sizeof(wrong)),
                 STATUS_INVALID_PARAMETER);
}

// Runs on each processor in turn and looks where it is.
static void test_affinity(void)
{
    KAFFINITY all = basic_of(NtCurrentThread()).AffinityMask;
    ULONG processors = current_peb()->NumberOfProcessors;
    bool right = true;
    KAFFINITY none = 0, too_many = ~0ull;
    PROCESSOR_NUMBER number = { 0 };

    check_equal("a thread may run on every processor", all, (1ull << processors) - 1);
    for (ULONG i = 0; i < processors; i++) {
        KAFFINITY one = 1ull << i;
        right &= set(ThreadAffinityMask, &one, sizeof(one)) == STATUS_SUCCESS;
        right &= (ULONG)NtGetCurrentProcessorNumber() == i;
        (void)NtGetCurrentProcessorNumberEx(&number);
        right &= number.Number == i && number.Group == 0;
    }
    check("a thread runs where its affinity says", right);
    check_status("it may run nowhere", set(ThreadAffinityMask, &none, sizeof(none)),
                 STATUS_INVALID_PARAMETER);
    check_status("processors that do not exist",
                 set(ThreadAffinityMask, &too_many, sizeof(too_many)), STATUS_INVALID_PARAMETER);
    check_status("everywhere again", set(ThreadAffinityMask, &all, sizeof(all)), STATUS_SUCCESS);
}

static volatile LONG stage;
static volatile PVOID seen_low, seen_high;

static NTSTATUS keep_slots(void *argument)
{
    static PVOID expansion[1024];

    (void)argument;
    expansion[3] = (PVOID)1;
    current_teb()->TlsSlots[7] = (PVOID)1;
    current_teb()->TlsExpansionSlots = expansion;
    atomic_store(&stage, 1);
    while (atomic_load(&stage) != 2)
        (void)NtYieldExecution();
    seen_low = current_teb()->TlsSlots[7];
    seen_high = expansion[3];
    return STATUS_SUCCESS;
}

static void test_tls(void)
{
    ULONG low = 7, high = 64 + 3, wrong = 64 + 1024;
    HANDLE thread = thread_start(keep_slots, NULL);

    while (atomic_load(&stage) != 1)
        (void)NtYieldExecution();
    current_teb()->TlsSlots[7] = (PVOID)1;
    check_status("zero a slot of all threads", set(ThreadZeroTlsCell, &low, sizeof(low)),
                 STATUS_SUCCESS);
    check_status("and one of the expansion", set(ThreadZeroTlsCell, &high, sizeof(high)),
                 STATUS_SUCCESS);
    check_status("a slot beyond", set(ThreadZeroTlsCell, &wrong, sizeof(wrong)),
                 STATUS_INVALID_PARAMETER);
    atomic_store(&stage, 2);
    (void)thread_join(thread);
    check("it is zero here", current_teb()->TlsSlots[7] == NULL);
    check("and there", seen_low == NULL && seen_high == NULL);
}

static void test_flags(void)
{
    ULONG one = 1, zero = 0;
    BOOLEAN hidden = 2;
    POWER_THROTTLING_THREAD_STATE throttling = { 1, 1, 1 }, back = { 0 };

    check_status("disable the boost", set(ThreadPriorityBoost, &one, sizeof(one)), STATUS_SUCCESS);
    (void)NtQueryInformationThread(NtCurrentThread(), ThreadPriorityBoost, &zero, sizeof(zero),
                                   NULL);
    check_equal("it is", zero, 1);
    check_status("hide from debuggers", set(ThreadHideFromDebugger, NULL, 0), STATUS_SUCCESS);
    (void)NtQueryInformationThread(NtCurrentThread(), ThreadHideFromDebugger, &hidden,
                                   sizeof(hidden), NULL);
    check_equal("it is hidden", hidden, 1);
    check_status("throttle", set(ThreadPowerThrottlingState, &throttling, sizeof(throttling)),
                 STATUS_SUCCESS);
    (void)NtQueryInformationThread(NtCurrentThread(), ThreadPowerThrottlingState, &back,
                                   sizeof(back), NULL);
    check("it is remembered", back.ControlMask == 1 && back.StateMask == 1);
}

void test_set(void)
{
    test_priority();
    test_affinity();
    test_tls();
    test_flags();
}
