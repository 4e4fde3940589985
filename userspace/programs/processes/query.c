// SPDX-License-Identifier: MIT
/*
 * What is told about this process, and about one that has ended; what can be set.
 *
 * Expectations: learn.microsoft.com GetProcessTimes, GetProcessMemoryInfo, SetPriorityClass,
 * QueryFullProcessImageName; traced on Wine 8: lengths
 */

#include "processes.h"

static NTSTATUS query(PROCESSINFOCLASS kind, PVOID to, ULONG size, ULONG *length)
{
    return NtQueryInformationProcess(NtCurrentProcess(), kind, to, size, length);
}

static NTSTATUS set(PROCESSINFOCLASS kind, const void *from, ULONG size)
{
    return NtSetInformationProcess(NtCurrentProcess(), kind, (PVOID)(ULONG_PTR)from, size);
}

static void test_memory(void)
{
    VM_COUNTERS_EX memory = { 0 };
    QUOTA_LIMITS quotas;
    IO_COUNTERS io;

    check_status("memory, the long form", query(ProcessVmCounters, &memory, sizeof(memory), NULL),
                 STATUS_SUCCESS);
    check("some is in use", memory.Counters.WorkingSetSize >= 0x1000 &&
                                memory.Counters.PagefileUsage >= 0x1000 &&
                                memory.PrivateUsage == memory.Counters.PagefileUsage);
    check_status("memory, the short form",
                 query(ProcessVmCounters, &memory, sizeof(memory.Counters), NULL), STATUS_SUCCESS);
    check_status("memory, neither form", query(ProcessVmCounters, &memory, 92, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("quotas", query(ProcessQuotaLimits, &quotas, sizeof(quotas), NULL),
                 STATUS_SUCCESS);
    check_status("input and output", query(ProcessIoCounters, &io, sizeof(io), NULL),
                 STATUS_SUCCESS);
}

static void test_names(void)
{
    struct {
        UNICODE_STRING string;
        WCHAR text[200];
    } buffer;
    ULONG length = 0;

    check_status("the image's path",
                 query(ProcessImageFileNameWin32, &buffer, sizeof(buffer), NULL), STATUS_SUCCESS);
    check("lies on drive C", buffer.string.Buffer == buffer.text && buffer.text[0] == u'C' &&
                                 buffer.text[1] == u':' && buffer.text[2] == u'\\');
    check_status("the device's path", query(ProcessImageFileName, &buffer, sizeof(buffer), NULL),
                 STATUS_SUCCESS);
    check("begins with a device", buffer.text[0] == u'\\' && buffer.text[1] == u'D');
    check_status("its length", query(ProcessCommandLineInformation, &buffer, 0, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check("is told", length > sizeof(UNICODE_STRING));
    check_status("the command line",
                 query(ProcessCommandLineInformation, &buffer, sizeof(buffer), NULL),
                 STATUS_SUCCESS);
    check_equal("is the parameters'", buffer.string.Length,
                current_peb()->ProcessParameters->CommandLine.Length);
}

static void test_settings(void)
{
    PROCESS_PRIORITY_CLASS high = { FALSE, PROCESS_PRIORITY_CLASS_HIGH }, wrong = { FALSE, 7 };
    PROCESS_PRIORITY_CLASS normal = { FALSE, PROCESS_PRIORITY_CLASS_NORMAL };
    THREAD_BASIC_INFORMATION thread = { 0 };
    ULONG mode = 0x8003, back = 0;
    KAFFINITY one = 1, none = 0;
    KAFFINITY all = basic_of(NtCurrentProcess()).AffinityMask;

    check_status("a higher class", set(ProcessPriorityClass, &high, sizeof(high)), STATUS_SUCCESS);
    check_equal("gives a higher base priority",
                (ULONGLONG)basic_of(NtCurrentProcess()).BasePriority, 13);
    (void)NtQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &thread,
                                   sizeof(thread), NULL);
    check("to its threads as well", thread.Priority >= 13);
    check_status("a class that does not exist", set(ProcessPriorityClass, &wrong, sizeof(wrong)),
                 STATUS_INVALID_PARAMETER);
    (void)set(ProcessPriorityClass, &normal, sizeof(normal));

    check_status("an error mode", set(ProcessDefaultHardErrorMode, &mode, sizeof(mode)),
                 STATUS_SUCCESS);
    (void)query(ProcessDefaultHardErrorMode, &back, sizeof(back), NULL);
    check_equal("comes back", back, mode);

    check_status("execution flags of a 64-bit program",
                 query(ProcessExecuteFlags, &back, sizeof(back), NULL), STATUS_INVALID_PARAMETER);
    check_status("are not set either", set(ProcessExecuteFlags, &back, sizeof(back)),
                 STATUS_INVALID_PARAMETER);

    check_status("one processor only", set(ProcessAffinityMask, &one, sizeof(one)), STATUS_SUCCESS);
    check_equal("is where it runs", (ULONGLONG)NtGetCurrentProcessorNumber(), 0);
    check_status("no processor", set(ProcessAffinityMask, &none, sizeof(none)),
                 STATUS_INVALID_PARAMETER);
    check_status("all again", set(ProcessAffinityMask, &all, sizeof(all)), STATUS_SUCCESS);
}

static void test_stack(void)
{
    PROCESS_STACK_ALLOCATION_INFORMATION stack = { 0x20000, 0, NULL };
    SIZE_T size = 0;

    check_status("room for a stack", set(ProcessThreadStackAllocation, &stack, sizeof(stack)),
                 STATUS_SUCCESS);
    check("has an address", stack.StackBase != NULL);
    check_status("and can be given back",
                 NtFreeVirtualMemory(NtCurrentProcess(), &stack.StackBase, &size, MEM_RELEASE),
                 STATUS_SUCCESS);
    check_equal("with the size that was asked for", size, 0x20000);
}

static void test_ended(void)
{
    struct child child;
    KERNEL_USER_TIMES times = { 0 };
    VM_COUNTERS memory = { 0 };
    ULONG handles = 99;

    if (!NT_SUCCESS(child_start("exit 5", 0, 0, &child)))
        return;
    (void)NtWaitForSingleObject(child.process, FALSE, NULL);
    check_status(
        "times of a process that has ended",
        NtQueryInformationProcess(child.process, ProcessTimes, &times, sizeof(times), NULL),
        STATUS_SUCCESS);
    check("it began, then ended",
          times.CreateTime.QuadPart > 0 && times.ExitTime.QuadPart >= times.CreateTime.QuadPart);
    check("it has used time", times.KernelTime.QuadPart + times.UserTime.QuadPart > 0);
    (void)NtQueryInformationProcess(child.process, ProcessVmCounters, &memory, sizeof(memory),
                                    NULL);
    check("it had memory, and has none", memory.PeakPagefileUsage > 0 && memory.PagefileUsage == 0);
    (void)NtQueryInformationProcess(child.process, ProcessHandleCount, &handles, sizeof(handles),
                                    NULL);
    check_equal("it has no handles", handles, 0);
    check_equal("its exit status stays", (ULONGLONG)child_join(&child), 5);
}

void test_query(void)
{
    test_memory();
    test_names();
    test_settings();
    test_stack();
    test_ended();
}
