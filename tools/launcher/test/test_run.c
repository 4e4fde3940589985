// SPDX-License-Identifier: MIT
// pekoe as a whole, run as its users run it: each outcome, its exit code and its words.

#include "run_pekoe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

static void test_exit_code_and_streams_pass(void **state)
{
    (void)state;
    run_pekoe("out to out\nerr to err\ncontrol exit 0000002A -\n" RUN_ORDERLY, NULL);
    assert_int_equal(run_result.status, 42);
    assert_string_equal(run_result.out, "to out\n");
    assert_string_equal(run_result.err, "to err\n");
}

static void test_wide_exit_codes_are_told(void **state)
{
    (void)state;
    run_pekoe("control exit 000000FF -\n" RUN_ORDERLY, NULL);
    assert_int_equal(run_result.status, 255);
    assert_string_equal(run_result.err, "");
    run_pekoe("control exit 00000100 -\n" RUN_ORDERLY, NULL);
    assert_int_equal(run_result.status, 255);
    run_check_message("ended with 0x00000100\n");
    run_pekoe("control exit C0000005 STATUS_ACCESS_VIOLATION\n" RUN_ORDERLY, NULL);
    assert_int_equal(run_result.status, 255);
    run_check_message("ended with 0xC0000005 (STATUS_ACCESS_VIOLATION)\n");
}

static void test_crash_report_is_shown_without_its_marks(void **state)
{
    (void)state;
    run_pekoe(
        "log noise\nlog [0.1] ---- crash report\nlog at main+0x10\nlog [0.2] ---- end of report\n"
        "log more\ncontrol exit C0000005 STATUS_ACCESS_VIOLATION\n" RUN_ORDERLY,
        NULL);
    assert_memory_equal(run_result.err, "at main+0x10\npekoe: ", 20);
    assert_null(strstr(run_result.err, "noise"));
    assert_null(strstr(run_result.err, "more"));
}

static void test_refusal_is_126_with_the_reason(void **state)
{
    (void)state;
    run_pekoe("log noise\ncontrol refused C0000135 STATUS_DLL_NOT_FOUND needs A.dll\n" RUN_ORDERLY,
              NULL);
    assert_int_equal(run_result.status, 126);
    run_check_message(": needs A.dll (STATUS_DLL_NOT_FOUND)\n");
    assert_null(strstr(run_result.err, "noise"));
}

static void test_panic_is_125_with_the_log(void **state)
{
    (void)state;
    run_pekoe("log last words\ncontrol panic mm: frame freed twice\nexit 35\n", NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("last words\n");
    run_check_message("pekoe: the kernel panicked: mm: frame freed twice\n");
    run_pekoe("log last words\nexit 35\n", NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("pekoe: the kernel panicked\n");
}

static void test_a_machine_that_ends_badly_is_125(void **state)
{
    (void)state;
    run_pekoe(RUN_ORDERLY, NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("without a word");
    run_pekoe("exit 0\n", NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("stopped or reset");
    run_pekoe("message no such device\nexit 1\n", NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("no such device\n");
    run_check_message("QEMU failed with exit code 1");
    run_pekoe("control exit 00000000 -\nkill\n", NULL);
    assert_int_equal(run_result.status, 125);
    run_check_message("killed by signal 9");
}

static void test_pekoe_says_what_it_lacks(void **state)
{
    char *missing[] = { "/nonexistent/a.exe", NULL };
    char *below_file[] = { "/proc/self/stat/a.exe", NULL };
    char *directory[] = { "/", NULL };
    char *no_program[] = { run_pekoe_path, NULL }; // an ELF file
    char *bad_option[] = { "--bad", run_program, NULL };

    (void)state;
    run_pekoe("", missing);
    assert_int_equal(run_result.status, 127);
    run_pekoe("", below_file);
    assert_int_equal(run_result.status, 127);
    run_pekoe("", directory);
    assert_int_equal(run_result.status, 126);
    run_check_message("/: is a directory\n");
    run_pekoe("", no_program);
    assert_int_equal(run_result.status, 126);
    run_check_message("does not start with MZ");
    run_pekoe("", bad_option);
    assert_int_equal(run_result.status, 125);
    run_check_message("--bad: no such option\n");

    setenv("PEKOE_QEMU", "/nonexistent/qemu", 1);
    run_pekoe("", NULL);
    setenv("PEKOE_QEMU", run_fake_qemu, 1);
    assert_int_equal(run_result.status, 125);
    run_check_message("/nonexistent/qemu: not found");
    setenv("PEKOE_KERNEL", "/nonexistent/kernel", 1);
    run_pekoe("", NULL);
    setenv("PEKOE_KERNEL", run_fake_qemu, 1);
    assert_int_equal(run_result.status, 125);
    run_check_message("/nonexistent/kernel: no kernel");
}

static void test_qemu_gets_what_was_asked_for(void **state)
{
    char *words[] = {
        "--mem", "64", "--smp", "2", "--accel", "tcg", run_program, "two words", NULL
    };
    char expected[200];

    (void)state;
    run_pekoe("arguments\ncontrol exit 00000000 -\n" RUN_ORDERLY, words);
    assert_int_equal(run_result.status, 0);
    snprintf(expected, sizeof(expected),
             "\n-append\nlog=warn " VM_KERNEL_OPTIONS " cpus=2 -- %s \"two words\"\n",
             strrchr(run_program, '/') + 1);
    assert_non_null(strstr(run_result.out, expected));
    assert_non_null(strstr(run_result.out, "\n-m\n64\n"));
    assert_non_null(strstr(run_result.out, "\n-smp\n2\n"));
    assert_non_null(strstr(run_result.out, "nr=1,name=pekoe.stdin,chardev=stdin\n"));
    assert_null(strstr(run_result.out, "\nkvm\n"));
}

// QEMU gets the initrd and four channels, and nothing of ours or of our caller's.
static void test_qemu_inherits_nothing_else(void **state)
{
    int stray = open("/dev/null", O_RDONLY); // not close-on-exec

    (void)state;
    run_pekoe("descriptors\ncontrol exit 00000000 -\n" RUN_ORDERLY, NULL);
    close(stray);
    assert_string_equal(run_result.out, "file socket socket socket socket \n");
}

static void test_log_goes_where_asked(void **state)
{
    char path[] = "/tmp/pekoe-test-log-XXXXXX";
    char *to_file[] = { "--log", path, run_program, NULL };
    char *to_stderr[] = { "--log", "-", run_program, NULL };
    char *trace[] = { "--trace", run_program, NULL };
    char *to_nowhere[] = { "--log", "/nonexistent/log", run_program, NULL };
    const char *script = "arguments\nlog a line\ncontrol exit 00000000 -\n" RUN_ORDERLY;
    char text[64] = "";
    int fd = mkostemp(path, O_CLOEXEC);

    (void)state;
    run_pekoe(script, NULL);
    assert_string_equal(run_result.err, "");
    run_pekoe(script, to_file);
    unlink(path);
    assert_string_equal(run_result.err, "");
    assert_non_null(strstr(run_result.out, "\nlog=info " VM_KERNEL_OPTIONS " cpus=1 -- "));
    assert_int_equal(read(fd, text, sizeof(text)), 7);
    assert_string_equal(text, "a line\n");
    close(fd);
    run_pekoe(script, to_stderr);
    assert_string_equal(run_result.err, "a line\n");
    run_pekoe(script, trace);
    assert_string_equal(run_result.err, "a line\n");
    assert_non_null(strstr(run_result.out, "\nlog=info trace " VM_KERNEL_OPTIONS " cpus=1 -- "));
    run_pekoe(script, to_nowhere);
    assert_int_equal(run_result.status, 125);
    run_check_message("/nonexistent/log: No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_code_and_streams_pass),
        cmocka_unit_test(test_wide_exit_codes_are_told),
        cmocka_unit_test(test_crash_report_is_shown_without_its_marks),
        cmocka_unit_test(test_refusal_is_126_with_the_reason),
        cmocka_unit_test(test_panic_is_125_with_the_log),
        cmocka_unit_test(test_a_machine_that_ends_badly_is_125),
        cmocka_unit_test(test_pekoe_says_what_it_lacks),
        cmocka_unit_test(test_qemu_gets_what_was_asked_for),
        cmocka_unit_test(test_qemu_inherits_nothing_else),
        cmocka_unit_test(test_log_goes_where_asked),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
