// SPDX-License-Identifier: MIT
// Checks handles, names, directories, symbolic links and what can be asked about objects. The exit
// code is how many checks failed. Expectations: learn.microsoft.com and [MS-ERREF].

#include "objects.h"

#include <user/start.h>

OBJECT_BASIC_INFORMATION basics_of(HANDLE handle)
{
    OBJECT_BASIC_INFORMATION basics = { 0 };

    check_status("  (ask about an object)",
                 NtQueryObject(handle, ObjectBasicInformation, &basics, sizeof(basics), NULL),
                 STATUS_SUCCESS);
    return basics;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_handles();
    test_duplicates();
    test_names();
    test_name_errors();
    test_lifetimes();
    test_links();
    test_directories();
    test_queries();
    test_races();
    return check_summary("objects");
}
