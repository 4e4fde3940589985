// SPDX-License-Identifier: MIT
/*
 * The services about atoms. "#123" and the number 123 in place of a pointer are integer atoms: they
 * need no table, and mean themselves.
 *
 * Source: learn.microsoft.com, "About Atom Tables", GlobalAddAtom, GlobalGetAtomName,
 * GlobalDeleteAtom
 */

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "atom_table.h"
#include "service.h"

#define INTEGER_POINTERS 0x10000u // addresses below are integer atoms

static bool is_integer(RTL_ATOM atom)
{
    return atom < RTL_ATOM_MAXIMUM_INTEGER_ATOM;
}

// ---- names -------------------------------------------------------------------------------------

// Whether a name is '#' and digits; *value receives the number, or 0 if it is no atom's.
static bool parse_integer(const struct atom_name *name, RTL_ATOM *value)
{
    uint32_t number = 0;
    if (name->length < 2 || name->text[0] != u'#')
        return false;
    for (unsigned i = 1; i < name->length; i++) {
        if (name->text[i] < u'0' || name->text[i] > u'9')
            return false;
        number = MIN(number * 10 + (name->text[i] - u'0'), 0x10000u);
    }
    *value = number < RTL_ATOM_MAXIMUM_INTEGER_ATOM ? (RTL_ATOM)number : 0;
    return true;
}

/*
 * Fetches a name. *integer receives the atom if it is an integer atom's, else 0.
 * length   bytes
 * Fails    STATUS_INVALID_PARAMETER: too long, or no integer atom has that number;
 *          STATUS_OBJECT_NAME_INVALID: empty
 */
static status_t capture_name(const void USER *from, ULONG length, struct atom_name *name,
                             RTL_ATOM *integer)
{
    *integer = 0;
    if ((vaddr_t)from < INTEGER_POINTERS) {
        RTL_ATOM atom = (RTL_ATOM)(vaddr_t)from;
        *integer = is_integer(atom) ? atom : 0;
        return *integer != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if (length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (length > sizeof(name->text))
        return STATUS_INVALID_PARAMETER;
    name->length = (USHORT)(length / sizeof(WCHAR)); // half a unit is none
    if (name->length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    status_t status = copy_from_user(name->text, from, name->length * sizeof(WCHAR));
    if (status == STATUS_SUCCESS && parse_integer(name, integer) && *integer == 0)
        status = STATUS_INVALID_PARAMETER;
    return status;
}

// The name of an integer atom.
static void format_integer(RTL_ATOM atom, struct atom_name *name)
{
    char text[8];
    name->length = (USHORT)format_string(text, sizeof(text), "#%u", atom);
    for (unsigned i = 0; i < name->length; i++)
        name->text[i] = (uint8_t)text[i];
}

// ---- services ----------------------------------------------------------------------------------

NTSTATUS NtAddAtomEx(void USER *AtomName, ULONG Length, RTL_ATOM USER *Atom, ULONG Flags)
{
    struct atom_name name;
    RTL_ATOM atom;
    if (Flags & ~ATOM_FLAG_GLOBAL)
        return STATUS_INVALID_PARAMETER;
    status_t status = capture_name(AtomName, Length, &name, &atom);
    bool is_string = status == STATUS_SUCCESS && atom == 0;
    if (is_string)
        status = atom_add(&name, &atom);
    if (status != STATUS_SUCCESS || Atom == NULL)
        return status;
    status = put_user(Atom, &atom);
    if (status != STATUS_SUCCESS && is_string) {
        status_t ignored = atom_release(atom); // somebody may have released it already
        (void)ignored;
    }
    return status;
}

NTSTATUS NtAddAtom(void USER *AtomName, ULONG Length, RTL_ATOM USER *Atom)
{
    return NtAddAtomEx(AtomName, Length, Atom, 0);
}

NTSTATUS NtFindAtom(void USER *AtomName, ULONG Length, RTL_ATOM USER *Atom)
{
    struct atom_name name;
    RTL_ATOM atom;
    status_t status = capture_name(AtomName, Length, &name, &atom);
    if (status == STATUS_SUCCESS && atom == 0)
        status = atom_find(&name, &atom);
    if (status == STATUS_SUCCESS && Atom != NULL)
        status = put_user(Atom, &atom);
    return status;
}

NTSTATUS NtDeleteAtom(RTL_ATOM Atom)
{
    if (is_integer(Atom))
        return Atom != 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    return atom_release(Atom);
}

// ATOM_BASIC_INFORMATION with the longest name.
struct basics {
    USHORT uses, flags, name_length;
    WCHAR text[RTL_ATOM_MAXIMUM_NAME_LENGTH + 1];
};
static_assert(offsetof(struct basics, text) == offsetof(ATOM_BASIC_INFORMATION, Name), "the same");

static status_t query_basics(RTL_ATOM atom, vaddr_t to, ULONG room, ULONG *length)
{
    struct basics answer = { .uses = 1, .flags = RTL_ATOM_PINNED };
    struct atom_name name;
    status_t status = STATUS_SUCCESS;
    *length = sizeof(ATOM_BASIC_INFORMATION);
    if (room < *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (atom == 0)
        return STATUS_INVALID_HANDLE;
    if (is_integer(atom)) {
        format_integer(atom, &name);
    } else {
        status = atom_query(atom, &name, &answer.uses);
        answer.flags = answer.uses == 0xFFFF ? RTL_ATOM_PINNED : 0;
    }
    if (status != STATUS_SUCCESS)
        return status;
    answer.name_length = (USHORT)(name.length * sizeof(WCHAR));
    memcpy(answer.text, name.text, answer.name_length);
    *length = (ULONG)(offsetof(struct basics, text) + answer.name_length + sizeof(WCHAR));
    if (room < *length)
        return STATUS_BUFFER_TOO_SMALL;
    return copy_to_user((void USER *)to, &answer, *length);
}

static status_t query_table(vaddr_t to, ULONG room, ULONG *length)
{
    const ULONG head = offsetof(ATOM_TABLE_INFORMATION, Atoms);
    ULONG count = 0;
    status_t status = STATUS_SUCCESS;
    *length = head;
    if (room < head)
        return STATUS_INFO_LENGTH_MISMATCH;
    for (RTL_ATOM atom = atom_next(0); atom != 0; atom = atom_next(atom), count++) {
        if (status == STATUS_SUCCESS && room - *length >= sizeof(atom))
            status = copy_to_user((void USER *)(to + *length), &atom, sizeof(atom));
        else if (status == STATUS_SUCCESS)
            status = STATUS_INFO_LENGTH_MISMATCH;
        *length += sizeof(atom);
    }
    if (status == STATUS_SUCCESS || status == STATUS_INFO_LENGTH_MISMATCH) {
        status_t published = copy_to_user((void USER *)to, &count, sizeof(count));
        if (published != STATUS_SUCCESS)
            status = published;
    }
    return status;
}

NTSTATUS NtQueryInformationAtom(RTL_ATOM Atom, ATOM_INFORMATION_CLASS AtomInformationClass,
                                void USER *AtomInformation, ULONG AtomInformationLength,
                                ULONG USER *ReturnLength)
{
    ULONG length = 0;
    status_t status = STATUS_INVALID_INFO_CLASS;
    if (AtomInformationClass == AtomBasicInformation)
        status = query_basics(Atom, (vaddr_t)AtomInformation, AtomInformationLength, &length);
    else if (AtomInformationClass == AtomTableInformation)
        status = query_table((vaddr_t)AtomInformation, AtomInformationLength, &length);
    bool is_told = status == STATUS_SUCCESS || status == STATUS_BUFFER_TOO_SMALL ||
                   status == STATUS_INFO_LENGTH_MISMATCH;
    if (is_told)
        status = nt_publish_length(status, length, ReturnLength);
    return status;
}
