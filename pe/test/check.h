// SPDX-License-Identifier: MIT
// What every test includes: cmocka, and a comparison of errors that prints their names.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pe/error.h>

#define assert_error(call, expected)                                                               \
    do {                                                                                           \
        enum pe_error found_error = (call);                                                        \
        if (found_error != (expected)) {                                                           \
            fail_msg("%s gave %s, not %s", #call, pe_error_name(found_error), #expected);          \
        }                                                                                          \
    } while (0)

#define assert_ok(call) assert_error(call, PE_OK)
