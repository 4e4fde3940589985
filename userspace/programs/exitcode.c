// SPDX-License-Identifier: MIT
// Ends with the exit code that its argument says: decimal, or 0x and hexadecimal, up to 32 bits.
// Prints nothing unless the argument is wrong; then the exit code is 1.

#include <user/memory.h>
#include <user/print.h>
#include <user/start.h>

int main(int argc, char **argv)
{
    uint64_t code;

    if (argc != 2 || !parse_number(argv[1], 0xFFFFFFFF, &code)) {
        print_error("usage: exitcode NUMBER, 0 to 4294967295 or 0x0 to 0xFFFFFFFF\n");
        return 1;
    }
    return (int)code;
}
