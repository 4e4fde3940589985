// SPDX-License-Identifier: MIT
// What tools/gen_font.py makes of the two fonts of make_fonts.py, which says what is in them.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const uint8_t psf1_font[256][16];
extern const uint8_t psf2_font[256][16];

static void check_glyph(const uint8_t glyph[16], unsigned expected)
{
    for (unsigned row = 0; row < 16; row++)
        assert_int_equal(glyph[row], expected);
}

static unsigned glyph_of(unsigned character)
{
    return (255 - character) ^ 0xA5;
}

static void tables_put_glyphs_in_the_order_of_latin_1(void **state)
{
    (void)state;
    for (unsigned character = 0xA0; character < 256; character++) {
        check_glyph(psf1_font[character], glyph_of(character));
        check_glyph(psf2_font[character], glyph_of(character));
    }
    for (unsigned character = 0x20; character < 0x7F; character++) {
        check_glyph(psf2_font[character], glyph_of(character));
        if (character != 'A' && character != 'B')
            check_glyph(psf1_font[character], glyph_of(character));
    }
}

static void missing_characters_look_like_question_marks(void **state)
{
    (void)state;
    check_glyph(psf1_font['A'], glyph_of('?'));
    check_glyph(psf1_font['B'], glyph_of('?'));
}

static void control_characters_are_blank(void **state)
{
    (void)state;
    check_glyph(psf1_font[0], 0);
    check_glyph(psf1_font[0x1F], 0);
    check_glyph(psf2_font[0x7F], 0);
    check_glyph(psf2_font[0x9F], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_put_glyphs_in_the_order_of_latin_1),
        cmocka_unit_test(missing_characters_look_like_question_marks),
        cmocka_unit_test(control_characters_are_blank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
