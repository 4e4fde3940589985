// SPDX-License-Identifier: MIT
// Counting and printing checks.

#include <user/check.h>

#include <user/print.h>

static struct {
    int total;
    int failed;
} checks;

static bool count(const char *name, bool holds)
{
    checks.total++;
    if (holds)
        print("%s: ok\n", name);
    else
        checks.failed++;
    return holds;
}

bool check(const char *name, bool holds)
{
    if (!count(name, holds))
        print("%s: FAIL\n", name);
    return holds;
}

bool check_status(const char *name, NTSTATUS got, NTSTATUS wanted)
{
    if (!count(name, got == wanted))
        print("%s: FAIL, %s instead of %s\n", name, status_text(got), status_text(wanted));
    return got == wanted;
}

bool check_equal(const char *name, ULONGLONG got, ULONGLONG wanted)
{
    if (!count(name, got == wanted))
        print("%s: FAIL, 0x%llX instead of 0x%llX\n", name, got, wanted);
    return got == wanted;
}

int check_summary(const char *program)
{
    print("%s: %d checks, %d failed\n", program, checks.total, checks.failed);
    return checks.failed;
}
