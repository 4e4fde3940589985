// SPDX-License-Identifier: MIT
// The services that are built, as data: for programs that call all of them in the same way. Made
// from services.def.

#pragma once

#include <nt/types.h>

enum service_direction {
    ARGUMENT_IN,
    ARGUMENT_IN_OPT,
    ARGUMENT_OUT,
    ARGUMENT_OUT_OPT,
    ARGUMENT_INOUT
};

struct service_argument {
    const char *name; // as documented, like the type
    const char *type;
    UCHAR direction;   // enum service_direction
    USHORT size_bytes; // of what a pointer points to; 0: a value, or PVOID
    UCHAR alignment;   // of that
};

struct service {
    const char *name;
    USHORT number;
    UCHAR argument_count;
    const struct service_argument *arguments;
};

extern const struct service services[];
extern const unsigned service_count;
