// SPDX-License-Identifier: MIT
/*
 * Copies standard input to standard output, byte for byte, until the input ends.
 *
 *   cat              to standard output
 *   cat --stderr     to standard error
 *
 * Exit code 0, 1 for a wrong argument, or the status of the read or write that failed.
 */

#include <nt/status.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

int main(int argc, char **argv)
{
    static char buffer[0x10000];
    HANDLE to = standard_output();

    if (argc == 2 && strcmp(argv[1], "--stderr") == 0) {
        to = standard_error();
    } else if (argc != 1) {
        print_error("usage: cat [--stderr]\n");
        return 1;
    }

    for (;;) {
        IO_STATUS_BLOCK io;
        NTSTATUS status =
            NtReadFile(standard_input(), NULL, NULL, NULL, &io, buffer, sizeof(buffer), NULL, NULL);
        // A pipe whose writer is gone says so; a file and a console end.
        if (status == STATUS_PIPE_BROKEN || status == STATUS_END_OF_FILE)
            return 0;
        if (NT_SUCCESS(status))
            status = write_all(to, buffer, io.Information);
        if (!NT_SUCCESS(status))
            return status;
    }
}
