// SPDX-License-Identifier: MIT
/*
 * Making processes: what a child is given, what its maker is told, what is refused.
 *
 * Expectations: learn.microsoft.com CreateProcess; traced on Wine 8: how CreateProcess
 * calls NtCreateUserProcess, and STATUS_OBJECT_NAME_NOT_FOUND. The other refusals have not been
 * compared with Windows.
 */

#include "processes.h"

static void test_child(void)
{
    struct child child;
    NTSTATUS status = child_start("exit 77", 0, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, &child);
    PROCESS_BASIC_INFORMATION basic;
    ULONG previous = 9;

    check_status("start a child, suspended", status, STATUS_SUCCESS);
    basic = basic_of(child.process);
    check_status("it has not ended", basic.ExitStatus, STATUS_PENDING);
    check("its id is what the attribute says",
          basic.UniqueProcessId == (ULONG_PTR)child.id.UniqueProcess && basic.UniqueProcessId != 0);
    check("this is its parent",
          basic.InheritedFromUniqueProcessId == (ULONG_PTR)current_teb()->ClientId.UniqueProcess);
    check("it has a PEB", basic.PebBaseAddress != NULL);
    check_equal("the image information names x86-64", child.image.Machine, 0x8664);
    check_status("resume its thread", NtResumeThread(child.thread, &previous), STATUS_SUCCESS);
    check_equal("it was suspended once", previous, 1);
    check_equal("its result is its exit status", (ULONGLONG)child_join(&child), 77);
    check_equal("a status as exit code survives", (ULONG)child_run("exit 0xC0000005"), 0xC0000005);
}

static void test_arguments(void)
{
    ULONG_PTR environment = current_peb()->ProcessParameters->EnvironmentSize / 2;

    check_equal("command line and environment arrive", (ULONGLONG)child_run("arguments 1"),
                3000 + environment);
}

static void test_tree(void)
{
    check_equal("a tree of 31 processes counts itself", (ULONGLONG)child_run("tree 4"), 31);
}

static NTSTATUS start_named(const WCHAR *name, SIZE_T bytes, ULONG attribute, PS_CREATE_INFO *info)
{
    HANDLE process = NULL, thread = NULL;
    struct {
        SIZE_T length;
        PS_ATTRIBUTE attribute;
    } list = { sizeof(list), { attribute, bytes, { .ValuePtr = (PVOID)(ULONG_PTR)name }, NULL } };

    return NtCreateUserProcess(&process, &thread, PROCESS_ALL_ACCESS, THREAD_ALL_ACCESS, NULL, NULL,
                               0, 0, current_peb()->ProcessParameters, info, &list);
}

#define NAMED(text) u##text, sizeof(u##text) - 2

static void test_refused(void)
{
    PS_CREATE_INFO info = { .Size = sizeof(info) };

    check_status("a program that does not exist",
                 start_named(NAMED("\\??\\C:\\nothing.exe"), PS_ATTRIBUTE_IMAGE_NAME, &info),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    check_equal("it failed when the file was opened", info.State, PsCreateFailOnFileOpen);
    check_status("a name that is no path",
                 start_named(NAMED("nothing.exe"), PS_ATTRIBUTE_IMAGE_NAME, NULL),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    check_status("no name",
                 start_named(NAMED("\\??\\C:\\x.exe"), PS_ATTRIBUTE_MEMORY_RESERVE, NULL),
                 STATUS_NOT_IMPLEMENTED);
    check_status("a name at no address",
                 start_named((const WCHAR *)0x10, 20, PS_ATTRIBUTE_IMAGE_NAME, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("no parameters",
                 NtCreateUserProcess((HANDLE *)0x10, (HANDLE *)0x10, PROCESS_ALL_ACCESS,
                                     THREAD_ALL_ACCESS, NULL, NULL, 0, 0, NULL, NULL, NULL),
                 STATUS_INVALID_PARAMETER);
}

void test_create(void)
{
    test_child();
    test_arguments();
    test_tree();
    test_refused();
}
