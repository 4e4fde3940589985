// SPDX-License-Identifier: MIT
// What an exception carries: its record, next to the CPU's state when it happened (nt/context.h).

#pragma once

#include <nt/context.h>

#define EXCEPTION_MAXIMUM_PARAMETERS 15

// EXCEPTION_RECORD.ExceptionFlags.
#define EXCEPTION_NONCONTINUABLE 0x01u

// ExceptionInformation[0] of an access violation.
#define EXCEPTION_READ_FAULT    0
#define EXCEPTION_WRITE_FAULT   1
#define EXCEPTION_EXECUTE_FAULT 8

typedef struct _EXCEPTION_RECORD {
    NTSTATUS ExceptionCode;
    ULONG ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    PVOID ExceptionAddress;
    ULONG NumberParameters;
    ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

typedef struct _EXCEPTION_POINTERS {
    PEXCEPTION_RECORD ExceptionRecord;
    PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;

// RCX of `int 29h`: why a program ended itself at once.
#define FAST_FAIL_LEGACY_GS_VIOLATION         0
#define FAST_FAIL_VTGUARD_CHECK_FAILURE       1
#define FAST_FAIL_STACK_COOKIE_CHECK_FAILURE  2
#define FAST_FAIL_CORRUPT_LIST_ENTRY          3
#define FAST_FAIL_INCORRECT_STACK             4
#define FAST_FAIL_INVALID_ARG                 5
#define FAST_FAIL_GS_COOKIE_INIT              6
#define FAST_FAIL_FATAL_APP_EXIT              7
#define FAST_FAIL_RANGE_CHECK_FAILURE         8
#define FAST_FAIL_UNSAFE_REGISTRY_ACCESS      9
#define FAST_FAIL_GUARD_ICALL_CHECK_FAILURE   10
#define FAST_FAIL_GUARD_WRITE_CHECK_FAILURE   11
#define FAST_FAIL_INVALID_FIBER_SWITCH        12
#define FAST_FAIL_INVALID_SET_OF_CONTEXT      13
#define FAST_FAIL_INVALID_REFERENCE_COUNT     14
#define FAST_FAIL_INVALID_JUMP_BUFFER         18
#define FAST_FAIL_MRDATA_MODIFIED             19
#define FAST_FAIL_CERTIFICATION_FAILURE       20
#define FAST_FAIL_INVALID_EXCEPTION_CHAIN     21
#define FAST_FAIL_CRYPTO_LIBRARY              22
#define FAST_FAIL_INVALID_CALL_IN_DLL_CALLOUT 23
#define FAST_FAIL_INVALID_IMAGE_BASE          24
#define FAST_FAIL_DLOAD_PROTECTION_FAILURE    25
#define FAST_FAIL_UNSAFE_EXTENSION_CALL       26

_Static_assert(sizeof(EXCEPTION_RECORD) == 0x98, "EXCEPTION_RECORD");
_Static_assert(offsetof(EXCEPTION_RECORD, ExceptionInformation) == 0x20, "ExceptionInformation");
