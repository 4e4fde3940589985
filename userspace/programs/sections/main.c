// SPDX-License-Identifier: MIT
// Checks sections and views: what they share, what they copy, what they refuse. The exit code is
// how many checks failed. Expectations: learn.microsoft.com; statuses that it does not name:
// [MS-ERREF].

#include "sections.h"

#include <user/start.h>

int main(int argc, char **argv)
{
    (void)argv;
    // The child of test_sharing is ended before it gets here.
    if (argc > 1)
        return 1;
    test_zeroes();
    test_protections();
    test_reserved();
    test_names();
    test_files();
    test_images();
    test_errors();
    test_sharing();
    test_races();
    return check_summary("sections");
}
