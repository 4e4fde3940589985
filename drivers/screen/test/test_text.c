// SPDX-License-Identifier: MIT
// The text grid: what a screen shows after some writing, and that scrolling draws only changes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../text.h"

#define COLUMNS 10u
#define ROWS    4u

static struct text_grid grid;
static text_cell_t cells[2 * COLUMNS * ROWS];
static text_cell_t screen[ROWS][COLUMNS];
static unsigned drawn;

static void draw(unsigned column, unsigned row, text_cell_t cell)
{
    assert_in_range(column, 0, COLUMNS - 1);
    assert_in_range(row, 0, ROWS - 1);
    assert_int_not_equal(screen[row][column], cell);
    screen[row][column] = cell;
    drawn++;
}

static int setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COLUMNS * ROWS; i++)
        screen[i / COLUMNS][i % COLUMNS] = TEXT_BLANK;
    assert_int_equal(text_cell_count(COLUMNS, ROWS), sizeof(cells) / sizeof(cells[0]));
    text_init(&grid, COLUMNS, ROWS, cells, draw);
    drawn = 0;
    return 0;
}

static void write(const char *text)
{
    text_write(&grid, text, strlen(text));
    text_refresh(&grid);
}

// Compares the screen with lines; cells behind a line's end must be blank.
static void check(const char *line0, const char *line1, const char *line2, const char *line3)
{
    const char *const lines[ROWS] = { line0, line1, line2, line3 };

    for (unsigned row = 0; row < ROWS; row++) {
        size_t length = strlen(lines[row]);

        for (unsigned column = 0; column < COLUMNS; column++) {
            char expected = column < length ? lines[row][column] : ' ';

            assert_int_equal(screen[row][column] & 0xFF, (unsigned char)expected);
        }
    }
}

static void text_appears_line_by_line(void **state)
{
    (void)state;
    write("one\ntwo\n");
    check("one", "two", "", "");
    write("th");
    write("ree");
    check("one", "two", "three", "");
    assert_int_equal(drawn, 11);
}

static void the_screen_scrolls_at_its_end(void **state)
{
    (void)state;
    write("1\n2\n3\n4");
    check("1", "2", "3", "4");
    write("\n5\n6");
    check("3", "4", "5", "6");
    write("\n7\n8\n9\n10\n11\n12\n13");
    check("10", "11", "12", "13");
}

static void scrolling_draws_only_what_differs(void **state)
{
    (void)state;
    write("same 1\nsame 2\nsame 3\nsame 4");
    drawn = 0;
    write("\nsame 5");
    check("same 2", "same 3", "same 4", "same 5");
    assert_int_equal(drawn, 4);
}

static void a_burst_of_lines_is_drawn_once(void **state)
{
    (void)state;
    write("a\nb\nc\nd\ne\nf\ng\nh\ni");
    check("f", "g", "h", "i");
    assert_int_equal(drawn, 4);
}

static void long_lines_wrap(void **state)
{
    (void)state;
    write("0123456789");
    check("0123456789", "", "", "");
    write("\nnext");
    check("0123456789", "next", "", "");
    write("5678901234");
    check("0123456789", "next567890", "1234", "");
}

static void control_characters_move(void **state)
{
    (void)state;
    write("abc\rX\n12\b3\n\tT\n\b\a\x1B\x7F!");
    check("Xbc", "13", "        T", "!");
}

static void tabs_end_at_the_line_s_end(void **state)
{
    (void)state;
    write("123456789\tx");
    check("123456789 ", "x", "", "");
}

static void utf_8_is_decoded(void **state)
{
    (void)state;
    write("\xC3\xA9\xC2\xA0\xE2\x82\xAC\xF0\x9F\x98\x80\xC4\x80");
    check("\xE9\xA0???", "", "", "");
}

static void broken_utf_8_shows_question_marks(void **state)
{
    (void)state;
    write("\x80"
          "a"
          "\xC3"
          "b"
          "\xE2\x82"
          "c"
          "\xFF"
          "d");
    check("?a?b?c?d", "", "", "");
    write("\xC3");
    write("\xC3");
    write("\xA9");
    check("?a?b?c?d?\xE9", "", "", "");
}

static void overlong_and_c1_characters_are_not_drawn_raw(void **state)
{
    (void)state;
    write("\xE0\x80\x8A"
          "\xC2\x85"
          "\xC0\x8A");
    check("????", "", "", "");
}

static void cells_carry_the_colour(void **state)
{
    (void)state;
    grid.colour = TEXT_RED;
    write("r");
    grid.colour = TEXT_YELLOW;
    write("y");
    assert_int_equal(screen[0][0], TEXT_RED << 8 | 'r');
    assert_int_equal(screen[0][1], TEXT_YELLOW << 8 | 'y');
    assert_int_equal(screen[0][2], TEXT_BLANK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(text_appears_line_by_line),
        TEST(the_screen_scrolls_at_its_end),
        TEST(scrolling_draws_only_what_differs),
        TEST(a_burst_of_lines_is_drawn_once),
        TEST(long_lines_wrap),
        TEST(control_characters_move),
        TEST(tabs_end_at_the_line_s_end),
        TEST(utf_8_is_decoded),
        TEST(broken_utf_8_shows_question_marks),
        TEST(overlong_and_c1_characters_are_not_drawn_raw),
        TEST(cells_carry_the_colour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
