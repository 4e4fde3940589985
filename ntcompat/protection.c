// SPDX-License-Identifier: MIT
/*
 * Page protections, see protection.h. PAGE_WRITECOPY is "write, and the write makes a private
 * copy", so RIGHTS_COPY always comes together with RIGHTS_WRITE.
 *
 * Source: learn.microsoft.com, "Memory Protection Constants".
 */

#include "protection.h"

#define BASIC_PROTECTIONS 0xFFu
#define MODIFIERS         (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)

#define WRITE_COPY (RIGHTS_WRITE | RIGHTS_COPY)

// By the number of the bit: PAGE_NOACCESS is bit 0, PAGE_EXECUTE_WRITECOPY is bit 7.
static const uint8_t basic_rights[8] = {
    RIGHTS_NONE,
    RIGHTS_READ,
    RIGHTS_READ | RIGHTS_WRITE,
    RIGHTS_READ | WRITE_COPY,
    RIGHTS_EXECUTE,
    RIGHTS_EXECUTE | RIGHTS_READ,
    RIGHTS_EXECUTE | RIGHTS_READ | RIGHTS_WRITE,
    RIGHTS_EXECUTE | RIGHTS_READ | WRITE_COPY,
};

// Modifiers contradict "no access", and each other: a guard page has no kind of cache.
static bool modifiers_agree(ULONG protection)
{
    ULONG modifiers = protection & MODIFIERS;
    if (modifiers == 0)
        return true;
    return (protection & PAGE_NOACCESS) == 0 && (modifiers & (modifiers - 1)) == 0;
}

bool rights_from_protection(ULONG protection, uint8_t *rights)
{
    ULONG basic = protection & BASIC_PROTECTIONS;
    if (basic == 0 || (basic & (basic - 1)) != 0)
        return false;
    uint8_t result = basic_rights[__builtin_ctz(basic)];

    // What Control Flow Guard may call is not kept, as nothing here would look it up.
    if ((protection & PAGE_TARGETS_INVALID) != 0 && (result & RIGHTS_EXECUTE) == 0)
        return false;
    if ((protection & ~(BASIC_PROTECTIONS | MODIFIERS | PAGE_TARGETS_INVALID)) != 0 ||
        !modifiers_agree(protection))
        return false;

    if ((protection & PAGE_GUARD) != 0)
        result |= RIGHTS_GUARD;
    if ((protection & PAGE_NOCACHE) != 0)
        result |= RIGHTS_UNCACHED;
    if ((protection & PAGE_WRITECOMBINE) != 0)
        result |= RIGHTS_WRITE_COMBINE;
    *rights = result;
    return true;
}

ULONG protection_from_rights(uint8_t rights)
{
    ULONG protection;
    if ((rights & RIGHTS_COPY) != 0)
        protection = PAGE_WRITECOPY;
    else if ((rights & RIGHTS_WRITE) != 0)
        protection = PAGE_READWRITE;
    else if ((rights & RIGHTS_READ) != 0)
        protection = PAGE_READONLY;
    else
        protection = PAGE_NOACCESS;
    // Each executable protection stands four bits above its twin.
    if ((rights & RIGHTS_EXECUTE) != 0)
        protection <<= 4;

    if ((rights & RIGHTS_GUARD) != 0)
        protection |= PAGE_GUARD;
    if ((rights & RIGHTS_UNCACHED) != 0)
        protection |= PAGE_NOCACHE;
    if ((rights & RIGHTS_WRITE_COMBINE) != 0)
        protection |= PAGE_WRITECOMBINE;
    return protection;
}
