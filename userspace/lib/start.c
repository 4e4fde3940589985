// SPDX-License-Identifier: MIT
// The first instructions of a program. The kernel enters here as if by a call, with the PEB in RCX;
// the name is the one that MinGW's linker takes as the entry point by itself.

#include <user/start.h>

#include <user/command_line.h>
#include <user/services.h>

void exit_process(NTSTATUS status)
{
    for (;;)
        (void)NtTerminateProcess(NtCurrentProcess(), status);
}

// GCC for Windows calls this at the start of every main(), for C++'s constructors. There are none.
void __main(void);

void __main(void) {}

// Memory for the arguments, which live as long as the program.
static void *allocate(SIZE_T size)
{
    PVOID base = NULL;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        exit_process(status);
    return base;
}

__attribute__((noreturn, used)) void mainCRTStartup(PEB *peb);

void mainCRTStartup(PEB *peb)
{
    const UNICODE_STRING *line = &peb->ProcessParameters->CommandLine;
    size_t units = line->Length / sizeof(WCHAR);
    size_t pointer_bytes = COMMAND_LINE_POINTERS(units) * sizeof(char *);
    char **argv = allocate(pointer_bytes + COMMAND_LINE_TEXT_BYTES(units));
    char *text = (char *)argv + pointer_bytes;

    exit_process(main(command_line_split(line->Buffer, units, text, argv), argv));
}
