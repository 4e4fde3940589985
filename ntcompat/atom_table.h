// SPDX-License-Identifier: MIT
/*
 * The table of atoms: counted strings with numbers from 0xC000 on, found by either. Case does not
 * matter, and the first spelling stays. It lasts as long as the session: until its last process
 * ends.
 *
 * Context  thread; may sleep
 */

#pragma once

#include <kernel/types.h>
#include <nt/atom.h>

#define ATOM_COUNT_MAX 0x4000u // 0xC000 to 0xFFFF

struct atom_name {
    WCHAR text[RTL_ATOM_MAXIMUM_NAME_LENGTH];
    USHORT length; // units
};

// Uses a name once more, or for the first time. STATUS_NO_MEMORY: also when all numbers are taken.
status_t atom_add(const struct atom_name *name, RTL_ATOM *out) MUST_CHECK;

// STATUS_OBJECT_NAME_NOT_FOUND
status_t atom_find(const struct atom_name *name, RTL_ATOM *out) MUST_CHECK;

// Takes one use back; the last one's end is the atom's. STATUS_INVALID_HANDLE: there is none.
status_t atom_release(RTL_ATOM atom) MUST_CHECK;

// *uses is at most 0xFFFF: such an atom is never deleted. STATUS_INVALID_HANDLE: there is none.
status_t atom_query(RTL_ATOM atom, struct atom_name *name, USHORT *uses) MUST_CHECK;

// The first atom after `after` (0: of all), or 0.
RTL_ATOM atom_next(RTL_ATOM after);

// Forgets all of them: the session has ended.
void atom_forget_all(void);
