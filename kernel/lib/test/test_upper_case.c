// SPDX-License-Identifier: MIT
// The table of capitals: known letters, letters that must stay themselves, and its shape as a
// whole.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kernel/upper_case.h>

static void letters_have_their_capitals(void **state)
{
    static const uint16_t pairs[][2] = {
        { u'a', u'A' },     { u'z', u'Z' },     { 0x00E4, 0x00C4 }, // a with diaeresis
        { 0x00FF, 0x0178 },                                         // y with diaeresis
        { 0x0101, 0x0100 }, { 0x01C6, 0x01C4 },                     // the letter dz with caron
        { 0x03C3, 0x03A3 },                                         // sigma
        { 0x0430, 0x0410 }, { 0x0450, 0x0400 },                     // Cyrillic
        { 0x0561, 0x0531 },                                         // Armenian
        { 0x1F80, 0x1F88 },                                         // a capital of one unit
        { 0x24D0, 0x24B6 },                                         // circled a
        { 0xFF41, 0xFF21 },                                         // full width a
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        assert_int_equal(upper_case(pairs[i][0]), pairs[i][1]);
        assert_int_equal(upper_case(pairs[i][1]), pairs[i][1]);
    }
}

static void letters_without_a_way_back_stay(void **state)
{
    static const uint16_t alone[] = {
        0x00B5, // micro sign
        0x00DF, // sharp s
        0x0131, // dotless i
        0x0149, // n with apostrophe
        0x017F, // long s
        0x03C2, // final sigma
        u'[',   u'`', u'@', u'{', 0, u'\\', 0x4E00, 0xD835, 0xDC1A, 0xFFFF,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
        assert_int_equal(upper_case(alone[i]), alone[i]);
}

// So that comparing capitals splits all units into ones and pairs.
static void a_capital_is_its_own_and_has_one_letter(void **state)
{
    static uint8_t letters[0x10000];
    unsigned changed = 0;

    (void)state;
    for (unsigned unit = 0; unit < 0x10000; unit++) {
        uint16_t capital = upper_case((uint16_t)unit);
        assert_int_equal(upper_case(capital), capital);
        assert_int_equal(upper_case_by_table((uint16_t)unit), capital);
        if (capital != unit) {
            changed++;
            letters[capital]++;
            assert_int_equal(letters[capital], 1);
        }
    }
    assert_in_range(changed, 1000, 2000);
}

static void texts_are_compared_whole(void **state)
{
    (void)state;
    assert_true(upper_case_equal(u"\\Device\\\u00E4", u"\\DEVICE\\\u00C4", 9));
    assert_false(upper_case_equal(u"Device", u"Devise", 6));
    assert_true(upper_case_equal(u"x", u"y", 0));
}

static void a_hash_does_not_see_case(void **state)
{
    (void)state;
    assert_int_equal(upper_case_hash(u"", 0), 0x811C9DC5u);
    assert_int_equal(upper_case_hash(u"Drive \u00E4", 7), upper_case_hash(u"dRIVE \u00C4", 7));
    assert_int_not_equal(upper_case_hash(u"ab", 2), upper_case_hash(u"ba", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_have_their_capitals),
        cmocka_unit_test(letters_without_a_way_back_stay),
        cmocka_unit_test(a_capital_is_its_own_and_has_one_letter),
        cmocka_unit_test(texts_are_compared_whole),
        cmocka_unit_test(a_hash_does_not_see_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
