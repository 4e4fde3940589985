// SPDX-License-Identifier: MIT
// pekoe's options: what is taken, what is refused, and where the program's own words begin.

#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct options options;
static char error[200];

// Parses the words up to NULL.
static enum options_result parse(char *first, ...)
{
    char *argv[16] = { "pekoe" };
    va_list words;
    int argc = 1;

    va_start(words, first);
    for (char *word = first; word != NULL; word = va_arg(words, char *))
        argv[argc++] = word;
    va_end(words);
    error[0] = '\0';
    return options_parse(&options, argc, argv, error, sizeof(error));
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("a.exe", NULL), OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 256);
    assert_int_equal(options.smp, 1);
    assert_true(options.timeout_ns == 0);
    assert_false(options.trace);
    assert_null(options.log);
    assert_int_equal(options.accel, ACCEL_AUTO);
    assert_string_equal(options.program, "a.exe");
    assert_int_equal(options.argument_count, 0);
}

static void test_all_options_in_both_forms(void **state)
{
    (void)state;
    assert_int_equal(parse("--mem", "64", "--smp=2", "--timeout", "0.5", "--trace", "--log=-",
                           "--accel", "tcg", "a.exe", NULL),
                     OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 64);
    assert_int_equal(options.smp, 2);
    assert_in_range(options.timeout_ns, 500000000, 500000001);
    assert_true(options.trace);
    assert_string_equal(options.log, "-");
    assert_int_equal(options.accel, ACCEL_TCG);
}

static void test_memory_has_units_and_limits(void **state)
{
    (void)state;
    assert_int_equal(parse("--mem=2G", "a", NULL), OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 2048);
    assert_int_equal(parse("--mem=32M", "a", NULL), OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 32);
    assert_int_equal(parse("--mem=64g", "a", NULL), OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 65536);
    assert_int_equal(parse("--mem=31", "a", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem=65G", "a", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem=99999999999999999999G", "a", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem=64K", "a", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem=-64", "a", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem=", "a", NULL), OPTIONS_BAD);
}

static void test_bad_values_are_refused(void **state)
{
    static char *const bad[] = { "--smp=0",       "--smp=65",       "--smp=2x",    "--smp=",
                                 "--timeout=0",   "--timeout=-1",   "--timeout=x", "--timeout=nan",
                                 "--timeout=inf", "--timeout=1s",   "--timeout=",  "--log=",
                                 "--accel=",      "--accel=kvmtcg", "--memory=64", "--trace=1" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i], "a.exe", NULL), OPTIONS_BAD);
        assert_memory_equal(error, bad[i], 5); // the message names the option
    }
}

static void test_options_end_at_the_program(void **state)
{
    (void)state;
    assert_int_equal(parse("--trace", "a.exe", "--mem", "x", "--", NULL), OPTIONS_RUN);
    assert_int_equal(options.mem_mib, 256);
    assert_int_equal(options.argument_count, 3);
    assert_string_equal(options.arguments[0], "--mem");
    assert_string_equal(options.arguments[2], "--");
}

static void test_two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(parse("--", "--help", "b", NULL), OPTIONS_RUN);
    assert_string_equal(options.program, "--help");
    assert_int_equal(options.argument_count, 1);
}

static void test_help_and_version(void **state)
{
    (void)state;
    assert_int_equal(parse("-h", NULL), OPTIONS_HELP);
    assert_int_equal(parse("--help", NULL), OPTIONS_HELP);
    assert_int_equal(parse("--version", NULL), OPTIONS_VERSION);
    assert_int_equal(parse("a.exe", "--help", NULL), OPTIONS_RUN);
}

static void test_help_names_every_option(void **state)
{
    static const char *const names[] = { "--mem", "--smp",   "--timeout", "--trace",
                                         "--log", "--accel", "--help",    "--version" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(options_help, names[i]));
}

static void test_missing_parts_are_named(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), OPTIONS_BAD);
    assert_string_equal(error, "no program named");
    assert_int_equal(parse("--", NULL), OPTIONS_BAD);
    assert_int_equal(parse("--mem", NULL), OPTIONS_BAD);
    assert_string_equal(error, "--mem: needs a value");
    assert_int_equal(parse("--colour", "a.exe", NULL), OPTIONS_BAD);
    assert_string_equal(error, "--colour: no such option");
    assert_int_equal(parse("-", "a.exe", NULL), OPTIONS_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_options_in_both_forms),
        cmocka_unit_test(test_memory_has_units_and_limits),
        cmocka_unit_test(test_bad_values_are_refused),
        cmocka_unit_test(test_options_end_at_the_program),
        cmocka_unit_test(test_two_dashes_end_the_options),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_help_names_every_option),
        cmocka_unit_test(test_missing_parts_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
