// SPDX-License-Identifier: MIT
// The table test, see table.h. `table` tests all services, `table NAME...` these. Exit code: how
// many services did something wrong.

#include "table.h"

#include <user/check.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/start.h>

static const struct {
    const char *service;
    const char *argument;
    enum expectation expectation;
    const char *reason;
} excuses[] = {
    { "NtContinue", NULL, GOOD_CALL_SUCCEEDS, "it would leave the test" },
    { "NtContinueEx", NULL, GOOD_CALL_SUCCEEDS, "it would leave the test" },
    { "NtRaiseException", NULL, GOOD_CALL_SUCCEEDS, "it would end the program" },
    { "NtExtendSection", NULL, GOOD_CALL_SUCCEEDS, "no section can be extended" },
    { "NtMapViewOfSection", "SectionOffset", NULL_IS_REFUSED, "it means 0, documented so" },
    { "NtMapViewOfSectionEx", "SectionOffset", NULL_IS_REFUSED, "it means 0, documented so" },
    { "NtCreateSymbolicLinkObject", "ObjectAttributes", NULL_IS_REFUSED,
      "such a link has no name" },
    { "NtOpenThread", "ClientId", NULL_IS_REFUSED,
      "STATUS_INVALID_PARAMETER_MIX: nothing to find" },
    { "NtOpenProcess", "ClientId", NULL_IS_REFUSED, "STATUS_INVALID_PARAMETER_MIX, too" },
    { "NtOpenThread", "ObjectAttributes", INNER_POINTER_IS_REFUSED, "a name is not looked at" },
    { "NtOpenProcess", "ObjectAttributes", INNER_POINTER_IS_REFUSED, "a name is not looked at" },
    { "NtSetSystemInformation", NULL, GOOD_CALL_SUCCEEDS, "programs have no right to any class" },
    { "NtQuerySystemInformationEx", "InputBuffer", NULL_IS_REFUSED, "STATUS_INVALID_PARAMETER" },
    { "NtDuplicateObject", "TargetHandle", NULL_IS_REFUSED, "then nobody knows the new handle" },
    { "NtCreateUserProcess", "CreateInfo", NULL_IS_REFUSED, "then nothing is told" },
    { "NtCreateUserProcess", "AttributeList", NULL_IS_REFUSED, "STATUS_INVALID_PARAMETER" },
    { "NtAddAtom", "AtomName", FIRST_PAGE_IS_REFUSED, "a small number is an atom" },
    { "NtAddAtomEx", "AtomName", FIRST_PAGE_IS_REFUSED, "a small number is an atom" },
    { "NtFindAtom", "AtomName", FIRST_PAGE_IS_REFUSED, "a small number is an atom" },
    { "NtPowerInformation", "InputBuffer", BAD_POINTER_IS_REFUSED, "this level takes none" },
    { "NtAdjustPrivilegesToken", "ReturnLength", NULL_IS_REFUSED, "the previous state needs it" },
    { "NtAdjustGroupsToken", "ReturnLength", NULL_IS_REFUSED, "the previous state needs it" },
    { "NtReadFile", "ByteOffset", BAD_POINTER_IS_REFUSED, "a stream has no offsets" },
};

bool is_excused(const struct service *service, const char *argument, enum expectation expectation)
{
    for (unsigned i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++) {
        bool is_same = argument && excuses[i].argument ? strcmp(excuses[i].argument, argument) == 0
                                                       : argument == excuses[i].argument;
        if (is_same && excuses[i].expectation == expectation &&
            strcmp(excuses[i].service, service->name) == 0)
            return true;
    }
    return false;
}

static bool has_pointers(const struct service *service)
{
    for (unsigned i = 0; i < service->argument_count; i++)
        if (is_pointer(service, i))
            return true;
    return false;
}

static void test_service(const struct service *service)
{
    struct state before;
    struct call call;
    unsigned calls = 0, wrong = 0;

    if (!has_pointers(service))
        return;
    if (service->argument_count > CALL_WORDS) {
        print("  it has more arguments than the test can pass\n");
        check(service->name, false);
        return;
    }
    state_take(&before);
    if (has_classes(service)) {
        wrong = test_classes(service, &calls);
    } else {
        good_arguments(&call, service);
        wrong = test_bad_pointers(&call, &calls);
    }
    wrong += state_compare(&before);
    print("  %u bad calls of ", calls);
    check(service->name, wrong == 0);
}

static bool is_asked_for(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    good_init();
    bad_init();
    state_init();
    for (unsigned i = 0; i < service_count; i++)
        if (is_asked_for(services[i].name, argc, argv))
            test_service(&services[i]);
    return check_summary("table");
}
