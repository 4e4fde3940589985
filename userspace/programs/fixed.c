// SPDX-License-Identifier: MIT
// Linked without relocations, so it can only run at its preferred base, and says whether it does.
// Exit code 0 if so.

#include <user/print.h>
#include <user/start.h>

// The linker's default for 64-bit programs; SConscript links this one with exactly that.
#define PREFERRED_BASE 0x140000000ull

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print("fixed: image at %p, the PEB says %p, preferred is 0x%016llX\n", (const void *)image_base,
          current_peb()->ImageBaseAddress, PREFERRED_BASE);
    return (ULONG_PTR)image_base != PREFERRED_BASE ||
           current_peb()->ImageBaseAddress != (PVOID)PREFERRED_BASE;
}
