// SPDX-License-Identifier: MIT
/*
 * Checks atoms and LUIDs: names and numbers, integer atoms, counting, lengths, a full table, and
 * threads that add and delete the same names. Expectations come from learn.microsoft.com.
 */

#include <nt/atom.h>
#include <nt/status.h>
#include <nt/token.h>
#include <user/check.h>
#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define KERNEL_ADDRESS ((PVOID)0xFFFF800000000000)
#define THREADS        4
#define ROUNDS         2000

static NTSTATUS add(const WCHAR *name, ULONG units, RTL_ATOM *atom)
{
    *atom = 0;
    return NtAddAtom((PVOID)name, units * sizeof(WCHAR), atom);
}

static NTSTATUS find(const WCHAR *name, ULONG units, RTL_ATOM *atom)
{
    *atom = 0;
    return NtFindAtom((PVOID)name, units * sizeof(WCHAR), atom);
}

static void test_names(void)
{
    static WCHAR longest[256];
    RTL_ATOM first, second;

    check_status("add a name", add(u"Pekoe", 5, &first), STATUS_SUCCESS);
    check("its atom is a string's", first >= RTL_ATOM_MAXIMUM_INTEGER_ATOM);
    check_status("add it in capitals", add(u"PEKOE", 5, &second), STATUS_SUCCESS);
    check_equal("that is the same atom", second, first);
    check_status("find it", find(u"peKOe", 5, &second), STATUS_SUCCESS);
    check_equal("by the same number", second, first);
    check_status("find what nobody added", find(u"Assam", 5, &second),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    check_status("it is counted: delete it once", NtDeleteAtom(first), STATUS_SUCCESS);
    check_status("it is still there", find(u"Pekoe", 5, &second), STATUS_SUCCESS);
    check_status("delete it again", NtDeleteAtom(first), STATUS_SUCCESS);
    check_status("now it is gone", find(u"Pekoe", 5, &second), STATUS_OBJECT_NAME_NOT_FOUND);
    check_status("delete it once more", NtDeleteAtom(first), STATUS_INVALID_HANDLE);

    for (unsigned i = 0; i < 256; i++)
        longest[i] = u'x';
    check_status("255 letters", add(longest, 255, &first), STATUS_SUCCESS);
    check_status("they can be found", find(longest, 255, &second), STATUS_SUCCESS);
    (void)NtDeleteAtom(first);
    check_status("256 are too many", add(longest, 256, &first), STATUS_INVALID_PARAMETER);
    check_status("none is no name", add(longest, 0, &first), STATUS_OBJECT_NAME_INVALID);
    check_status("a name in the kernel", NtAddAtom(KERNEL_ADDRESS, 10, &first),
                 STATUS_ACCESS_VIOLATION);
    check_status("a result in the kernel", NtAddAtom((PVOID)u"Ceylon", 12, KERNEL_ADDRESS),
                 STATUS_ACCESS_VIOLATION);
    check_status("leaves no atom behind", find(u"Ceylon", 6, &first), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_integers(void)
{
    RTL_ATOM atom;

    check_status("#123 is a number", add(u"#123", 4, &atom), STATUS_SUCCESS);
    check_equal("its own", atom, 123);
    check_status("#49151 is the last", add(u"#49151", 6, &atom), STATUS_SUCCESS);
    check_equal("that is 0xBFFF", atom, 0xBFFF);
    check_status("#49152 is none", add(u"#49152", 6, &atom), STATUS_INVALID_PARAMETER);
    check_status("#0 is none", add(u"#0", 2, &atom), STATUS_INVALID_PARAMETER);
    check_status("#65659 does not wrap around", add(u"#65659", 6, &atom), STATUS_INVALID_PARAMETER);
    check_status("#12a is a name", add(u"#12a", 4, &atom), STATUS_SUCCESS);
    check("with an atom", atom >= RTL_ATOM_MAXIMUM_INTEGER_ATOM);
    (void)NtDeleteAtom(atom);
    check_status("a number for a pointer", NtAddAtom((PVOID)0x77, 0, &atom), STATUS_SUCCESS);
    check_equal("means itself", atom, 0x77);
    check_status("too large a one", NtAddAtom((PVOID)0xC000, 0, &atom), STATUS_INVALID_PARAMETER);
    check_status("integers are found", find(u"#77", 3, &atom), STATUS_SUCCESS);
    check_status("and deleted", NtDeleteAtom(77), STATUS_SUCCESS);
    check_status("but 0", NtDeleteAtom(0), STATUS_INVALID_HANDLE);
}

static void test_queries(void)
{
    _Alignas(8) char buffer[64];
    ATOM_BASIC_INFORMATION *basic = (void *)buffer;
    RTL_ATOM atom;
    ULONG length = 0;

    (void)add(u"Lapsang", 7, &atom);
    (void)add(u"LAPSANG", 7, &atom);
    check_status("ask about an atom",
                 NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 64, &length),
                 STATUS_SUCCESS);
    check_equal("its length", length, 6 + 14 + 2);
    check("two uses, and not for ever", basic->UsageCount == 2 && basic->Flags == 0);
    check("as it was spelled first",
          basic->NameLength == 14 && memcmp(basic->Name, u"Lapsang", 16) == 0);
    check_status("just enough room",
                 NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 22, &length),
                 STATUS_SUCCESS);
    check_status("too little room for the name",
                 NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 21, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_equal("the length is told", length, 22);
    check_status("too little for anything",
                 NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 7, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("ask about an integer",
                 NtQueryInformationAtom(42, AtomBasicInformation, buffer, 64, &length),
                 STATUS_SUCCESS);
    check("it is called #42, for ever", basic->NameLength == 6 && basic->Flags == RTL_ATOM_PINNED &&
                                            memcmp(basic->Name, u"#42", 8) == 0);
    check_status("ask about nothing",
                 NtQueryInformationAtom(0xFFFE, AtomBasicInformation, buffer, 64, &length),
                 STATUS_INVALID_HANDLE);
    check_status("a class that nobody has", NtQueryInformationAtom(atom, 2, buffer, 64, &length),
                 STATUS_INVALID_INFO_CLASS);
    (void)NtDeleteAtom(atom);
    (void)NtDeleteAtom(atom);
}

// Turns number into a name of four letters.
static void spell(ULONG number, WCHAR name[4])
{
    for (unsigned i = 0; i < 4; i++)
        name[i] = (WCHAR)(u'A' + (number >> 4 * i & 15));
}

static void test_full_table(void)
{
    static ULONG table[(4 + 0x4000 * 2) / 4];
    RTL_ATOM atom;
    ULONG count = 0, length = 0, found = 0;
    WCHAR name[4];

    for (;; count++) {
        spell(count, name);
        if (add(name, 4, &atom) != STATUS_SUCCESS)
            break;
    }
    check_equal("16,384 names have numbers", count, 0x4000);
    spell(0, name);
    check_status("known ones can still be added", add(name, 4, &atom), STATUS_SUCCESS);
    (void)NtDeleteAtom(atom);
    check_status("list them all",
                 NtQueryInformationAtom(0, AtomTableInformation, table, sizeof(table), &length),
                 STATUS_SUCCESS);
    check_equal("that many", table[0], 0x4000);
    check_equal("so long is the list", length, sizeof(table));
    check_status("no room for the last",
                 NtQueryInformationAtom(0, AtomTableInformation, table, sizeof(table) - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    for (ULONG i = 0; i < count; i++) {
        spell(i, name);
        found += find(name, 4, &atom) == STATUS_SUCCESS && NtDeleteAtom(atom) == STATUS_SUCCESS;
    }
    check_equal("all can be deleted", found, count);
    check_status("and none is left",
                 NtQueryInformationAtom(0, AtomTableInformation, table, sizeof(table), &length),
                 STATUS_SUCCESS);
    check_equal("none", table[0], 0);
}

// Returns 0 if all went well.
static NTSTATUS use_names(void *unused)
{
    NTSTATUS failures = 0;

    (void)unused;
    for (ULONG i = 0; i < ROUNDS; i++) {
        RTL_ATOM atom, again;
        WCHAR name[4];
        spell(i % 16, name);
        bool is_right = add(name, 4, &atom) == STATUS_SUCCESS &&
                        find(name, 4, &again) == STATUS_SUCCESS && atom == again &&
                        NtDeleteAtom(atom) == STATUS_SUCCESS;
        failures += !is_right;
    }
    return failures;
}

static void test_race(void)
{
    ULONG table[16], length;

    check_equal("threads that use the same names find what they have added",
                threads_run(THREADS, use_names, NULL, 0), 0);
    (void)NtQueryInformationAtom(0, AtomTableInformation, table, sizeof(table), &length);
    check_equal("all uses were counted", table[0], 0);
}

static void test_luids(void)
{
    LUID a = { 0, 0 }, b = { 0, 0 };
    LARGE_INTEGER time;
    ULONG range = 0, sequence;
    UCHAR seed[6];

    check_status("a LUID", NtAllocateLocallyUniqueId(&a), STATUS_SUCCESS);
    check_status("another", NtAllocateLocallyUniqueId(&b), STATUS_SUCCESS);
    check("is another", a.LowPart != b.LowPart || a.HighPart != b.HighPart);
    check("none is a well-known one", a.LowPart >= 0x3E9 || a.HighPart != 0);
    check_status("into the kernel", NtAllocateLocallyUniqueId(KERNEL_ADDRESS),
                 STATUS_ACCESS_VIOLATION);
    check_status("time stamps for UUIDs", NtAllocateUuids(&time, &range, &sequence, seed),
                 STATUS_SUCCESS);
    check("there are some, since 1582", range > 0 && time.QuadPart > 0x1B21DD213814000);
    check("the seed is no network card's", seed[0] & 1);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_names();
    test_integers();
    test_queries();
    test_full_table();
    test_race();
    test_luids();
    return check_summary("atoms");
}
