// SPDX-License-Identifier: MIT
// The snapshot of all processes: its chain, this process in it, and that room decides.

#include "system_information.h"

#include <nt/process_information.h>
#include <user/memory.h>
#include <user/start.h>

// The entry of this process; NULL if the chain leaves the answer or does not have it.
static const SYSTEM_PROCESS_INFORMATION *find_self(ULONG length)
{
    const SYSTEM_PROCESS_INFORMATION *self = NULL;
    ULONG at = 0;

    for (;;) {
        const SYSTEM_PROCESS_INFORMATION *entry = (void *)(buffer + at);
        ULONGLONG size = sizeof(*entry) +
                         entry->NumberOfThreads * (ULONGLONG)sizeof(entry->Threads[0]) +
                         entry->ImageName.MaximumLength;
        if (at % 8 != 0 || size > length - at)
            return NULL;
        if (entry->UniqueProcessId == current_teb()->ClientId.UniqueProcess)
            self = entry;
        if (entry->NextEntryOffset == 0)
            return self;
        if (entry->NextEntryOffset < size || entry->NextEntryOffset > length - at - sizeof(*entry))
            return NULL;
        at += entry->NextEntryOffset;
    }
}

static bool is_named(const UNICODE_STRING *string, const char *text)
{
    if (string->Length != strlen(text) * sizeof(WCHAR) || (char *)string->Buffer < buffer ||
        (char *)string->Buffer >= buffer + BUFFER_SIZE)
        return false;
    for (size_t i = 0; text[i] != 0; i++)
        if (string->Buffer[i] != (WCHAR)text[i])
            return false;
    return true;
}

static void test_self(const SYSTEM_PROCESS_INFORMATION *self)
{
    LARGE_INTEGER now;
    bool is_running = false;

    (void)NtQuerySystemTime(&now);
    check("it has the image's name", is_named(&self->ImageName, "system_information.exe"));
    check("it was made in the past",
          self->CreateTime.QuadPart > 0 && self->CreateTime.QuadPart < now.QuadPart);
    check("it has used time", self->UserTime.QuadPart + self->KernelTime.QuadPart > 0);
    check("it has memory", self->WorkingSetSize > 0 && self->PagefileUsage > 0 &&
                               self->PeakWorkingSetSize >= self->WorkingSetSize);
    check_equal("it is in session 1", self->SessionId, 1);
    check_equal("its base priority is normal", (ULONGLONG)self->BasePriority, 8);
    check("it has handles", self->HandleCount >= 3);
    check("it has a thread", self->NumberOfThreads >= 1);
    for (ULONG i = 0; i < self->NumberOfThreads; i++) {
        const SYSTEM_THREAD_INFORMATION *thread = &self->Threads[i];
        if (thread->ClientId.UniqueThread == current_teb()->ClientId.UniqueThread)
            is_running = thread->ThreadState == KthreadStateRunning;
    }
    check("which runs", is_running);
}

void test_processes(void)
{
    ULONG length, needed;

    check_status("processes: no room", ask(SystemProcessInformation, 0, &needed),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("processes", ask(SystemProcessInformation, BUFFER_SIZE, &length), STATUS_SUCCESS);
    check_equal("as long as was said", length, needed);
    const SYSTEM_PROCESS_INFORMATION *self = find_self(length);
    if (check("the chain holds this process", self != NULL))
        test_self(self);
    check_status("one byte less", ask(SystemProcessInformation, needed - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status(
        "the buffer ends nowhere",
        NtQuerySystemInformation(SystemProcessInformation, (PVOID)0x10, 0xFFFFFFFF, &length),
        STATUS_ACCESS_VIOLATION);
}
