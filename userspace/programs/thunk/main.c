// SPDX-License-Identifier: MIT
/*
 * Stands in for an ntdll: exports LdrInitializeThunk and RtlUserThreadStart, through which then
 * every thread begins, and checks what they are given. Exit code: how many checks failed.
 *
 * Expectations: observed at LdrInitializeThunk of Wine 8: registers, the CONTEXT and where it lies,
 * the TEB, the stack; learn.microsoft.com, GetThreadContext, QueueUserAPC
 */

#include "thunk.h"

#include <user/check.h>
#include <user/exception.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    use_apc_dispatcher();
    test_first();
    test_another();
    test_suspended();
    test_apcs();
    test_stack();
    return check_summary("thunk");
}
