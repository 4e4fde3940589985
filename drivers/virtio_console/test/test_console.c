// SPDX-License-Identifier: MIT
// The whole driver against a device that behaves like QEMU's, then against one that does not.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"

// For the driver's struct, which the kernel finds through a section.
#include "../console.c"

#define STDIN  1u
#define STDOUT 2u

#define LARGE 1000003u // bytes; no multiple of any buffer

static struct console *attached;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    attached = NULL;
    return 0;
}

static void free_port(struct port *port)
{
    for (unsigned i = 0; i < RECEIVE_BUFFER_COUNT; i++) {
        if (port->received[i].frame != NULL)
            frames_free(port->received[i].frame);
    }
    for (unsigned i = 0; i < port->send_count; i++)
        frames_free(port->sending[i].frame);
}

// The kernel never lets go of the driver; a test must, and finds what it lost.
static int teardown(void **state)
{
    (void)state;
    free(fake_device.ports[STDOUT].output);
    if (attached == NULL)
        return 0;
    for (unsigned i = 0; i < attached->port_count; i++)
        free_port(&attached->ports[i]);
    destroy_console(attached);
    assert_int_equal(fake_kernel.frames, 0);
    assert_int_equal(fake_kernel.blocks, 0);
    return 0;
}

static status_t do_attach(void)
{
    status_t status;

    assert_true(virtio_console_driver.match(&fake_device.virtio.device));
    status = virtio_console_driver.attach(&fake_device.virtio.device);
    attached = fake_kernel.blocks != 0 ? fake_device.virtio.driver_data : NULL;
    return status;
}

static struct chardev *attach_and_find(const char *name)
{
    struct chardev *chardev;

    assert_int_equal(do_attach(), STATUS_SUCCESS);
    chardev = fake_chardev(name);
    assert_non_null(chardev);
    return chardev;
}

static uint8_t *random_bytes(size_t size)
{
    uint8_t *bytes = malloc(size);
    unsigned random = 1;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(random >> 24);
    }
    return bytes;
}

static void host_sends(const void *bytes, size_t size)
{
    fake_device.ports[STDIN].input = bytes;
    fake_device.ports[STDIN].input_left = size;
}

static void host_takes(size_t room, size_t room_per_turn)
{
    fake_device.ports[STDOUT].output = malloc(LARGE);
    fake_device.ports[STDOUT].output_room = room;
    fake_device.ports[STDOUT].room_per_turn = room_per_turn;
}

static void check_read(struct chardev *chardev, const char *expected)
{
    char buffer[64];
    size_t done;

    assert_int_equal(chardev->ops->read(chardev, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    assert_int_equal(done, strlen(expected));
    assert_memory_equal(buffer, expected, done);
}

static void check_read_fails(struct chardev *chardev, status_t expected)
{
    char buffer[64];
    size_t done = 77;

    assert_int_equal(chardev->ops->read(chardev, buffer, sizeof(buffer), &done), expected);
    assert_int_equal(done, 0);
}

static void check_output(const void *expected, size_t size)
{
    assert_int_equal(fake_device.ports[STDOUT].output_length, size);
    assert_memory_equal(fake_device.ports[STDOUT].output, expected, size);
}

static void ports_get_the_names_that_pekoe_gave(void **state)
{
    (void)state;
    assert_int_equal(do_attach(), STATUS_SUCCESS);
    assert_int_equal(fake_kernel.chardev_count, 4);
    assert_non_null(fake_chardev("stdin"));
    assert_non_null(fake_chardev("stdout"));
    assert_non_null(fake_chardev("stderr"));
    assert_non_null(fake_chardev("control"));
    for (unsigned i = 1; i < FAKE_PORTS; i++)
        assert_true(fake_device.ports[i].is_guest_open);
}

static void a_prompt_device_is_never_waited_for(void **state)
{
    (void)state;
    assert_int_equal(do_attach(), STATUS_SUCCESS);
    assert_int_equal(fake_kernel.sleeps, 0);
    assert_true(fake_device.notifications <= 4);
}

static void a_slow_device_is_waited_for(void **state)
{
    (void)state;
    fake_device.is_lazy = true;
    assert_int_equal(do_attach(), STATUS_SUCCESS);
    assert_int_equal(fake_kernel.chardev_count, 4);
    assert_true(fake_kernel.sleeps >= 2);
    assert_int_equal(fake_kernel.unwoken, 0);
}

static void a_silent_device_is_given_up(void **state)
{
    (void)state;
    fake_device.is_silent = true;
    assert_int_equal(do_attach(), STATUS_IO_DEVICE_ERROR);
    assert_int_equal(fake_kernel.chardev_count, 0);
    assert_int_equal(fake_device.status, 0);
    assert_int_equal(fake_kernel.error_lines, 1);
}

static void a_device_with_one_port_is_refused(void **state)
{
    (void)state;
    fake_device.features = VIRTIO_F_VERSION_1 | 1;
    assert_int_equal(do_attach(), STATUS_NOT_SUPPORTED);
    assert_int_equal(fake_device.status, 0);
    assert_int_equal(fake_kernel.blocks, 0);
}

static void strange_names_are_left_alone(void **state)
{
    (void)state;
    fake_device.ports[1].name = "pekoe.";
    fake_device.ports[2].name = "org.example.agent";
    fake_device.ports[3].name = "pekoe.a_name_that_is_far_too_long_for_any_port_of_ours";
    assert_int_equal(do_attach(), STATUS_SUCCESS);
    assert_int_equal(fake_kernel.chardev_count, 1);
    assert_non_null(fake_chardev("control"));
}

static void memory_that_runs_out_during_attach_comes_back(void **state)
{
    unsigned allocations = 0;

    do {
        setup(state);
        fake_kernel.allocations_left = allocations++;
        if (do_attach() == STATUS_SUCCESS)
            break;
        assert_int_equal(fake_device.status, 0);
        assert_int_equal(fake_kernel.frames, 0);
        assert_int_equal(fake_kernel.blocks, 0);
    } while (allocations < 1000);
    assert_in_range(allocations, 10, 100);
}

static void a_small_write_arrives_at_once(void **state)
{
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(LARGE, 0);
    out = attach_and_find("stdout");
    assert_int_equal(out->ops->write(out, "name? ", 6, &done), STATUS_SUCCESS);
    assert_int_equal(done, 6);
    check_output("name? ", 6);
    assert_int_equal(fake_kernel.sleeps, 0);
}

static void a_stalling_host_stalls_the_writer_and_loses_nothing(void **state)
{
    uint8_t *bytes = random_bytes(LARGE);
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(0, 20000);
    out = attach_and_find("stdout");
    assert_int_equal(out->ops->write(out, bytes, LARGE, &done), STATUS_SUCCESS);
    assert_int_equal(done, LARGE);
    out->ops->flush(out);
    check_output(bytes, LARGE);
    assert_true(fake_kernel.sleeps > 10);
    free(bytes);
}

static void flush_waits_for_the_host(void **state)
{
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(0, 5);
    out = attach_and_find("stdout");
    assert_int_equal(out->ops->write(out, "12345", 5, &done), STATUS_SUCCESS);
    check_output("", 0);
    out->ops->flush(out);
    check_output("12345", 5);
}

static void writing_to_a_closed_port_breaks_the_pipe(void **state)
{
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(0, 0);
    out = attach_and_find("stdout");
    fake_close(STDOUT);
    fake_device.virtio.hooks->interrupt(&fake_device.virtio);
    assert_int_equal(out->ops->write(out, "x", 1, &done), STATUS_PIPE_BROKEN);
    assert_int_equal(done, 0);
    out->ops->flush(out);
}

static void a_write_that_stalls_for_ever_can_be_cancelled(void **state)
{
    uint8_t *bytes = random_bytes(LARGE);
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(0, 0);
    out = attach_and_find("stdout");
    assert_int_equal(out->ops->write(out, bytes, LARGE, &done), STATUS_CANCELLED);
    assert_int_equal(done, SEND_BUFFER_COUNT * (PAGE_SIZE << SEND_BUFFER_ORDER));
    free(bytes);
}

static void writing_gets_by_with_one_page(void **state)
{
    uint8_t *bytes = random_bytes(LARGE);
    struct chardev *out;
    size_t done;

    (void)state;
    host_takes(0, 20000);
    out = attach_and_find("stdout");
    fake_kernel.allocations_left = 0;
    assert_int_equal(out->ops->write(out, bytes, LARGE, &done), STATUS_NO_MEMORY);
    fake_kernel.allocations_left = 1;
    assert_int_equal(out->ops->write(out, bytes, LARGE, &done), STATUS_SUCCESS);
    out->ops->flush(out);
    check_output(bytes, LARGE);
    free(bytes);
}

static void reading_gives_what_is_there(void **state)
{
    struct chardev *in;
    char byte;
    size_t done;

    (void)state;
    in = attach_and_find("stdin");
    host_sends("abcdef", 6);
    assert_int_equal(in->ops->read(in, &byte, 1, &done), STATUS_SUCCESS);
    assert_int_equal(byte, 'a');
    check_read(in, "bcdef");
    check_read_fails(in, STATUS_CANCELLED);
    host_sends("g", 1);
    check_read(in, "g");
}

static void nothing_is_read_that_nobody_asked_for(void **state)
{
    struct chardev *in;
    size_t done;

    (void)state;
    host_sends("abc", 3);
    in = attach_and_find("stdin");
    assert_int_equal(fake_receive_buffers(STDIN), 0);
    assert_int_equal(in->ops->read(in, NULL, 0, &done), STATUS_SUCCESS);
    assert_int_equal(fake_device.ports[STDIN].input_left, 3);
}

static void a_long_input_arrives_whole_and_then_ends(void **state)
{
    static const size_t chunks[] = { 4096, 4095, 1000, 17 };
    static const size_t sizes[] = { 65536, 5000, 1 };
    uint8_t *bytes = random_bytes(LARGE), *got = malloc(LARGE + 65536);

    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]) * 3; i++) {
        size_t length = 0, size = sizes[i % 3], done;
        struct chardev *in;
        status_t status;

        setup(state);
        host_sends(bytes, LARGE);
        fake_device.ports[STDIN].input_chunk = chunks[i / 3];
        fake_device.ports[STDIN].closes_at_end = true;
        in = attach_and_find("stdin");
        while ((status = in->ops->read(in, got + length, size, &done)) == STATUS_SUCCESS) {
            assert_in_range(done, 1, size);
            length += done;
        }
        assert_int_equal(status, STATUS_END_OF_FILE);
        assert_int_equal(length, LARGE);
        assert_memory_equal(got, bytes, LARGE);
        check_read_fails(in, STATUS_END_OF_FILE);
        teardown(state);
    }
    attached = NULL;
    free(bytes);
    free(got);
}

// The close is known before the data has been read: the data comes first all the same.
static void data_comes_before_the_end_of_file(void **state)
{
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    check_read_fails(in, STATUS_CANCELLED);
    host_sends("last words", 10);
    fake_device.ports[STDIN].closes_at_end = true;
    virtio_queue_notify(&attached->ports[0].receive);
    fake_device.virtio.hooks->interrupt(&fake_device.virtio);
    assert_false(attached->ports[0].is_open);
    check_read(in, "last words");
    check_read_fails(in, STATUS_END_OF_FILE);
}

static void a_length_beyond_the_buffer_ends_the_port(void **state)
{
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    check_read_fails(in, STATUS_CANCELLED);
    fake_answer_receive(STDIN, 0, RECEIVE_BUFFER_SIZE + 1);
    check_read_fails(in, STATUS_IO_DEVICE_ERROR);
    check_read_fails(in, STATUS_IO_DEVICE_ERROR);
    assert_int_equal(fake_kernel.error_lines, 1);
}

static void an_unknown_buffer_ends_the_port(void **state)
{
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    check_read_fails(in, STATUS_CANCELLED);
    fake_answer_receive(STDIN, 1000, 10);
    check_read_fails(in, STATUS_IO_DEVICE_ERROR);
}

static void empty_answers_are_passed_over(void **state)
{
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    check_read_fails(in, STATUS_CANCELLED);
    for (unsigned i = 0; i < 3 * RECEIVE_BUFFER_COUNT; i++) {
        fake_answer_receive(STDIN, 0, 0);
        fake_device.virtio.hooks->interrupt(&fake_device.virtio);
        check_read_fails(in, STATUS_CANCELLED);
    }
    host_sends("x", 1);
    check_read(in, "x");
}

static void strange_control_messages_do_no_harm(void **state)
{
    uint8_t bytes[CONTROL_BUFFER_SIZE];
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    memset(bytes, 'x', sizeof(bytes));
    for (unsigned i = 0; i < 100; i++) {
        bool was_sent = true;

        switch (i % 5) {
        case 0:
            was_sent = fake_send_raw(bytes, i % sizeof(struct control_message));
            break;
        case 1:
            was_sent = fake_send_control(0xFFFFFFFF - i, CONTROL_PORT_OPEN, 0, "", 0);
            break;
        case 2: // a name without an end, for a port that has one
            was_sent = fake_send_control(STDIN, CONTROL_PORT_NAME, 1, bytes, 120);
            break;
        case 3:
            was_sent = fake_send_control(STDIN, (uint16_t)(8 + i), 1, bytes, 120);
            break;
        default:
            was_sent = fake_send_control(0, CONTROL_PORT_ADD, 1, "", 0);
            break;
        }
        assert_true(was_sent);
        fake_device.virtio.hooks->interrupt(&fake_device.virtio);
    }
    assert_string_equal(in->name, "stdin");
    assert_int_equal(fake_kernel.chardev_count, 4);
    host_sends("x", 1);
    check_read(in, "x");
}

static void a_removed_port_is_a_closed_one(void **state)
{
    struct chardev *in;

    (void)state;
    in = attach_and_find("stdin");
    fake_send_control(STDIN, CONTROL_PORT_REMOVE, 1, "", 0);
    fake_device.virtio.hooks->interrupt(&fake_device.virtio);
    check_read_fails(in, STATUS_END_OF_FILE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(ports_get_the_names_that_pekoe_gave),
        TEST(a_prompt_device_is_never_waited_for),
        TEST(a_slow_device_is_waited_for),
        TEST(a_silent_device_is_given_up),
        TEST(a_device_with_one_port_is_refused),
        TEST(strange_names_are_left_alone),
        TEST(memory_that_runs_out_during_attach_comes_back),
        TEST(a_small_write_arrives_at_once),
        TEST(a_stalling_host_stalls_the_writer_and_loses_nothing),
        TEST(flush_waits_for_the_host),
        TEST(writing_to_a_closed_port_breaks_the_pipe),
        TEST(a_write_that_stalls_for_ever_can_be_cancelled),
        TEST(writing_gets_by_with_one_page),
        TEST(reading_gives_what_is_there),
        TEST(nothing_is_read_that_nobody_asked_for),
        TEST(a_long_input_arrives_whole_and_then_ends),
        TEST(data_comes_before_the_end_of_file),
        TEST(a_length_beyond_the_buffer_ends_the_port),
        TEST(an_unknown_buffer_ends_the_port),
        TEST(empty_answers_are_passed_over),
        TEST(strange_control_messages_do_no_harm),
        TEST(a_removed_port_is_a_closed_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
