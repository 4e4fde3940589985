// SPDX-License-Identifier: MIT
// The control channel's lines and the host's answer about KVM: two small parsers of foreign text.

#include "control.h"
#include "kvm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct control control;

static void feed(const char *text)
{
    memset(&control, 0, sizeof(control));
    control_feed(&control, text, strlen(text));
}

static void test_exit(void **state)
{
    (void)state;
    feed("exit C0000005 STATUS_ACCESS_VIOLATION\n");
    assert_int_equal(control.outcome, OUTCOME_EXIT);
    assert_int_equal(control.status, 0xC0000005);
    assert_string_equal(control.name, "STATUS_ACCESS_VIOLATION");
    feed("exit 0000002a -\n");
    assert_int_equal(control.status, 42);
    assert_string_equal(control.name, "");
}

static void test_refused_has_a_sentence(void **state)
{
    (void)state;
    feed("refused C0000135 STATUS_DLL_NOT_FOUND needs KERNEL32.dll, which is not there\n");
    assert_int_equal(control.outcome, OUTCOME_REFUSED);
    assert_int_equal(control.status, 0xC0000135);
    assert_string_equal(control.name, "STATUS_DLL_NOT_FOUND");
    assert_string_equal(control.sentence, "needs KERNEL32.dll, which is not there");
}

static void test_bytes_may_come_one_by_one(void **state)
{
    const char *text = "exit 00000007 -\npanic late\n";

    (void)state;
    memset(&control, 0, sizeof(control));
    for (size_t i = 0; i < 16; i++)
        control_feed(&control, text + i, 1);
    assert_int_equal(control.outcome, OUTCOME_EXIT);
    assert_int_equal(control.status, 7);
    control_feed(&control, text + 16, strlen(text + 16));
    assert_int_equal(control.outcome, OUTCOME_PANIC);
    assert_string_equal(control.sentence, "late");
}

static void test_first_status_counts(void **state)
{
    (void)state;
    feed("exit 00000001 -\nexit 00000002 -\nrefused 00000003 - x\n");
    assert_int_equal(control.outcome, OUTCOME_EXIT);
    assert_int_equal(control.status, 1);
    feed("panic first\nexit 00000002 -\n");
    assert_int_equal(control.outcome, OUTCOME_PANIC);
}

static void test_nonsense_is_ignored(void **state)
{
    static const char *const lines[] = {
        "exit\n",      "exit 1 -\n", "exit 0000000G -\n", "exit 00000001", "exit000000 1\n", "\n",
        "exits 1 -\n", " \n",        "exit 000000001 -\n"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        feed(lines[i]);
        assert_int_equal(control.outcome, OUTCOME_NONE);
    }
}

static void test_long_lines_are_cut(void **state)
{
    static char text[100000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "panic ", 6);
    text[sizeof(text) - 2] = '\n';
    feed(text);
    assert_int_equal(control.outcome, OUTCOME_PANIC);
    assert_int_equal(strlen(control.sentence), sizeof(control.sentence) - 1);
}

static void test_control_characters_are_replaced(void **state)
{
    (void)state;
    feed("panic \033[2Jgone\n");
    assert_string_equal(control.sentence, "?[2Jgone");
}

static void test_cpuinfo(void **state)
{
    (void)state;
    assert_true(kvm_in_cpuinfo("processor\t: 0\nflags\t\t: fpu vmx sse\nbugs\t\t:\n"));
    assert_true(kvm_in_cpuinfo("processor\t: 0\nflags\t\t: fpu svm"));
    assert_false(kvm_in_cpuinfo("processor\t: 0\nflags\t\t: fpu sse\nvmx flags\t: vnmi svm\n"));
    assert_false(kvm_in_cpuinfo("processor\t: 0\nflags\t\t: fpu vmxx xsvm\n"));
    assert_false(kvm_in_cpuinfo("processor\t: 0\nflags\t\t:\nmodel\t: vmx\n"));
    assert_false(kvm_in_cpuinfo(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_refused_has_a_sentence),
        cmocka_unit_test(test_bytes_may_come_one_by_one),
        cmocka_unit_test(test_first_status_counts),
        cmocka_unit_test(test_nonsense_is_ignored),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_control_characters_are_replaced),
        cmocka_unit_test(test_cpuinfo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
