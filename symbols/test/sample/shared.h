// SPDX-License-Identifier: MIT
// What the sample's files share. The sample is linked like the kernel and packed like it; each
// oddity of symbols and lines that the packer must survive stands in it once.

#pragma once

extern volatile int sample_state;

__attribute__((noreturn, cold)) void sample_stop(const char *why);
int sample_called_from_assembler(int value);
int sample_second(int value);

// Inlined: its lines appear inside functions of other files.
static inline int shared_inlined(int value)
{
    sample_state += value;
    return sample_state * 3;
}

// A function of a header that is not inlined: each file that uses it has one of its own.
__attribute__((noinline)) static int shared_kept(int value)
{
    sample_state ^= value;
    return sample_state;
}
