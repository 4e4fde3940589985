// SPDX-License-Identifier: MIT
// The streams of a run under stress, and every way in which a run is cut short: whatever happens,
// no byte is lost silently and no machine is left behind.

#include "run_pekoe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void test_a_mebibyte_passes_both_ways(void **state)
{
    static char bytes[1 << 20];
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (char)(random >> 24);
    }
    run_pekoe_with_input("cat\ncontrol exit 00000000 -\n" RUN_ORDERLY, NULL, bytes, sizeof(bytes));
    assert_int_equal(run_result.status, 0);
    assert_int_equal(run_result.out_size, sizeof(bytes));
    assert_memory_equal(run_result.out, bytes, sizeof(bytes));
}

static void test_a_reader_that_left_breaks_the_pipe(void **state)
{
    char byte;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = run_start("flood\ncontrol exit 00000003 -\n" RUN_ORDERLY, NULL, null, ends[1], null);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    assert_int_equal(run_finish(pid), 3);
    close(null);
}

static void test_a_slow_reader_loses_nothing(void **state)
{
    static char buffer[65536];
    size_t total = 0;
    ssize_t count;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = run_start("flood 4194304\ncontrol exit 00000003 -\n" RUN_ORDERLY, NULL, null, ends[1],
                    null);
    close(ends[1]);
    poll(NULL, 0, 200);
    while ((count = read(ends[0], buffer, sizeof(buffer))) > 0)
        total += (size_t)count;
    assert_int_equal(total, 4194304);
    assert_int_equal(run_finish(pid), 3);
    close(ends[0]);
    close(null);
}

static void test_lost_output_is_a_failure(void **state)
{
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    int err = run_make_file("", 0);

    (void)state;
    run_result.status = run_finish(
        run_start("out x\ncontrol exit 00000000 -\n" RUN_ORDERLY, NULL, full, full, err));
    run_take_file(err, run_result.err);
    close(full);
    assert_int_equal(run_result.status, 125);
    run_check_message("cannot write to standard output: No space left on device\n");
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void test_timeout_is_124(void **state)
{
    char *words[] = { "--timeout", "0.2", run_program, NULL };
    double begin = now();

    (void)state;
    run_pekoe("out before\nhang\n", words);
    assert_int_equal(run_result.status, 124);
    assert_string_equal(run_result.out, "before\n");
    run_check_message("timed out after 0.2 s\n");
    assert_true(now() - begin >= 0.2);
}

// Starts a machine that hangs, and returns when it runs. *machine is its process.
static pid_t start_hanging(pid_t *machine)
{
    char digits[32] = "";
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = run_start("pid\nhang\n", NULL, null, ends[1], null);
    assert_true(read(ends[0], digits, sizeof(digits) - 1) > 0);
    *machine = atoi(digits);
    close(null);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

// Whether the process is gone, or a zombie that its new parent has yet to reap; waits up to 5 s.
static bool is_gone(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    for (unsigned i = 0; i < 500; i++) {
        char stat[256] = "";
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return true;
        if (read(fd, stat, sizeof(stat) - 1) <= 0 || strstr(stat, ") Z ") != NULL) {
            close(fd);
            return true;
        }
        close(fd);
        poll(NULL, 0, 10);
    }
    return false;
}

static void test_a_signal_ends_machine_and_pekoe(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGKILL };

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t machine;
        pid_t pid = start_hanging(&machine);

        kill(pid, signals[i]);
        assert_int_equal(run_finish(pid), RUN_SIGNALED + signals[i]);
        assert_true(is_gone(machine));
    }
}

static void test_an_ignored_signal_stays_ignored(void **state)
{
    pid_t machine;
    pid_t pid;

    (void)state;
    signal(SIGHUP, SIG_IGN);
    pid = start_hanging(&machine);
    signal(SIGHUP, SIG_DFL);
    kill(pid, SIGHUP);
    kill(pid, SIGTERM);
    assert_int_equal(run_finish(pid), RUN_SIGNALED + SIGTERM);
    assert_true(is_gone(machine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mebibyte_passes_both_ways),
        cmocka_unit_test(test_a_reader_that_left_breaks_the_pipe),
        cmocka_unit_test(test_a_slow_reader_loses_nothing),
        cmocka_unit_test(test_lost_output_is_a_failure),
        cmocka_unit_test(test_timeout_is_124),
        cmocka_unit_test(test_a_signal_ends_machine_and_pekoe),
        cmocka_unit_test(test_an_ignored_signal_stays_ignored),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
