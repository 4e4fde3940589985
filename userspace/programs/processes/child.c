// SPDX-License-Identifier: MIT
/*
 * The roles of children:
 *
 *   exit N       ends with N
 *   tree DEPTH   starts two children with DEPTH - 1 and waits; ends with 1 + the sum of theirs
 *   handle H     0 if H is a handle here, else the status of asking
 *   console      as handle, for ConsoleHandle; what is no handle is the result
 *   runtime      the length of the C runtime's bytes, plus 1000 if each is its place
 *   arguments    how many arguments there are, and the length of the environment's first entry
 *   spin         computes for ever
 *   crash        reads address 0
 *   threads      starts threads that compute, and returns 9 while they do
 *   wait         sleeps for ever
 */

#include "processes.h"

#include <user/format.h>
#include <user/memory.h>

static NTSTATUS spin(void *argument)
{
    (void)argument;
    for (volatile unsigned i = 0;; i++)
        continue;
    return STATUS_SUCCESS;
}

static int tree(uint64_t depth)
{
    struct child children[2];
    char arguments[] = "tree 0";
    int sum = 1;

    if (depth == 0)
        return sum;
    arguments[5] = (char)('0' + depth - 1);
    for (int i = 0; i < 2; i++) {
        NTSTATUS status = child_start(arguments, 0, 0, &children[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    for (int i = 0; i < 2; i++)
        sum += child_join(&children[i]);
    return sum;
}

static int handle(uint64_t number)
{
    OBJECT_BASIC_INFORMATION basic;

    return NtQueryObject((HANDLE)number, ObjectBasicInformation, &basic, sizeof(basic), NULL);
}

static int runtime(void)
{
    const UNICODE_STRING *data = &current_peb()->ProcessParameters->RuntimeData;
    const UCHAR *bytes = (const UCHAR *)data->Buffer;

    for (USHORT i = 0; i < data->Length; i++)
        if (bytes[i] != (UCHAR)i)
            return data->Length;
    return data->Length + 1000;
}

static int console(LONG_PTR value)
{
    return value > 0 ? handle((uint64_t)value) : (int)value;
}

int run_child(int argc, char **argv)
{
    LARGE_INTEGER for_ever = { .QuadPart = INT64_MIN };
    uint64_t number = 0;

    if (argc < 2 || (argc > 2 && !parse_number(argv[2], UINT64_MAX, &number)))
        return -1;
    if (strcmp(argv[1], "exit") == 0)
        return (int)number;
    if (strcmp(argv[1], "tree") == 0)
        return tree(number);
    if (strcmp(argv[1], "handle") == 0)
        return handle(number);
    if (strcmp(argv[1], "runtime") == 0)
        return runtime();
    if (strcmp(argv[1], "console") == 0)
        return console((LONG_PTR)current_peb()->ProcessParameters->ConsoleHandle);
    if (strcmp(argv[1], "arguments") == 0)
        return argc * 1000 + (int)(current_peb()->ProcessParameters->EnvironmentSize / 2);
    if (strcmp(argv[1], "spin") == 0)
        return spin(NULL);
    if (strcmp(argv[1], "crash") == 0)
        return *(volatile int *)0;
    if (strcmp(argv[1], "threads") == 0) {
        for (int i = 0; i < 3; i++)
            (void)thread_start(spin, NULL);
        return 9;
    }
    if (strcmp(argv[1], "wait") == 0)
        for (;;)
            (void)NtDelayExecution(FALSE, &for_ever);
    return -1;
}
