// SPDX-License-Identifier: MIT
// The harness of test_run and test_streams.

#include "run_pekoe.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct run_result run_result;
char run_pekoe_path[RUN_PATH_SIZE];
char run_fake_qemu[RUN_PATH_SIZE];
char run_program[64];

int run_make_file(const char *bytes, size_t count)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_int_equal(write(fd, bytes, count), count);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

pid_t run_start(const char *script, char *const *words, int in, int out, int err)
{
    char *just_program[] = { run_program, NULL };
    char *argv[16] = { run_pekoe_path };
    pid_t pid;

    words = words != NULL ? words : just_program;
    for (unsigned i = 0; words[i] != NULL; i++)
        argv[i + 1] = words[i];
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        setenv("FAKE_QEMU", script, 1);
        execv(run_pekoe_path, argv);
        _exit(99);
    }
    return pid;
}

int run_finish(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? RUN_SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);
}

size_t run_take_file(int fd, char to[RUN_OUTPUT_SIZE])
{
    ssize_t count = pread(fd, to, RUN_OUTPUT_SIZE - 1, 0);

    assert_true(count >= 0);
    to[count] = '\0';
    close(fd);
    return (size_t)count;
}

void run_pekoe_with_input(const char *script, char *const *words, const char *input, size_t count)
{
    int in = run_make_file(input, count);
    int out = run_make_file("", 0);
    int err = run_make_file("", 0);

    run_result.status = run_finish(run_start(script, words, in, out, err));
    run_result.out_size = run_take_file(out, run_result.out);
    run_take_file(err, run_result.err);
    close(in);
}

void run_pekoe(const char *script, char *const *words)
{
    run_pekoe_with_input(script, words, "", 0);
}

void run_check_message(const char *text)
{
    if (strstr(run_result.err, text) == NULL) {
        print_error("expected: %s\nstderr was: %s\n", text, run_result.err);
        fail();
    }
}

// Writes the path of a file that lies beside this program.
static bool find_neighbour(char path[RUN_PATH_SIZE], const char *name)
{
    ssize_t length = readlink("/proc/self/exe", path, RUN_PATH_SIZE);
    char *slash;

    if (length < 0 || (size_t)length + strlen(name) >= RUN_PATH_SIZE)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    strcpy(slash + 1, name);
    return true;
}

int run_setup(void **state)
{
    int fd;

    (void)state;
    if (!find_neighbour(run_pekoe_path, "pekoe") || !find_neighbour(run_fake_qemu, "fake_qemu"))
        return -1;
    setenv("PEKOE_QEMU", run_fake_qemu, 1);
    setenv("PEKOE_KERNEL", run_fake_qemu, 1); // any file that can be read
    strcpy(run_program, "/tmp/pekoe-test-XXXXXX");
    fd = mkostemp(run_program, O_CLOEXEC);
    if (fd < 0 || write(fd, "MZ program", 10) != 10)
        return -1;
    return close(fd);
}

int run_teardown(void **state)
{
    (void)state;
    return unlink(run_program);
}
