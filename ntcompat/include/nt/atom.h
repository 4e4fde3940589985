// SPDX-License-Identifier: MIT
/*
 * Atoms: numbers for strings, the same in all processes.
 *
 * Source: learn.microsoft.com, "About Atom Tables", GlobalAddAtom; MinGW's winnt.h, RTL_ATOM
 */

#pragma once

#include <nt/types.h>

typedef USHORT RTL_ATOM, *PRTL_ATOM;

#define RTL_ATOM_MAXIMUM_INTEGER_ATOM ((RTL_ATOM)0xC000) // strings' atoms begin here
#define RTL_ATOM_MAXIMUM_NAME_LENGTH  255u               // units

typedef enum _ATOM_INFORMATION_CLASS {
    AtomBasicInformation = 0,
    AtomTableInformation = 1,
} ATOM_INFORMATION_CLASS;

typedef struct _ATOM_BASIC_INFORMATION {
    USHORT UsageCount;
    USHORT Flags;      // RTL_ATOM_PINNED
    USHORT NameLength; // bytes, without the NUL
    WCHAR Name[1];
} ATOM_BASIC_INFORMATION, *PATOM_BASIC_INFORMATION;

#define RTL_ATOM_PINNED 0x01u // it is never deleted

typedef struct _ATOM_TABLE_INFORMATION {
    ULONG NumberOfAtoms;
    RTL_ATOM Atoms[1];
} ATOM_TABLE_INFORMATION, *PATOM_TABLE_INFORMATION;

// NtAddAtomEx.
#define ATOM_FLAG_GLOBAL 0x2u // of the desktop's session; atoms are that anyway

_Static_assert(sizeof(ATOM_BASIC_INFORMATION) == 8, "ATOM_BASIC_INFORMATION");
_Static_assert(sizeof(ATOM_TABLE_INFORMATION) == 8, "ATOM_TABLE_INFORMATION");
