// SPDX-License-Identifier: MIT
/*
 * Checks NtQuerySystemInformation(Ex): lengths and refusals of every class that is built, and what
 * the answers say about each other. Expectations: learn.microsoft.com, and
 * traces of programs on Wine 8 for lengths.
 */

#include "system_information.h"

_Alignas(16) char buffer[BUFFER_SIZE];

ULONG processor_count(void)
{
    SYSTEM_BASIC_INFORMATION basic = { 0 };

    (void)NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), NULL);
    return (UCHAR)basic.NumberOfProcessors;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_lengths();
    test_machine();
    test_processors();
    test_processes();
    test_handles();
    return check_summary("system_information");
}
