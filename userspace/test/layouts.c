// SPDX-License-Identifier: MIT
/*
 * Facts about structures and constants, as a table in the section "facts" of an object that is
 * never linked. Compiled with OURS it tells what the headers in nt/ say, without it what MinGW's
 * headers say, with DDK what MinGW's headers for drivers say about the page that only they have.
 * compare_layouts.py compares the tables.
 */

#ifdef OURS
#include <nt/exception.h>
#include <nt/job.h>
#include <nt/memory.h>
#include <nt/object.h>
#include <nt/process_information.h>
#include <nt/processor_information.h>
#include <nt/shared_data.h>
#include <nt/sync.h>
#include <nt/system.h>
#include <nt/system_information.h>
#include <nt/thread.h>
#elif defined(DDK)
#include <ntddk.h>
#else
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <winternl.h>

#include <ntstatus.h>
#endif
#include <stddef.h>

struct fact {
    char name[60];
    unsigned value;
};

#define SIZE(type)           { "sizeof " #type, (unsigned)sizeof(type) },
#define OFFSET(type, member) { #type "." #member, (unsigned)offsetof(type, member) },
#define VALUE(constant)      { #constant, (unsigned)(constant) },
// The same member under MinGW's own name for it.
#ifdef OURS
#define RENAMED(type, ours, theirs) { #type "." #ours, (unsigned)offsetof(type, ours) },
#else
#define RENAMED(type, ours, theirs) { #type "." #ours, (unsigned)offsetof(type, theirs) },
#endif
#ifdef OURS
#define STATUS(name, value, words) { #name, (unsigned)(value) },
#else
#define STATUS(name, value, words) { #name, (unsigned)(name) },
#ifndef STATUS_NOT_SAME_OBJECT // [MS-ERREF] has it, MinGW has not
#define STATUS_NOT_SAME_OBJECT 0xC00001AC
#endif
#ifndef STATUS_REPARSE_POINT_ENCOUNTERED // the same
#define STATUS_REPARSE_POINT_ENCOUNTERED 0xC000050B
#endif
#endif

// clang-format off
__attribute__((used, section("facts"))) static const struct fact facts[] = {
#ifndef DDK
#include <kernel/status.def>
    SIZE(LARGE_INTEGER)
    SIZE(LIST_ENTRY)
    SIZE(GUID)
    SIZE(UNICODE_STRING)
    OFFSET(UNICODE_STRING, MaximumLength)
    OFFSET(UNICODE_STRING, Buffer)
    SIZE(CLIENT_ID)
    SIZE(OBJECT_ATTRIBUTES)
    OFFSET(OBJECT_ATTRIBUTES, ObjectName)
    OFFSET(OBJECT_ATTRIBUTES, Attributes)
    OFFSET(OBJECT_ATTRIBUTES, SecurityDescriptor)
    SIZE(OBJECT_BASIC_INFORMATION)
    OFFSET(OBJECT_BASIC_INFORMATION, PointerCount)
    RENAMED(OBJECT_BASIC_INFORMATION, NameInfoSize, NameInformationLength)
    RENAMED(OBJECT_BASIC_INFORMATION, CreationTime, CreateTime)
    SIZE(OBJECT_TYPE_INFORMATION)
    OFFSET(OBJECT_TYPE_INFORMATION, HighWaterNumberOfObjects)
    OFFSET(OBJECT_TYPE_INFORMATION, GenericMapping)
    OFFSET(OBJECT_TYPE_INFORMATION, ValidAccessMask)
    OFFSET(OBJECT_TYPE_INFORMATION, PoolType)
    SIZE(GENERIC_MAPPING)
    OFFSET(GENERIC_MAPPING, GenericAll)
    VALUE(OBJ_INHERIT) VALUE(OBJ_PERMANENT) VALUE(OBJ_EXCLUSIVE) VALUE(OBJ_CASE_INSENSITIVE)
    VALUE(OBJ_OPENIF) VALUE(OBJ_OPENLINK) VALUE(OBJ_KERNEL_HANDLE)
    VALUE(DELETE) VALUE(READ_CONTROL) VALUE(WRITE_DAC) VALUE(WRITE_OWNER) VALUE(SYNCHRONIZE)
    VALUE(STANDARD_RIGHTS_REQUIRED) VALUE(STANDARD_RIGHTS_READ) VALUE(STANDARD_RIGHTS_ALL)
    VALUE(ACCESS_SYSTEM_SECURITY) VALUE(MAXIMUM_ALLOWED)
    VALUE(GENERIC_READ) VALUE(GENERIC_WRITE) VALUE(GENERIC_EXECUTE) VALUE(GENERIC_ALL)
    VALUE(DUPLICATE_CLOSE_SOURCE) VALUE(DUPLICATE_SAME_ACCESS)
    VALUE(EVENT_MODIFY_STATE) VALUE(EVENT_ALL_ACCESS)
    VALUE(MUTANT_QUERY_STATE) VALUE(MUTANT_ALL_ACCESS)
    VALUE(SEMAPHORE_MODIFY_STATE) VALUE(SEMAPHORE_ALL_ACCESS)
    VALUE(TIMER_QUERY_STATE) VALUE(TIMER_MODIFY_STATE) VALUE(TIMER_ALL_ACCESS)
    VALUE(IO_COMPLETION_MODIFY_STATE) VALUE(IO_COMPLETION_ALL_ACCESS)
    VALUE(MAXIMUM_WAIT_OBJECTS)
    SIZE(IO_STATUS_BLOCK)
    OFFSET(IO_STATUS_BLOCK, Information)
    SIZE(MEMORY_BASIC_INFORMATION)
    OFFSET(MEMORY_BASIC_INFORMATION, AllocationProtect)
    OFFSET(MEMORY_BASIC_INFORMATION, RegionSize)
    OFFSET(MEMORY_BASIC_INFORMATION, State)
    OFFSET(MEMORY_BASIC_INFORMATION, Protect)
    OFFSET(MEMORY_BASIC_INFORMATION, Type)
    VALUE(PAGE_NOACCESS) VALUE(PAGE_READONLY) VALUE(PAGE_READWRITE) VALUE(PAGE_WRITECOPY)
    VALUE(PAGE_EXECUTE) VALUE(PAGE_EXECUTE_READ) VALUE(PAGE_EXECUTE_READWRITE)
    VALUE(PAGE_EXECUTE_WRITECOPY) VALUE(PAGE_GUARD) VALUE(PAGE_NOCACHE) VALUE(PAGE_WRITECOMBINE)
    VALUE(MEM_COMMIT) VALUE(MEM_RESERVE) VALUE(MEM_DECOMMIT) VALUE(MEM_RELEASE) VALUE(MEM_FREE)
    VALUE(MEM_PRIVATE) VALUE(MEM_MAPPED) VALUE(MEM_RESET) VALUE(MEM_TOP_DOWN) VALUE(MEM_IMAGE)
    VALUE(MEM_WRITE_WATCH) VALUE(MEM_PHYSICAL) VALUE(MEM_LARGE_PAGES) VALUE(MEM_4MB_PAGES)
    OFFSET(PEB, BeingDebugged)
    OFFSET(PEB, Ldr)
    OFFSET(PEB, ProcessParameters)
    OFFSET(PEB, AtlThunkSListPtr)
    OFFSET(PEB, AtlThunkSListPtr32)
    OFFSET(PEB, PostProcessInitRoutine)
    OFFSET(PEB, SessionId)
    OFFSET(RTL_USER_PROCESS_PARAMETERS, ImagePathName)
    OFFSET(RTL_USER_PROCESS_PARAMETERS, CommandLine)
    SIZE(PROCESS_BASIC_INFORMATION)
    OFFSET(PROCESS_BASIC_INFORMATION, PebBaseAddress)
    OFFSET(PROCESS_BASIC_INFORMATION, UniqueProcessId)
    VALUE(ProcessBasicInformation) VALUE(ProcessDebugPort) VALUE(ProcessWow64Information)
    VALUE(ProcessImageFileName) VALUE(ProcessDefaultHardErrorMode) VALUE(ProcessPriorityClass)
    VALUE(ProcessPriorityBoost) VALUE(ProcessSessionInformation) VALUE(ProcessDebugFlags)
    VALUE(ProcessImageInformation) VALUE(ProcessThreadStackAllocation)
    VALUE(ProcessImageFileNameWin32) VALUE(ProcessGroupInformation)
    VALUE(ProcessConsoleHostProcess)
    SIZE(VM_COUNTERS)
    OFFSET(VM_COUNTERS, PagefileUsage)
    SIZE(IO_COUNTERS)
    SIZE(QUOTA_LIMITS)
    SIZE(KERNEL_USER_TIMES)
    OFFSET(KERNEL_USER_TIMES, UserTime)
    SIZE(SYSTEM_THREAD_INFORMATION)
    OFFSET(SYSTEM_THREAD_INFORMATION, WaitReason)
    OFFSET(SYSTEM_PROCESS_INFORMATION, HandleCount)
    RENAMED(SYSTEM_PROCESS_INFORMATION, PeakVirtualSize, VirtualMemoryCounters)
    RENAMED(SYSTEM_PROCESS_INFORMATION, ReadOperationCount, IoCounters)
    VALUE(ThreadBasicInformation) VALUE(ThreadQuerySetWin32StartAddress) VALUE(ThreadZeroTlsCell)
    VALUE(ThreadAmILastThread) VALUE(ThreadPriorityBoost) VALUE(ThreadIsIoPending)
    VALUE(ThreadHideFromDebugger)
    SIZE(GROUP_AFFINITY)
    SIZE(PROCESSOR_NUMBER)
    VALUE(THREAD_ALL_ACCESS) VALUE(THREAD_SUSPEND_RESUME) VALUE(THREAD_QUERY_LIMITED_INFORMATION)
    VALUE(PROCESS_ALL_ACCESS) VALUE(PROCESS_SUSPEND_RESUME) VALUE(PROCESS_DUP_HANDLE)
    VALUE(PROCESS_QUERY_LIMITED_INFORMATION) VALUE(JOB_OBJECT_ALL_ACCESS)
    SIZE(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION)
    OFFSET(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, ActiveProcesses)
    SIZE(JOBOBJECT_BASIC_LIMIT_INFORMATION)
    OFFSET(JOBOBJECT_BASIC_LIMIT_INFORMATION, ActiveProcessLimit)
    SIZE(JOBOBJECT_EXTENDED_LIMIT_INFORMATION)
    OFFSET(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, ProcessMemoryLimit)
    OFFSET(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList)
    SIZE(JOBOBJECT_ASSOCIATE_COMPLETION_PORT)
    VALUE(JobObjectBasicLimitInformation) VALUE(JobObjectAssociateCompletionPortInformation)
    VALUE(JobObjectExtendedLimitInformation) VALUE(JobObjectGroupInformation)
    VALUE(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) VALUE(JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)
    VALUE(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO) VALUE(JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS)
    SIZE(NT_TIB)
    OFFSET(NT_TIB, StackLimit)
    OFFSET(NT_TIB, Self)
    OFFSET(TEB, ProcessEnvironmentBlock)
    OFFSET(TEB, TlsSlots)
    OFFSET(TEB, ReservedForOle)
    OFFSET(TEB, TlsExpansionSlots)
    SIZE(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION)
    OFFSET(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION, UserTime)
    SIZE(SYSTEM_INTERRUPT_INFORMATION)
    SIZE(SYSTEM_EXCEPTION_INFORMATION)
    SIZE(SYSTEM_CODEINTEGRITY_INFORMATION)
    SIZE(CACHE_DESCRIPTOR)
    OFFSET(CACHE_DESCRIPTOR, Type)
    SIZE(SYSTEM_LOGICAL_PROCESSOR_INFORMATION)
    OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION, Cache)
    SIZE(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)
    SIZE(PROCESSOR_RELATIONSHIP)
    OFFSET(PROCESSOR_RELATIONSHIP, GroupMask)
    SIZE(NUMA_NODE_RELATIONSHIP)
    OFFSET(CACHE_RELATIONSHIP, CacheSize)
    SIZE(GROUP_RELATIONSHIP)
    SIZE(PROCESSOR_GROUP_INFO)
    VALUE(RelationGroup) VALUE(RelationAll) VALUE(CacheTrace) VALUE(LTP_PC_SMT)
    SIZE(SYSTEM_BASIC_INFORMATION)
    OFFSET(SYSTEM_BASIC_INFORMATION, NumberOfProcessors)
    OFFSET(SYSTEM_PERFORMANCE_INFORMATION, AvailablePages)
    RENAMED(SYSTEM_PERFORMANCE_INFORMATION, CommitLimit, TotalCommitLimit)
    RENAMED(SYSTEM_PERFORMANCE_INFORMATION, DemandZeroCount, DemandZeroFaults)
    RENAMED(SYSTEM_PERFORMANCE_INFORMATION, CcDataPages, DataPages)
    OFFSET(SYSTEM_PERFORMANCE_INFORMATION, SystemCalls)
    VALUE(SystemBasicInformation) VALUE(SystemPerformanceInformation)
    VALUE(SystemTimeOfDayInformation) VALUE(SystemProcessInformation)
    VALUE(SystemProcessorPerformanceInformation) VALUE(SystemInterruptInformation)
    VALUE(SystemExceptionInformation) VALUE(SystemRegistryQuotaInformation)
    VALUE(SystemLookasideInformation)
    SIZE(EXCEPTION_RECORD)
    OFFSET(EXCEPTION_RECORD, ExceptionAddress)
    OFFSET(EXCEPTION_RECORD, ExceptionInformation)
    SIZE(CONTEXT)
    OFFSET(CONTEXT, ContextFlags)
    OFFSET(CONTEXT, SegCs)
    OFFSET(CONTEXT, SegSs)
    OFFSET(CONTEXT, EFlags)
    OFFSET(CONTEXT, Dr0)
    OFFSET(CONTEXT, Rax)
    OFFSET(CONTEXT, Rsp)
    OFFSET(CONTEXT, R15)
    OFFSET(CONTEXT, Rip)
    OFFSET(CONTEXT, FltSave)
    OFFSET(CONTEXT, VectorRegister)
    OFFSET(CONTEXT, LastExceptionFromRip)
    VALUE(CONTEXT_FULL) VALUE(CONTEXT_ALL) VALUE(EXCEPTION_MAXIMUM_PARAMETERS) VALUE(PF_NX_ENABLED)
    VALUE(PF_XMMI64_INSTRUCTIONS_AVAILABLE) VALUE(PF_XSAVE_ENABLED) VALUE(PF_COMPARE_EXCHANGE128)
    VALUE(PF_RDWRFSGSBASE_AVAILABLE) VALUE(PF_FASTFAIL_AVAILABLE)
    VALUE(PF_RDRAND_INSTRUCTION_AVAILABLE) VALUE(PF_RDTSCP_INSTRUCTION_AVAILABLE)
#endif
#if defined(OURS) || defined(DDK)
    // MinGW describes Windows 7 here; what moved since then is left out.
    OFFSET(KUSER_SHARED_DATA, TickCountMultiplier)
    OFFSET(KUSER_SHARED_DATA, InterruptTime)
    OFFSET(KUSER_SHARED_DATA, SystemTime)
    OFFSET(KUSER_SHARED_DATA, TimeZoneBias)
    OFFSET(KUSER_SHARED_DATA, NtSystemRoot)
    OFFSET(KUSER_SHARED_DATA, MaxStackTraceDepth)
    OFFSET(KUSER_SHARED_DATA, TimeZoneId)
    OFFSET(KUSER_SHARED_DATA, NtProductType)
    OFFSET(KUSER_SHARED_DATA, NtMajorVersion)
    OFFSET(KUSER_SHARED_DATA, NtMinorVersion)
    OFFSET(KUSER_SHARED_DATA, ProcessorFeatures)
    OFFSET(KUSER_SHARED_DATA, SystemExpirationDate)
    OFFSET(KUSER_SHARED_DATA, SuiteMask)
    OFFSET(KUSER_SHARED_DATA, ActiveConsoleId)
    OFFSET(KUSER_SHARED_DATA, NumberOfPhysicalPages)
    OFFSET(KUSER_SHARED_DATA, TestRetInstruction)
    OFFSET(KUSER_SHARED_DATA, TickCount)
    OFFSET(KUSER_SHARED_DATA, Cookie)
    OFFSET(KUSER_SHARED_DATA, UserModeGlobalLogger)
    OFFSET(KUSER_SHARED_DATA, ImageFileExecutionOptions)
#endif
};
// clang-format on
