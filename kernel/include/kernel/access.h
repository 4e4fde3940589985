// SPDX-License-Identifier: MIT
/*
 * Access rights: what a handle may be used for. The lower 16 bits mean something else for each type
 * of object, the bits above are the same for all. As with statuses, the numbers are NT's.
 */

#pragma once

#include <kernel/types.h>

#define ACCESS_DELETE          0x00010000u
#define ACCESS_READ_CONTROL    0x00020000u
#define ACCESS_SYNCHRONIZE     0x00100000u // to wait for it
#define ACCESS_STANDARD        0x000F0000u // all above but SYNCHRONIZE, and two about security
#define ACCESS_SYSTEM_SECURITY 0x01000000u

// What a caller may ask for; no handle carries these.
#define ACCESS_MAXIMUM         0x02000000u // all rights that there are
#define ACCESS_GENERIC_ALL     0x10000000u
#define ACCESS_GENERIC_EXECUTE 0x20000000u
#define ACCESS_GENERIC_WRITE   0x40000000u
#define ACCESS_GENERIC_READ    0x80000000u

// The rights of one type of object: which there are, and what the generic ones stand for.
struct access_mapping {
    uint32_t valid; // GENERIC_ALL
    uint32_t read, write, execute;
};

// The rights of the type that `wanted` asks for; bits that it does not have are dropped. Whether
// the caller may have them is the personality's business.
static inline uint32_t access_map(const struct access_mapping *mapping, uint32_t wanted)
{
    if (wanted & (ACCESS_GENERIC_ALL | ACCESS_MAXIMUM))
        wanted |= mapping->valid;
    if (wanted & ACCESS_GENERIC_READ)
        wanted |= mapping->read;
    if (wanted & ACCESS_GENERIC_WRITE)
        wanted |= mapping->write;
    if (wanted & ACCESS_GENERIC_EXECUTE)
        wanted |= mapping->execute;
    return wanted & mapping->valid;
}
