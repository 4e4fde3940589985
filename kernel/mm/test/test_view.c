// SPDX-License-Identifier: MIT
/*
 * Memory objects, views of them, and placeholders, on the test machine. Each test ends with every
 * frame, node and charge given back; the frame of the test checks that.
 */

#include "machine.h"

#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/kernel_space.h>
#include <kernel/memory_object.h>
#include <kernel/space.h>
#include <kernel/status.h>

#define RW  (RIGHTS_READ | RIGHTS_WRITE)
#define RWC (RW | RIGHTS_COPY)

static struct address_space *space, *other;
static uint64_t free_before;

static int set_up(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    free_before = frames_stats().free;
    if (space_create(&space) != STATUS_SUCCESS)
        return -1;
    return space_create(&other) == STATUS_SUCCESS ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    machine_entries_left = -1;
    machine_return_frames();
    space_destroy(space);
    space_destroy(other);
    assert_int_equal(frames_stats().free, free_before);
    assert_int_equal(machine_entry_count(), 0);
    assert_int_equal(heap_stats().blocks, 0);
    assert_int_equal(commit_stats().committed, 0);
    return 0;
}

// An object whose page n is full of n, and whose page 7 is damaged.
static unsigned fills, destroyed;

static status_t fill_with_number(struct memory_object *object, uint64_t page, void *to)
{
    (void)object;
    fills++;
    if (page == 7)
        return STATUS_IN_PAGE_ERROR;
    memset(to, (int)page, PAGE_SIZE);
    return STATUS_SUCCESS;
}

static void count_destroy(struct memory_object *object)
{
    destroyed++;
    heap_free(object);
}

static const struct memory_object_ops number_ops = { .name = "numbers",
                                                     .fill = fill_with_number,
                                                     .destroy = count_destroy };

static struct memory_object *make_numbers(const struct memory_object_ops *ops, uint64_t pages)
{
    struct memory_object *object = heap_alloc(sizeof(*object));

    fills = destroyed = 0;
    assert_non_null(object);
    assert_int_equal(memory_object_init(object, ops, pages, pages), STATUS_SUCCESS);
    return object;
}

static struct memory_object *make_zeroed(uint64_t pages, bool is_reserved)
{
    struct memory_object *object = NULL;

    assert_int_equal(memory_object_create_zeroed(pages, is_reserved, &object), STATUS_SUCCESS);
    return object;
}

static vaddr_t map(struct address_space *in, struct memory_object *object, uint64_t first,
                   uint64_t pages, uint8_t rights, uint8_t limit)
{
    struct space_reservation what = { .size = pages * PAGE_SIZE,
                                      .commit = true,
                                      .rights = rights,
                                      .kind = AREA_MAPPED,
                                      .object = object,
                                      .first_page = first,
                                      .limit = limit };
    vaddr_t start = 0;

    assert_int_equal(space_reserve(in, &what, &start), STATUS_SUCCESS);
    return start;
}

static void check_read(struct address_space *in, vaddr_t address, uint8_t expected)
{
    uint8_t value = (uint8_t)~expected;

    assert_int_equal(machine_read(in, address, &value), STATUS_SUCCESS);
    assert_int_equal(value, expected);
}

static void check_write(struct address_space *in, vaddr_t address, uint8_t value)
{
    assert_int_equal(machine_write(in, address, value), STATUS_SUCCESS);
}

static void two_spaces_see_the_same_pages(void **state)
{
    (void)state;
    struct memory_object *object = make_zeroed(8, false);
    assert_int_equal(commit_stats().committed, 8);
    vaddr_t here = map(space, object, 0, 8, RW, RW);
    vaddr_t there = map(other, object, 2, 4, RIGHTS_READ, RW);
    memory_object_put(object); // the views keep it
    check_write(space, here + 3 * PAGE_SIZE + 5, 42);
    check_read(other, there + PAGE_SIZE + 5, 42);
    assert_int_equal(machine_write(other, there, 1), STATUS_ACCESS_VIOLATION);
    assert_int_equal(space->resident_pages + other->resident_pages, 0);
    assert_int_equal(space->shared_pages, 1);
    assert_int_equal(space->committed_pages + other->committed_pages, 0);
    assert_int_equal(memory_object_stats(object).resident_pages, 1);
    assert_int_equal(space_unmap(space, here + PAGE_SIZE, false), STATUS_SUCCESS);
    assert_int_equal(space_unmap(space, here, false), STATUS_NOT_MAPPED_VIEW);
    check_read(other, there + PAGE_SIZE + 5, 42);
}

static void the_second_space_pays_nothing_for_clean_pages(void **state)
{
    (void)state;
    struct memory_object *object = make_numbers(&number_ops, 6);
    vaddr_t here = map(space, object, 0, 6, RIGHTS_READ, RIGHTS_READ);
    for (unsigned i = 0; i < 6; i++)
        check_read(space, here + i * PAGE_SIZE, (uint8_t)i);
    assert_int_equal(fills, 6);
    vaddr_t there = map(other, object, 0, 6, RIGHTS_READ, RIGHTS_READ);
    check_read(other, there, 0); // makes the heap ready
    uint64_t before = frames_stats().free;
    for (unsigned i = 0; i < 6; i++)
        check_read(other, there + i * PAGE_SIZE, (uint8_t)i);
    assert_int_equal(frames_stats().free, before);
    assert_int_equal(fills, 6);
    // One fault brought all of them.
    assert_int_equal(other->fault_count, 1);
    assert_int_equal(other->shared_pages, 6);
    memory_object_put(object);
}

static void a_write_makes_a_copy_that_stays_one(void **state)
{
    struct space_region region;
    uint8_t old;

    (void)state;
    struct memory_object *object = make_numbers(&number_ops, 6);
    vaddr_t here = map(space, object, 0, 6, RWC, RIGHTS_READ);
    vaddr_t there = map(other, object, 0, 6, RWC, RIGHTS_READ);
    assert_int_equal(space->committed_pages, 6);
    check_read(space, here + PAGE_SIZE, 1);
    check_write(space, here + PAGE_SIZE, 200);     // read before
    check_write(space, here + 2 * PAGE_SIZE, 201); // written at once
    check_read(space, here + PAGE_SIZE, 200);
    check_read(space, here + PAGE_SIZE + 1, 1);
    check_read(space, here + 2 * PAGE_SIZE + 1, 2);
    check_read(other, there + PAGE_SIZE, 1);
    check_read(other, there + 2 * PAGE_SIZE, 2);
    assert_int_equal(space->resident_pages, 2);
    assert_int_equal(space->committed_pages, 6);
    space_query(space, here, &region);
    assert_int_equal(region.rights, RWC);
    assert_int_equal(region.end, here + PAGE_SIZE);
    space_query(space, here + PAGE_SIZE, &region);
    assert_int_equal(region.rights, RW);
    assert_int_equal(region.end, here + 3 * PAGE_SIZE);

    // To read-only and back: the copies are copies still, the others are charged as they could be.
    assert_int_equal(space_protect(space, here, here + 6 * PAGE_SIZE, RIGHTS_READ, &old),
                     STATUS_SUCCESS);
    assert_int_equal(space->committed_pages, 2);
    space_query(space, here, &region);
    assert_int_equal(region.end, here + 6 * PAGE_SIZE);
    assert_int_equal(machine_write(space, here + PAGE_SIZE, 1), STATUS_ACCESS_VIOLATION);
    assert_int_equal(space_protect(space, here, here + 6 * PAGE_SIZE, RWC, &old), STATUS_SUCCESS);
    assert_int_equal(old, RIGHTS_READ);
    assert_int_equal(space->committed_pages, 6);
    check_read(space, here + PAGE_SIZE, 200);
    check_write(space, here + PAGE_SIZE, 202);
    assert_int_equal(space->resident_pages, 2);
    memory_object_put(object);
}

static void a_view_keeps_to_its_limit(void **state)
{
    uint8_t old;

    (void)state;
    struct memory_object *object = make_zeroed(2, false);
    vaddr_t here = map(space, object, 0, 2, RIGHTS_READ, RIGHTS_READ);
    assert_int_equal(space_protect(space, here, here + PAGE_SIZE, RW, &old),
                     STATUS_SECTION_PROTECTION);
    assert_int_equal(
        space_protect(space, here, here + PAGE_SIZE, RIGHTS_READ | RIGHTS_EXECUTE, &old),
        STATUS_SECTION_PROTECTION);
    assert_int_equal(space_protect(space, here, here + PAGE_SIZE, RWC, &old), STATUS_SUCCESS);
    check_write(space, here, 3);
    check_read(space, here, 3);
    vaddr_t there = map(other, object, 0, 2, RIGHTS_READ, RIGHTS_READ);
    check_read(other, there, 0);
    memory_object_put(object);
}

static void images_are_never_written_in_place(void **state)
{
    struct space_reservation what = { .size = 3 * PAGE_SIZE,
                                      .commit = true,
                                      .rights = RIGHTS_READ | RIGHTS_EXECUTE,
                                      .kind = AREA_IMAGE,
                                      .limit = RW | RIGHTS_EXECUTE };
    vaddr_t here, from, to;
    uint8_t old;

    (void)state;
    what.object = make_numbers(&number_ops, 3);
    assert_int_equal(space_reserve(space, &what, &here), STATUS_SUCCESS);
    check_read(space, here, 0);
    assert_int_equal(space_protect(space, here, here + PAGE_SIZE, RW, &old), STATUS_SUCCESS);
    assert_int_equal(old, RIGHTS_READ | RIGHTS_EXECUTE);
    check_write(space, here, 9);
    uint8_t original[PAGE_SIZE];
    assert_int_equal(memory_object_read(what.object, 0, original), STATUS_SUCCESS);
    assert_int_equal(original[0], 0);
    assert_int_equal(space_release(space, here, here, &from, &to), STATUS_UNABLE_TO_DELETE_SECTION);
    assert_int_equal(space_decommit(space, here, here, &from, &to),
                     STATUS_UNABLE_TO_DELETE_SECTION);
    assert_int_equal(space_commit(space, here, here + PAGE_SIZE, RW), STATUS_ALREADY_COMMITTED);
    memory_object_put(what.object);
    assert_int_equal(destroyed, 0);
    assert_int_equal(space_unmap(space, here, false), STATUS_SUCCESS);
    assert_int_equal(destroyed, 1);
}

static void damage_is_an_in_page_error(void **state)
{
    uint8_t value;

    (void)state;
    struct memory_object *object = make_numbers(&number_ops, 8);
    vaddr_t here = map(space, object, 0, 8, RWC, RIGHTS_READ);
    check_read(space, here + 6 * PAGE_SIZE, 6);
    uint64_t before = frames_stats().free;
    assert_int_equal(machine_read(space, here + 7 * PAGE_SIZE, &value), STATUS_IN_PAGE_ERROR);
    assert_int_equal(machine_write(space, here + 7 * PAGE_SIZE, 1), STATUS_IN_PAGE_ERROR);
    assert_int_equal(frames_stats().free, before);
    memory_object_put(object);
}

static void what_one_view_commits_all_have(void **state)
{
    struct space_region region;
    uint8_t value;

    (void)state;
    struct memory_object *object = make_zeroed(16, true);
    assert_int_equal(commit_stats().committed, 0);
    vaddr_t here = map(space, object, 0, 16, RW, RW);
    vaddr_t there = map(other, object, 4, 12, RIGHTS_READ, RW);
    assert_int_equal(machine_read(space, here + 5 * PAGE_SIZE, &value), STATUS_ACCESS_VIOLATION);
    assert_int_equal(space_commit(space, here + 4 * PAGE_SIZE, here + 8 * PAGE_SIZE, RW),
                     STATUS_SUCCESS);
    assert_int_equal(commit_stats().committed, 4);
    assert_int_equal(space_commit(space, here + 5 * PAGE_SIZE, here + 9 * PAGE_SIZE, RW),
                     STATUS_SUCCESS);
    assert_int_equal(commit_stats().committed, 5);
    check_write(space, here + 5 * PAGE_SIZE, 77);
    check_read(other, there + PAGE_SIZE, 77);
    space_query(other, there, &region);
    assert_int_equal(region.state, PAGES_COMMITTED);
    assert_int_equal(region.end, there + 5 * PAGE_SIZE);
    space_query(other, there + 5 * PAGE_SIZE, &region);
    assert_int_equal(region.state, PAGES_RESERVED);
    assert_int_equal(machine_read(other, there + 5 * PAGE_SIZE, &value), STATUS_ACCESS_VIOLATION);
    memory_object_put(object);
}

static bool is_dirty[4];

static void note_dirty(struct memory_object *object, uint64_t page)
{
    (void)object;
    is_dirty[page] = true;
}

static void the_object_hears_of_first_writes(void **state)
{
    static const struct memory_object_ops ops = { .name = "noting",
                                                  .fill = fill_with_number,
                                                  .mark_dirty = note_dirty,
                                                  .destroy = count_destroy };

    (void)state;
    memset(is_dirty, 0, sizeof(is_dirty));
    struct memory_object *object = make_numbers(&ops, 4);
    vaddr_t here = map(space, object, 0, 4, RW, RW);
    check_read(space, here, 0);
    check_write(space, here + 2 * PAGE_SIZE, 50);
    assert_false(is_dirty[0] || is_dirty[1] || is_dirty[3]);
    assert_true(is_dirty[2]);
    check_read(space, here + PAGE_SIZE, 1);
    check_write(space, here + PAGE_SIZE, 51);
    assert_true(is_dirty[1] && !is_dirty[0]);
    memory_object_put(object);
}

// Each step may run out of memory, and then nothing has happened.
static void failures_leave_nothing_behind(void **state)
{
    (void)state;
    struct memory_object *object = make_numbers(&number_ops, 4);
    vaddr_t here = map(space, object, 0, 4, RWC, RIGHTS_READ);
    machine_entries_left = 0;
    assert_int_equal(machine_write(space, here, 1), STATUS_NO_MEMORY);
    uint8_t value;
    assert_int_equal(machine_read(space, here, &value), STATUS_NO_MEMORY);
    machine_entries_left = -1;
    assert_int_equal(space->resident_pages + space->shared_pages, 0);
    check_read(space, here, 0);
    machine_take_frames(0);
    assert_int_equal(machine_write(space, here, 1), STATUS_NO_MEMORY);
    machine_return_frames();
    check_read(space, here, 0);
    check_write(space, here, 1);
    // More copies than the machine has frames cannot be promised.
    struct memory_object *huge = make_zeroed(64 * GIB / PAGE_SIZE, true);
    struct space_reservation what = {
        .size = 64 * GIB, .commit = true, .rights = RW, .kind = AREA_MAPPED, .object = huge
    };
    assert_int_equal(space_reserve(space, &what, &here), STATUS_SUCCESS);
    assert_int_equal(memory_object_commit(huge, 0, 64 * GIB / PAGE_SIZE), STATUS_COMMITMENT_LIMIT);
    memory_object_put(huge);
    memory_object_put(object);
}

static vaddr_t make_placeholder(uint64_t pages)
{
    struct space_reservation what = { .size = pages * PAGE_SIZE, .is_placeholder = true };
    vaddr_t start = 0;

    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    return start;
}

static status_t split(vaddr_t start, vaddr_t end)
{
    vaddr_t from, to;

    return space_split_placeholder(space, start, end, &from, &to);
}

static status_t replace(vaddr_t start, uint64_t pages, struct memory_object *object)
{
    struct space_reservation what = { .address = start,
                                      .size = pages * PAGE_SIZE,
                                      .replaces_placeholder = true,
                                      .commit = true,
                                      .rights = RW,
                                      .kind = object != NULL ? AREA_MAPPED : AREA_PRIVATE,
                                      .object = object,
                                      .limit = RW };
    vaddr_t where = 0;

    status_t status = space_reserve(space, &what, &where);
    assert_true(status != STATUS_SUCCESS || where == start);
    return status;
}

static void placeholders_split_and_join(void **state)
{
    struct space_region region;

    (void)state;
    vaddr_t start = make_placeholder(10);
    assert_int_equal(space_commit(space, start, start + PAGE_SIZE, RW),
                     STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(replace(start, 4, NULL), STATUS_CONFLICTING_ADDRESSES);
    // Out of the middle: three areas.
    assert_int_equal(split(start + 3 * PAGE_SIZE, start + 6 * PAGE_SIZE), STATUS_SUCCESS);
    space_query(space, start + 4 * PAGE_SIZE, &region);
    assert_int_equal(region.area_start, start + 3 * PAGE_SIZE);
    assert_int_equal(region.end, start + 6 * PAGE_SIZE);
    assert_true(region.is_placeholder);
    assert_int_equal(replace(start + 3 * PAGE_SIZE, 3, NULL), STATUS_SUCCESS);
    check_write(space, start + 4 * PAGE_SIZE, 5);
    assert_int_equal(space->committed_pages, 3);
    assert_int_equal(space_join_placeholders(space, start, start + 10 * PAGE_SIZE),
                     STATUS_CONFLICTING_ADDRESSES);
    // Back to a placeholder, with nothing in it.
    assert_int_equal(split(start + 3 * PAGE_SIZE, start + 6 * PAGE_SIZE), STATUS_SUCCESS);
    assert_int_equal(space->committed_pages + space->resident_pages, 0);
    assert_int_equal(space_join_placeholders(space, start, start + 5 * PAGE_SIZE),
                     STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(space_join_placeholders(space, start, start + 10 * PAGE_SIZE), STATUS_SUCCESS);
    space_query(space, start + 9 * PAGE_SIZE, &region);
    assert_int_equal(region.area_start, start);
    assert_int_equal(space_join_placeholders(space, start, start + 10 * PAGE_SIZE),
                     STATUS_CONFLICTING_ADDRESSES);
    assert_null(area_tree_check(&space->areas));
}

static void a_view_can_take_a_placeholder_s_place(void **state)
{
    struct space_region region;

    (void)state;
    vaddr_t start = make_placeholder(8);
    struct memory_object *object = make_zeroed(4, false);
    assert_int_equal(split(start, start + 4 * PAGE_SIZE), STATUS_SUCCESS);
    assert_int_equal(replace(start, 4, object), STATUS_SUCCESS);
    check_write(space, start + PAGE_SIZE, 8);
    assert_int_equal(split(start, start + 4 * PAGE_SIZE), STATUS_UNABLE_TO_DELETE_SECTION);
    assert_int_equal(space_unmap(space, start, true), STATUS_SUCCESS);
    space_query(space, start, &region);
    assert_true(region.is_placeholder && region.kind == AREA_PRIVATE);
    assert_int_equal(replace(start, 4, object), STATUS_SUCCESS);
    check_read(space, start + PAGE_SIZE, 8);
    memory_object_put(object);
}

static void splits_without_memory_change_nothing(void **state)
{
    (void)state;
    vaddr_t start = make_placeholder(10);
    machine_take_frames(0);
    void *blocks[4096];
    size_t count = 0;
    for (size_t size = sizeof(struct area); size >= 16; size -= 16)
        while (count < ARRAY_SIZE(blocks) && (blocks[count] = heap_alloc(size)) != NULL)
            count++;
    assert_true(count < ARRAY_SIZE(blocks));
    assert_int_equal(split(start + PAGE_SIZE, start + 2 * PAGE_SIZE), STATUS_NO_MEMORY);
    assert_null(area_tree_check(&space->areas));
    assert_int_equal(space->areas.area_count, 1);
    while (count > 0)
        heap_free(blocks[--count]);
}

static vaddr_t reserve_private(uint64_t pages, bool is_watched)
{
    struct space_reservation what = {
        .size = pages * PAGE_SIZE, .commit = true, .rights = RW, .is_watched = is_watched
    };
    vaddr_t start = 0;

    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    return start;
}

static void others_may_read_and_write(void **state)
{
    char text[] = "over the border", back[sizeof(text)] = "";
    size_t done;
    uint8_t old;

    (void)state;
    vaddr_t start = reserve_private(4, false);
    vaddr_t at = start + PAGE_SIZE - 4;
    assert_int_equal(space_write(space, at, text, sizeof(text), &done), STATUS_SUCCESS);
    assert_int_equal(done, sizeof(text));
    check_read(space, at, 'o');
    assert_int_equal(space_read(space, at, back, sizeof(text), &done), STATUS_SUCCESS);
    assert_string_equal(back, text);
    // Up to a page that its own threads could not touch.
    assert_int_equal(
        space_protect(space, start + PAGE_SIZE, start + 2 * PAGE_SIZE, RIGHTS_READ, &old),
        STATUS_SUCCESS);
    assert_int_equal(space_write(space, at, text, sizeof(text), &done), STATUS_ACCESS_VIOLATION);
    assert_int_equal(done, 4);
    // A guard page is not used up.
    assert_int_equal(space_protect(space, start, start + PAGE_SIZE, RW | RIGHTS_GUARD, &old),
                     STATUS_SUCCESS);
    assert_int_equal(space_read(space, start, back, 1, &done), STATUS_GUARD_PAGE_VIOLATION);
    assert_int_equal(space_read(space, start, back, 1, &done), STATUS_GUARD_PAGE_VIOLATION);
    assert_int_equal(space_touch(space, start + 2 * PAGE_SIZE, start + 4 * PAGE_SIZE),
                     STATUS_SUCCESS);
    assert_int_equal(space->resident_pages, 4);
}

static void written_pages_are_told_once(void **state)
{
    vaddr_t pages[8], next;
    size_t count;

    (void)state;
    vaddr_t start = reserve_private(8, true), end = start + 8 * PAGE_SIZE;
    check_read(space, start, 0);
    check_write(space, start + PAGE_SIZE, 1);
    check_write(space, start + 6 * PAGE_SIZE, 1);
    assert_int_equal(space_take_written(space, start, end, false, pages, 8, &count, &next),
                     STATUS_SUCCESS);
    assert_int_equal(count, 2);
    assert_int_equal(pages[1], start + 6 * PAGE_SIZE);
    assert_int_equal(next, end);
    // No more are cleared than there is room to tell of.
    assert_int_equal(space_take_written(space, start, end, true, pages, 1, &count, &next),
                     STATUS_SUCCESS);
    assert_int_equal(count, 1);
    assert_int_equal(next, start + 2 * PAGE_SIZE);
    assert_int_equal(space_take_written(space, start, end, true, pages, 8, &count, &next),
                     STATUS_SUCCESS);
    assert_int_equal(count, 1);
    assert_int_equal(pages[0], start + 6 * PAGE_SIZE);
    assert_int_equal(space_take_written(space, start, end, true, pages, 8, &count, &next),
                     STATUS_SUCCESS);
    assert_int_equal(count, 0);
    vaddr_t plain = reserve_private(1, false);
    assert_int_equal(
        space_take_written(space, plain, plain + PAGE_SIZE, true, pages, 8, &count, &next),
        STATUS_INVALID_PARAMETER);
}

static void discarded_pages_read_as_zeroes(void **state)
{
    (void)state;
    vaddr_t start = reserve_private(4, false);
    struct memory_object *object = make_zeroed(1, false);
    vaddr_t view = map(space, object, 0, 1, RW, RW);
    check_write(space, start + PAGE_SIZE, 5);
    check_write(space, start + 3 * PAGE_SIZE, 6);
    check_write(space, view, 7);
    space_discard(space, start, start + 2 * PAGE_SIZE);
    space_discard(space, view, view + PAGE_SIZE);
    assert_int_equal(space->resident_pages, 1);
    assert_int_equal(space->committed_pages, 4);
    check_read(space, start + PAGE_SIZE, 0);
    check_read(space, start + 3 * PAGE_SIZE, 6);
    check_read(space, view, 7); // only private pages are
    memory_object_put(object);
}

// Who goes through an area in order gets 2 MiB at once after the first; who does not, does not.
static void large_pages_are_for_those_who_go_on(void **state)
{
    (void)state;
    struct space_reservation what = {
        .size = 8 * MIB, .alignment = 2 * MIB, .commit = true, .rights = RW
    };
    vaddr_t start;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    for (unsigned i = 0; i < 4; i++)
        check_write(space, start + i * 2 * MIB, 1);
    assert_int_equal(space->resident_pages, 4);
    for (vaddr_t at = start; at < start + 2 * MIB; at += PAGE_SIZE)
        check_write(space, at, 1);
    assert_int_equal(space->resident_pages, 512 + 3);
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    for (vaddr_t at = start; at < start + 2 * MIB; at += PAGE_SIZE)
        check_write(space, at, 1);
    uint64_t before = space->resident_pages;
    check_write(space, start + 2 * MIB, 1);
    assert_int_equal(space->resident_pages, before + 512);
    check_read(space, start + 4 * MIB - 1, 0);
}

static int clean_up(void **state)
{
    (void)state;
    free(host_ram);
    return 0;
}

#define VIEW_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VIEW_TEST(two_spaces_see_the_same_pages),
        VIEW_TEST(the_second_space_pays_nothing_for_clean_pages),
        VIEW_TEST(a_write_makes_a_copy_that_stays_one),
        VIEW_TEST(a_view_keeps_to_its_limit),
        VIEW_TEST(images_are_never_written_in_place),
        VIEW_TEST(damage_is_an_in_page_error),
        VIEW_TEST(what_one_view_commits_all_have),
        VIEW_TEST(the_object_hears_of_first_writes),
        VIEW_TEST(failures_leave_nothing_behind),
        VIEW_TEST(placeholders_split_and_join),
        VIEW_TEST(a_view_can_take_a_placeholder_s_place),
        VIEW_TEST(splits_without_memory_change_nothing),
        VIEW_TEST(others_may_read_and_write),
        VIEW_TEST(written_pages_are_told_once),
        VIEW_TEST(discarded_pages_read_as_zeroes),
        VIEW_TEST(large_pages_are_for_those_who_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
