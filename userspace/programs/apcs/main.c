// SPDX-License-Identifier: MIT
/*
 * User APCs: when they run, in which order, what they find and what they leave untouched.
 * Expectations: learn.microsoft.com, "Asynchronous Procedure Calls"; the registers that an APC
 * finds: observed, by what ntdll relies on.
 *
 *   apcs     exit code: failed checks
 */

#include "apcs.h"

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    use_apc_dispatcher();
    test_order();
    test_contents();
    test_mixed();
    test_refusals();
    test_threads();
    return check_summary("apcs");
}
