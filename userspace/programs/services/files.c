// SPDX-License-Identifier: MIT
// Handles, reading and writing, and the services with effects outside of the program, as far as a
// test can use them without ending.

#include "services.h"

#include <user/memory.h>
#include <user/print.h>

static NTSTATUS write(HANDLE file, IO_STATUS_BLOCK *io, const void *bytes, ULONG length)
{
    return NtWriteFile(file, NULL, NULL, NULL, io, (PVOID)bytes, length, NULL, NULL);
}

static NTSTATUS read(HANDLE file, IO_STATUS_BLOCK *io, void *buffer, ULONG length)
{
    return NtReadFile(file, NULL, NULL, NULL, io, buffer, length, NULL, NULL);
}

static void test_write(void)
{
    static const char line[] = "written by NtWriteFile\n";
    IO_STATUS_BLOCK io = { { .Pointer = (PVOID)~0ull }, 99 };
    PVOID bad = (PVOID)0xFFFF800000000000;

    check_status("write a line", write(standard_output(), &io, line, sizeof(line) - 1),
                 STATUS_SUCCESS);
    check_status("the status block says so", io.Status, STATUS_SUCCESS);
    check_equal("it counts the bytes", io.Information, sizeof(line) - 1);
    check_status("write nothing", write(standard_output(), &io, line, 0), STATUS_SUCCESS);
    check_equal("that is 0 bytes", io.Information, 0);
    check_status("write from nowhere", write(standard_output(), &io, bad, 1),
                 STATUS_ACCESS_VIOLATION);
    check_status("write from a buffer that ends nowhere",
                 write(standard_output(), &io, line, 0xFFFFFFFF), STATUS_ACCESS_VIOLATION);
    check_status("write with a bad status block", write(standard_output(), bad, line, 1),
                 STATUS_ACCESS_VIOLATION);
    check_status("write to a handle of nothing", write(BAD_HANDLE, &io, line, 1),
                 STATUS_INVALID_HANDLE);
    check("write to standard input", !NT_SUCCESS(write(standard_input(), &io, line, 1)));
}

static void test_read(void)
{
    IO_STATUS_BLOCK io;
    char byte;

    check_status("read into the kernel", read(standard_input(), &io, (PVOID)0xFFFF800000000000, 1),
                 STATUS_ACCESS_VIOLATION);
    check_status("read with a bad status block", read(standard_input(), NULL, &byte, 1),
                 STATUS_ACCESS_VIOLATION);
    check_status("read from a handle of nothing", read(BAD_HANDLE, &io, &byte, 1),
                 STATUS_INVALID_HANDLE);
    check_status("read from a process", read(NtCurrentProcess(), &io, &byte, 1),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check("read from standard output", !NT_SUCCESS(read(standard_output(), &io, &byte, 1)));
}

static LONG state_of(HANDLE event)
{
    EVENT_BASIC_INFORMATION information = { .EventState = -1 };

    NtQueryEvent(event, EventBasicInformation, &information, sizeof(information), NULL);
    return information.EventState;
}

// An event is reset when an operation begins and set when it is done.
static void test_events(void)
{
    static const char line[] = "written with an event\n";
    IO_STATUS_BLOCK io;
    HANDLE event;

    if (!check_status("an event, set",
                      NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, true),
                      STATUS_SUCCESS))
        return;
    check_status("read nothing at all, into nowhere",
                 NtReadFile(standard_input(), event, NULL, NULL, &io, NULL, 1, NULL, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_equal("what is refused leaves the event alone", (ULONG)state_of(event), 1);
    NtResetEvent(event, NULL);
    check_status("write with it",
                 NtWriteFile(standard_output(), event, NULL, NULL, &io, (PVOID)line,
                             sizeof(line) - 1, NULL, NULL),
                 STATUS_SUCCESS);
    check_equal("it is set", (ULONG)state_of(event), 1);
    check_status("with a file for an event",
                 NtWriteFile(standard_output(), standard_output(), NULL, NULL, &io, (PVOID)line, 1,
                             NULL, NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status(
        "with a handle of nothing for an event",
        NtWriteFile(standard_output(), BAD_HANDLE, NULL, NULL, &io, (PVOID)line, 1, NULL, NULL),
        STATUS_INVALID_HANDLE);
    NtClose(event);
}

static void test_close(void)
{
    check_status("close a handle of nothing", NtClose(BAD_HANDLE), STATUS_INVALID_HANDLE);
    check_status("close no handle", NtClose(NULL), STATUS_INVALID_HANDLE);
    check_status("close this process's own handle", NtClose(NtCurrentProcess()), STATUS_SUCCESS);

    // Standard error is not needed any more; nothing is written to it from here on.
    check_status("close standard error", NtClose(standard_error()), STATUS_SUCCESS);
    check_status("close it again", NtClose(standard_error()), STATUS_INVALID_HANDLE);
}

// Windows wants privileges for these that an ordinary program lacks.
static void test_effects(void)
{
    static WCHAR text[] = u"services: a line by NtDisplayString\n";
    UNICODE_STRING string = { sizeof(text) - sizeof(WCHAR), sizeof(text), text };
    ULONG response;
    NTSTATUS status = NtDisplayString(&string);

    check("display a line", status == STATUS_SUCCESS || status == STATUS_PRIVILEGE_NOT_HELD);
    status = NtShutdownSystem((SHUTDOWN_ACTION)99);
    check("shut down in an unknown way",
          status == STATUS_INVALID_PARAMETER || status == STATUS_PRIVILEGE_NOT_HELD);
    check_status("a hard error with too many parameters",
                 NtRaiseHardError(STATUS_UNSUCCESSFUL, MAXIMUM_HARDERROR_PARAMETERS + 1, 0, NULL,
                                  OptionOk, &response),
                 STATUS_INVALID_PARAMETER_2);
    check("a hard error with an unknown answer",
          !NT_SUCCESS(NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, 99, &response)));
    check_status("a hard error with no place for the answer",
                 NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, OptionOk, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("end a process that is not there", NtTerminateProcess(BAD_HANDLE, 1),
                 STATUS_INVALID_HANDLE);
    check_status("end all other threads", NtTerminateProcess(NULL, 1), STATUS_SUCCESS);
}

void test_files(void)
{
    test_write();
    test_read();
    test_events();
    test_close();
    test_effects();
}
