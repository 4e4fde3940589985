// SPDX-License-Identifier: MIT
// The sample's first file: aliases, a call that does not return, a cold part, lines of other files.

#include "shared.h"

volatile int sample_state;

__attribute__((noinline)) static int twin(int value)
{
    sample_state -= value;
    return sample_state;
}

void sample_stop(const char *why)
{
    for (;;)
        sample_state = why[0];
}

// The call is the last instruction: its return address lies behind the function.
__attribute__((noinline)) void sample_ends_in_call(int value)
{
    sample_state = value;
    sample_stop("ended");
}

int sample_with_cold_part(int value)
{
    if (__builtin_expect(value == 7, 0)) {
        sample_state = shared_kept(value) + twin(value);
        sample_stop("seven");
    }
    return twin(shared_inlined(value));
}

int sample_alias_that_is_longer(int value) __attribute__((alias("sample_alias")));
int sample_alias(int value)
{
    return shared_inlined(value) + shared_inlined(value + 1);
}
int sample_alibi(int value) __attribute__((alias("sample_alias")));

int sample_called_from_assembler(int value)
{
    return sample_with_cold_part(value) + sample_second(value);
}

#line 70000 "generated/table.def"
int sample_line_70000(int value)
{
    return twin(value) + 1;
}
