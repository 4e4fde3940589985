// SPDX-License-Identifier: MIT
// Runs pekoe, built with the sanitizers, against a stand-in for QEMU (fake_qemu.c). Both lie beside
// the test program.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#define RUN_OUTPUT_SIZE (1 << 22)
#define RUN_PATH_SIZE   4096

// The last line of a script in which the machine ends as it should.
#define RUN_ORDERLY "exit 33\n"

// Died by signal n: RUN_SIGNALED + n.
#define RUN_SIGNALED 1000

// What a run left behind.
struct run_result {
    int status;
    char out[RUN_OUTPUT_SIZE];
    size_t out_size;
    char err[RUN_OUTPUT_SIZE];
};

extern struct run_result run_result;
extern char run_pekoe_path[];
extern char run_fake_qemu[];
extern char run_program[]; // a file that starts with MZ

// For cmocka_run_group_tests.
int run_setup(void **state);
int run_teardown(void **state);

/*
 * Starts pekoe.
 *
 * script   for the stand-in, a verb a line
 * words    pekoe's arguments up to NULL; NULL stands for just the program
 */
pid_t run_start(const char *script, char *const *words, int in, int out, int err);

// Waits for its end and returns its exit code, or RUN_SIGNALED and more.
int run_finish(pid_t pid);

// Both at once, into run_result, with the given bytes or nothing on stdin.
void run_pekoe_with_input(const char *script, char *const *words, const char *input, size_t count);
void run_pekoe(const char *script, char *const *words);

// A file in memory with these bytes, and the reverse, which closes it.
int run_make_file(const char *bytes, size_t count);
size_t run_take_file(int fd, char to[RUN_OUTPUT_SIZE]);

// Fails unless text is part of what came on stderr.
void run_check_message(const char *text);
