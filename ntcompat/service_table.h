// SPDX-License-Identifier: MIT
/*
 * What tools/gen_services.py makes of services.def for the dispatcher and the trace: one record per
 * service, found by the number that a program passes. Immutable, shared by all processes.
 *
 * A numbering is a table indexed by service number, with NULL where a number has no service. A
 * process points to the one that its ntdll was built for; the native one is Windows 10's.
 */

#pragma once

#include <nt/types.h>
#include <stdint.h>

enum nt_service_state {
    NT_SERVICE_MISSING, // call is NULL
    NT_SERVICE_PARTIAL,
    NT_SERVICE_DONE,
};

enum nt_argument_direction {
    NT_ARG_IN,
    NT_ARG_IN_OPT,
    NT_ARG_OUT,
    NT_ARG_OUT_OPT,
    NT_ARG_INOUT,
};

/*
 * How many bits of an argument's 64-bit word count, and how to show it. The words are those of
 * services.def; a value's type comes first, pointers to values and structures after it.
 */
enum nt_argument_type {
    // values
    NT_ARG_HANDLE,
    NT_ARG_PVOID, // an address, or a buffer of any content
    NT_ARG_ULONG_PTR,
    NT_ARG_SIZE_T,
    NT_ARG_ULONG, // 32 bits from here on
    NT_ARG_LONG,
    NT_ARG_NTSTATUS,
    NT_ARG_ACCESS_MASK,
    NT_ARG_ENUM,    // information classes and the like
    NT_ARG_BOOLEAN, // 8 bits
    // pointers
    NT_ARG_PHANDLE,
    NT_ARG_PPVOID,
    NT_ARG_PULONG_PTR,
    NT_ARG_PSIZE_T,
    NT_ARG_PULONG,
    NT_ARG_PBOOLEAN,
    NT_ARG_PLARGE_INTEGER,
    NT_ARG_PUNICODE_STRING,
    NT_ARG_POBJECT_ATTRIBUTES,
    NT_ARG_PCLIENT_ID,
    NT_ARG_PIO_STATUS_BLOCK,
    NT_ARG_PCONTEXT,
    NT_ARG_PEXCEPTION_RECORD,
    NT_ARG_PIO_APC_ROUTINE,
};

struct nt_argument {
    const char *name; // as documented
    uint8_t type;     // enum nt_argument_type
    uint8_t direction;
};

struct nt_service {
    const char *name;
    // Cuts each raw 64-bit word down to its type and calls the service. Returns what belongs into
    // RAX. arguments has argument_count words.
    uint64_t (*call)(const uint64_t *arguments);
    uint8_t argument_count;
    uint8_t state; // enum nt_service_state
    const struct nt_argument *arguments;
};

// The most arguments that any service in the table has.
#define NT_SERVICE_MAX_ARGUMENTS 18

// The numbering of Windows 10, build 19045; numbers below the limit may be used as an index.
extern const struct nt_service *const nt_services_native[];
extern const uint32_t nt_services_native_limit;
