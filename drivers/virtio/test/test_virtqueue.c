// SPDX-License-Identifier: MIT
/*
 * The virtqueue's bookkeeping against a device made here. The device reads what a real one would
 * read, descriptors and the available ring, and answers truthfully, in any order, or with each kind
 * of lie.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <virtio/virtqueue.h>

#define SIZE 8u

static struct virtqueue queue;
static struct virtqueue_slot slots[SIZE];
static void *memory;
static uint16_t device_available; // chains that the device has fetched

static int setup(void **state)
{
    (void)state;
    // Exactly as much as the queue says it needs, so that the sanitizer sees each byte too many.
    memory = aligned_alloc(16, ROUND_UP(virtqueue_memory_size(SIZE), 16));
    assert_non_null(memory);
    memset(memory, 0, virtqueue_memory_size(SIZE));
    memset(slots, 0xEE, sizeof(slots));
    virtqueue_init(&queue, SIZE, memory, slots);
    device_available = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static bool offer(uintptr_t cookie, unsigned count, bool device_writes)
{
    struct virtqueue_segment segments[SIZE + 1];

    for (unsigned i = 0; i < count; i++)
        segments[i] = (struct virtqueue_segment){ cookie * 0x1000 + i, 100, device_writes };
    return virtqueue_offer(&queue, segments, count, (void *)cookie);
}

// The device: fetches the next chain's head, which must be there.
static uint16_t device_fetch(void)
{
    assert_int_not_equal(queue.available->index, device_available);
    return queue.available->ring[device_available++ % SIZE];
}

static void device_answer(uint32_t id, uint32_t length)
{
    queue.used->ring[queue.used->index % SIZE] = (struct virtq_used_element){ id, length };
    queue.used->index++;
}

static void check_taken(uintptr_t cookie, uint32_t length)
{
    struct virtqueue_answer answer;

    assert_true(virtqueue_has_answer(&queue));
    assert_true(virtqueue_take(&queue, &answer));
    assert_int_equal((uintptr_t)answer.cookie, cookie);
    assert_int_equal(answer.length, length);
}

static void check_nothing_to_take(void)
{
    struct virtqueue_answer answer;

    assert_false(virtqueue_has_answer(&queue));
    assert_false(virtqueue_take(&queue, &answer));
}

// The lie is noticed, and the queue is dead from then on.
static void check_fault(void)
{
    struct virtqueue_answer answer = { NULL, 77 };

    assert_null(queue.fault);
    assert_false(virtqueue_take(&queue, &answer));
    assert_int_equal(answer.length, 77);
    assert_non_null(queue.fault);
    assert_false(virtqueue_has_answer(&queue));
    assert_false(virtqueue_take(&queue, &answer));
    assert_false(offer(9, 1, true));
}

static void parts_do_not_overlap(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= VIRTQUEUE_SIZE_MAX; size *= 2) {
        assert_true(virtqueue_available_offset(size) >= size * 16);
        assert_true(virtqueue_used_offset(size) >= virtqueue_available_offset(size) + 6 + 2 * size);
        assert_int_equal(virtqueue_used_offset(size) % 4, 0);
        assert_true(virtqueue_memory_size(size) >= virtqueue_used_offset(size) + 6 + 8 * size);
        assert_true(virtqueue_memory_size(size) <= 4096);
    }
}

static void a_buffer_goes_and_comes_back(void **state)
{
    uint16_t head;

    (void)state;
    check_nothing_to_take();
    assert_true(offer(1, 1, true));
    head = device_fetch();
    assert_int_equal(queue.descriptors[head].address, 0x1000);
    assert_int_equal(queue.descriptors[head].length, 100);
    assert_int_equal(queue.descriptors[head].flags, 2);
    check_nothing_to_take();
    device_answer(head, 60);
    check_taken(1, 60);
    check_nothing_to_take();
    assert_int_equal(queue.free_count, SIZE);
    assert_int_equal(queue.in_flight, 0);
}

static void a_chain_holds_all_segments(void **state)
{
    struct virtqueue_segment segments[] = { { 0x1000, 10, false },
                                            { 0x2000, 20, true },
                                            { 0x3000, 30, true } };
    struct virtq_descriptor *descriptor;

    (void)state;
    assert_true(virtqueue_offer(&queue, segments, 3, segments));
    assert_int_equal(queue.free_count, SIZE - 3);
    descriptor = &queue.descriptors[device_fetch()];
    assert_int_equal(descriptor->flags, 1);
    assert_int_equal(descriptor->address, 0x1000);
    descriptor = &queue.descriptors[descriptor->next];
    assert_int_equal(descriptor->flags, 1 | 2);
    assert_int_equal(descriptor->address, 0x2000);
    descriptor = &queue.descriptors[descriptor->next];
    assert_int_equal(descriptor->flags, 2);
    assert_int_equal(descriptor->address, 0x3000);

    device_answer(queue.available->ring[0], 50); // all that it may write
    check_taken((uintptr_t)segments, 50);
    assert_int_equal(queue.free_count, SIZE);
}

static void a_full_queue_takes_no_more(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= SIZE; i++)
        assert_true(offer(i, 1, true));
    assert_false(offer(9, 1, true));
    device_answer(device_fetch(), 0);
    check_taken(1, 0);
    assert_false(offer(9, 2, true));
    assert_true(offer(9, 1, true));
    assert_null(queue.fault);
}

static void empty_and_oversized_chains_are_refused(void **state)
{
    (void)state;
    assert_false(offer(1, 0, true));
    assert_false(offer(1, SIZE + 1, true));
    assert_true(offer(1, SIZE, true));
    assert_int_equal(queue.in_flight, 1);
}

// Answers in random order, past the wrap of the 16-bit indexes, with chains of random lengths.
static void indexes_wrap_in_any_order(void **state)
{
    uint16_t held[SIZE];
    uintptr_t cookies[SIZE];
    unsigned count = 0;
    uintptr_t next_cookie = 1;
    unsigned random = 12345;

    (void)state;
    for (unsigned round = 0; round < 300000; round++) {
        random = random * 1664525 + 1013904223;
        unsigned length = 1 + (random >> 20) % 3;

        if ((random >> 16) % 2 == 0 && queue.free_count >= length) {
            assert_true(offer(next_cookie, length, true));
            cookies[count] = next_cookie++;
            held[count++] = device_fetch();
        } else if (count != 0) {
            unsigned which = (random >> 8) % count;

            device_answer(held[which], 7);
            check_taken(cookies[which], 7);
            held[which] = held[--count];
            cookies[which] = cookies[count];
        }
    }
    while (count-- != 0) {
        device_answer(held[count], 1);
        check_taken(cookies[count], 1);
    }
    assert_int_equal(queue.free_count, SIZE);
    assert_true(next_cookie > 65536);
    assert_null(queue.fault);
}

static void a_jump_of_the_used_index_is_a_fault(void **state)
{
    (void)state;
    assert_true(offer(1, 1, true));
    queue.used->index = 2;
    check_fault();
}

static void a_used_index_that_goes_back_is_a_fault(void **state)
{
    (void)state;
    assert_true(offer(1, 1, true));
    queue.used->index = 0xFFFF;
    check_fault();
}

static void an_answer_to_nothing_is_a_fault(void **state)
{
    (void)state;
    device_answer(0, 0);
    check_fault();
}

static void an_id_out_of_range_is_a_fault(void **state)
{
    static const uint32_t ids[] = { SIZE, 0xFFFF, 0x10000, 0xFFFFFFFF };

    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_true(offer(1, 1, true));
        device_answer(ids[i], 0);
        check_fault();
        teardown(state);
        setup(state);
    }
}

static void an_id_that_is_not_in_flight_is_a_fault(void **state)
{
    (void)state;
    assert_true(offer(1, 1, true));
    device_answer(device_fetch() + 1u, 0);
    check_fault();
}

static void the_middle_of_a_chain_is_not_its_head(void **state)
{
    (void)state;
    assert_true(offer(1, 3, true));
    device_answer(queue.descriptors[device_fetch()].next, 0);
    check_fault();
}

static void the_same_answer_twice_is_a_fault(void **state)
{
    uint16_t head;

    (void)state;
    assert_true(offer(1, 1, true));
    assert_true(offer(2, 1, true));
    head = device_fetch();
    device_answer(head, 0);
    device_answer(head, 0);
    check_taken(1, 0);
    check_fault();
}

static void a_length_beyond_the_buffer_is_a_fault(void **state)
{
    (void)state;
    assert_true(offer(1, 2, true));
    device_answer(device_fetch(), 201);
    check_fault();
}

static void a_length_for_what_the_device_may_only_read_is_a_fault(void **state)
{
    (void)state;
    assert_true(offer(1, 1, false));
    device_answer(device_fetch(), 1);
    check_fault();
}

// A device that scribbles over the descriptors fools only itself.
static void scribbled_descriptors_do_no_harm(void **state)
{
    (void)state;
    assert_true(offer(1, 3, true));
    memset(queue.descriptors, 0xFF, SIZE * sizeof(queue.descriptors[0]));
    device_answer(device_fetch(), 5);
    check_taken(1, 5);
    assert_int_equal(queue.free_count, SIZE);
    for (unsigned i = 1; i <= SIZE; i++)
        assert_true(offer(i, 1, true));
}

static void both_sides_say_what_they_want_to_hear(void **state)
{
    (void)state;
    assert_false(virtqueue_wants_interrupts(&queue));
    assert_int_equal(queue.available->flags, 1);
    virtqueue_want_interrupts(&queue, true);
    assert_true(virtqueue_wants_interrupts(&queue));
    assert_int_equal(queue.available->flags, 0);
    assert_true(virtqueue_needs_notification(&queue));
    queue.used->flags = 1;
    assert_false(virtqueue_needs_notification(&queue));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(parts_do_not_overlap),
        TEST(a_buffer_goes_and_comes_back),
        TEST(a_chain_holds_all_segments),
        TEST(a_full_queue_takes_no_more),
        TEST(empty_and_oversized_chains_are_refused),
        TEST(indexes_wrap_in_any_order),
        TEST(a_jump_of_the_used_index_is_a_fault),
        TEST(a_used_index_that_goes_back_is_a_fault),
        TEST(an_answer_to_nothing_is_a_fault),
        TEST(an_id_out_of_range_is_a_fault),
        TEST(an_id_that_is_not_in_flight_is_a_fault),
        TEST(the_middle_of_a_chain_is_not_its_head),
        TEST(the_same_answer_twice_is_a_fault),
        TEST(a_length_beyond_the_buffer_is_a_fault),
        TEST(a_length_for_what_the_device_may_only_read_is_a_fault),
        TEST(scribbled_descriptors_do_no_harm),
        TEST(both_sides_say_what_they_want_to_hear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
