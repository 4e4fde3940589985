// SPDX-License-Identifier: MIT
// PAGE_* values and page rights: what is valid survives both ways, all else is refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protection.h"

static void each_basic_protection_has_its_rights(void **state)
{
    (void)state;
    static const struct {
        ULONG protection;
        uint8_t rights;
    } cases[] = {
        { PAGE_NOACCESS, RIGHTS_NONE },
        { PAGE_READONLY, RIGHTS_READ },
        { PAGE_READWRITE, RIGHTS_READ | RIGHTS_WRITE },
        { PAGE_WRITECOPY, RIGHTS_READ | RIGHTS_WRITE | RIGHTS_COPY },
        { PAGE_EXECUTE, RIGHTS_EXECUTE },
        { PAGE_EXECUTE_READ, RIGHTS_EXECUTE | RIGHTS_READ },
        { PAGE_EXECUTE_READWRITE, RIGHTS_EXECUTE | RIGHTS_READ | RIGHTS_WRITE },
        { PAGE_EXECUTE_WRITECOPY, RIGHTS_EXECUTE | RIGHTS_READ | RIGHTS_WRITE | RIGHTS_COPY },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t rights = 0xFF;
        assert_true(rights_from_protection(cases[i].protection, &rights));
        assert_int_equal(rights, cases[i].rights);
        assert_int_equal(protection_from_rights(rights), cases[i].protection);
    }
}

// The rule, said again in another way than the code says it.
static bool is_valid(ULONG protection)
{
    unsigned basics = 0, modifiers = 0;
    for (ULONG bit = PAGE_NOACCESS; bit <= PAGE_EXECUTE_WRITECOPY; bit <<= 1)
        basics += (protection & bit) != 0;
    for (ULONG bit = PAGE_GUARD; bit <= PAGE_WRITECOMBINE; bit <<= 1)
        modifiers += (protection & bit) != 0;
    if (basics != 1 || modifiers > 1)
        return false;
    return modifiers == 0 || (protection & PAGE_NOACCESS) == 0;
}

static void all_combinations_follow_the_rule_and_survive(void **state)
{
    (void)state;
    for (ULONG protection = 0; protection < 0x800; protection++) {
        uint8_t rights = 0xFF;
        assert_int_equal(rights_from_protection(protection, &rights), is_valid(protection));
        if (is_valid(protection))
            assert_int_equal(protection_from_rights(rights), protection);
        else
            assert_int_equal(rights, 0xFF);
    }
}

static void unknown_bits_are_refused(void **state)
{
    (void)state;
    uint8_t rights;
    for (ULONG bit = 0x800; bit != 0; bit <<= 1)
        if (bit != PAGE_TARGETS_INVALID)
            assert_false(rights_from_protection(PAGE_READWRITE | bit, &rights));
}

static void call_targets_are_only_for_code(void **state)
{
    (void)state;
    uint8_t rights;
    assert_true(rights_from_protection(PAGE_EXECUTE_READ | PAGE_TARGETS_INVALID, &rights));
    assert_int_equal(protection_from_rights(rights), PAGE_EXECUTE_READ);
    assert_false(rights_from_protection(PAGE_READWRITE | PAGE_TARGETS_INVALID, &rights));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_basic_protection_has_its_rights),
        cmocka_unit_test(all_combinations_follow_the_rule_and_survive),
        cmocka_unit_test(unknown_bits_are_refused),
        cmocka_unit_test(call_targets_are_only_for_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
