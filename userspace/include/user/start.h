// SPDX-License-Identifier: MIT
// Where a program comes from and how it ends.

#pragma once

#include <nt/process.h>
#include <nt/thread.h>

// What every program defines. Its result is the exit code, all 32 bits of it.
int main(int argc, char **argv);

// Ends the process with this exit code.
__attribute__((noreturn)) void exit_process(NTSTATUS status);

// Where the image lies; the linker defines it.
extern const char image_base[] __asm__("__ImageBase");

static inline TEB *current_teb(void)
{
    TEB *teb;

    __asm__("movq %%gs:0x30, %0" : "=r"(teb));
    return teb;
}

static inline PEB *current_peb(void)
{
    PEB *peb;

    __asm__("movq %%gs:0x60, %0" : "=r"(peb));
    return peb;
}
