// SPDX-License-Identifier: MIT
// The initrd, read back by a reader that follows the format's description (cpio(5), "New ASCII").

#include "cpio.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define ARCHIVE_SIZE (1 << 20)

struct entry {
    const char *name;
    size_t content;
    size_t size;
    size_t mode;
};

static char archive[ARCHIVE_SIZE];
static size_t archive_size;

// A file in memory with count bytes that follow from their positions.
static int make_file(size_t count)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    for (size_t i = 0; i < count; i++) {
        char byte = (char)(i * 7 + i / 256);

        assert_int_equal(write(fd, &byte, 1), 1);
    }
    return fd;
}

static void check_content(size_t content, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(archive[content + i], (char)(i * 7 + i / 256));
}

static void load(int fd)
{
    ssize_t count = pread(fd, archive, sizeof(archive), 0);

    assert_in_range(count, 1, sizeof(archive) - 1);
    archive_size = (size_t)count;
}

static size_t field(size_t header, unsigned number)
{
    char digits[9] = "";
    char *end;
    size_t value;

    memcpy(digits, archive + header + 6 + 8 * number, 8);
    value = strtoul(digits, &end, 16);
    assert_ptr_equal(end, digits + 8);
    return value;
}

// Reads the entry whose header is at *at, and moves *at behind it.
static struct entry read_entry(size_t *at)
{
    struct entry entry;
    size_t name_size;

    assert_in_range(*at + 110, 110, archive_size);
    assert_memory_equal(archive + *at, "070701", 6);
    entry.mode = field(*at, 1);
    entry.size = field(*at, 6);
    name_size = field(*at, 11);
    entry.name = archive + *at + 110;
    assert_int_equal(entry.name[name_size - 1], '\0');
    entry.content = (*at + 110 + name_size + 3) / 4 * 4;
    *at = (entry.content + entry.size + 3) / 4 * 4;
    assert_in_range(*at, 110, archive_size);
    return entry;
}

static void check_end(size_t at)
{
    struct entry entry = read_entry(&at);

    assert_string_equal(entry.name, "TRAILER!!!");
    assert_int_equal(entry.size, 0);
    assert_int_equal(at, archive_size);
}

static void check_one_file(size_t size)
{
    struct cpio_writer writer = { .fd = memfd_create("test", MFD_CLOEXEC) };
    int file = make_file(size);
    struct entry entry;
    size_t at = 0;

    assert_int_equal(cpio_add_file(&writer, "hello.exe", file, (uint32_t)size), 0);
    assert_int_equal(cpio_finish(&writer), 0);
    load(writer.fd);
    entry = read_entry(&at);
    assert_string_equal(entry.name, "hello.exe");
    assert_int_equal(entry.mode & 0170000, 0100000);
    assert_int_equal(entry.size, size);
    assert_int_equal(entry.content % 4096, 0);
    check_content(entry.content, size);
    check_end(at);
    close(file);
    close(writer.fd);
}

static void test_files_of_any_size(void **state)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 4, 4095, 4096, 4097, 100000 };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        check_one_file(sizes[i]);
}

static void test_every_file_is_aligned(void **state)
{
    struct cpio_writer writer = { .fd = memfd_create("test", MFD_CLOEXEC) };
    int file = make_file(5000);
    size_t at = 0;
    char name[256];

    (void)state;
    for (size_t length = 1; length <= 255; length += 2) {
        memset(name, 'n', length);
        name[length] = '\0';
        assert_int_equal(cpio_add_file(&writer, name, file, (uint32_t)(length * 17)), 0);
    }
    assert_int_equal(cpio_finish(&writer), 0);
    load(writer.fd);
    for (size_t length = 1; length <= 255; length += 2) {
        struct entry entry = read_entry(&at);

        assert_int_equal(strlen(entry.name), length);
        assert_int_equal(entry.content % 4096, 0);
        check_content(entry.content, length * 17);
    }
    check_end(at);
    close(file);
    close(writer.fd);
}

static void test_a_file_that_shrank_is_an_error(void **state)
{
    struct cpio_writer writer = { .fd = memfd_create("test", MFD_CLOEXEC) };
    int file = make_file(100);

    (void)state;
    assert_int_equal(cpio_add_file(&writer, "a", file, 101), ENODATA);
    close(file);
    close(writer.fd);
}

static void test_a_failed_write_is_an_error(void **state)
{
    struct cpio_writer writer = { .fd = -1 };

    (void)state;
    assert_int_equal(cpio_finish(&writer), EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_any_size),
        cmocka_unit_test(test_every_file_is_aligned),
        cmocka_unit_test(test_a_file_that_shrank_is_an_error),
        cmocka_unit_test(test_a_failed_write_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
