// SPDX-License-Identifier: MIT
// The name space: finding, inserting, losing names, links, parsing objects, and no memory at any
// step. What a program sees of it is tested by userspace/programs/objects.

#include "host.h"

#include "../namespace_private.h"

#define NAME(literal) ((struct name){ literal, sizeof(literal) / sizeof(uint16_t) - 1 })

static int build(void **state)
{
    (void)state;
    namespace_build();
    return 0;
}

static long allocations_before;

static int remember(void **state)
{
    (void)state;
    allocations_before = host_allocations;
    return 0;
}

static int compare(void **state)
{
    (void)state;
    return host_allocations == allocations_before ? 0 : -1;
}

static status_t find(struct name path, const struct object_type *type, unsigned flags,
                     struct object **out)
{
    struct name_walk walk = { .path = path, .type = type, .flags = flags };

    return namespace_find(&walk, out);
}

static status_t insert(struct name path, struct object *object, unsigned flags, struct object **out)
{
    struct name_walk walk = { .path = path, .type = object->type, .flags = flags };

    return namespace_insert(&walk, object, out);
}

// Ends an opening, as closing the last handle does.
static void close_object(struct object *object)
{
    object_cancel_open(object);
    object_put(object);
}

static void a_name_lasts_as_long_as_its_handles(void **state)
{
    struct thing *thing = make_thing();
    struct object *opened, *again;

    (void)state;
    assert_int_equal(insert(NAME(u"\\Device\\A"), &thing->object, 0, &opened), STATUS_SUCCESS);
    assert_ptr_equal(opened, &thing->object);
    object_put(&thing->object);
    assert_int_equal(find(NAME(u"\\Device\\A"), &thing_type, 0, &again), STATUS_SUCCESS);
    assert_ptr_equal(again, opened);
    assert_int_equal(opened->handle_count, 2);
    close_object(opened);
    assert_int_equal(find(NAME(u"\\Device\\A"), &thing_type, 0, &opened), STATUS_SUCCESS);
    close_object(opened);
    things_destroyed = 0;
    close_object(again);
    assert_int_equal(things_destroyed, 1);
    assert_int_equal(find(NAME(u"\\Device\\A"), &thing_type, 0, &again),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void case_counts_unless_ignored(void **state)
{
    struct thing *lower = make_thing(), *upper = make_thing();
    struct object *a, *b, *found;

    (void)state;
    assert_int_equal(insert(NAME(u"\\Device\\x"), &lower->object, 0, &a), STATUS_SUCCESS);
    assert_int_equal(insert(NAME(u"\\Device\\X"), &upper->object, 0, &b), STATUS_SUCCESS);
    assert_int_equal(find(NAME(u"\\Device\\x"), &thing_type, 0, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, a);
    close_object(found);
    assert_int_equal(find(NAME(u"\\device\\X"), &thing_type, 0, &found),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(find(NAME(u"\\device\\X"), &thing_type, NAME_IGNORE_CASE, &found),
                     STATUS_SUCCESS);
    close_object(found);
    close_object(a);
    close_object(b);
    object_put(&lower->object);
    object_put(&upper->object);
}

static void the_first_creator_wins(void **state)
{
    struct thing *first = make_thing(), *second = make_thing();
    struct object *directory, *opened, *other;

    (void)state;
    assert_int_equal(insert(NAME(u"\\Device\\A"), &first->object, 0, &opened), STATUS_SUCCESS);
    assert_int_equal(insert(NAME(u"\\Device\\A"), &second->object, 0, &other),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(insert(NAME(u"\\Device\\A"), &second->object, NAME_OPEN_IF, &other),
                     STATUS_OBJECT_NAME_EXISTS);
    assert_ptr_equal(other, opened);
    close_object(other);
    assert_int_equal(directory_create(&directory), STATUS_SUCCESS);
    assert_int_equal(insert(NAME(u"\\Device\\A"), directory, NAME_OPEN_IF, &other),
                     STATUS_OBJECT_TYPE_MISMATCH);
    object_put(directory);
    object_put(&second->object);
    object_put(&first->object);
    close_object(opened);
}

static void exclusive_is_for_one_opener(void **state)
{
    struct handle_table mine, other;
    struct thing *thing = make_thing();
    struct name_walk walk = {
        .path = NAME(u"\\Device\\A"), .type = &thing_type, .flags = NAME_EXCLUSIVE, .opener = &mine
    };
    struct object *opened, *again;

    (void)state;
    assert_int_equal(namespace_insert(&walk, &thing->object, &opened), STATUS_SUCCESS);
    walk.flags = 0;
    assert_int_equal(namespace_find(&walk, &again), STATUS_SUCCESS);
    close_object(again);
    walk.opener = &other;
    assert_int_equal(namespace_find(&walk, &again), STATUS_ACCESS_DENIED);
    object_put(&thing->object);
    close_object(opened);
}

static void permanent_names_stay(void **state)
{
    struct thing *thing = make_thing();
    struct object *opened;

    (void)state;
    assert_int_equal(insert(NAME(u"\\Device\\A"), &thing->object, NAME_PERMANENT, &opened),
                     STATUS_SUCCESS);
    object_put(&thing->object);
    close_object(opened);
    assert_int_equal(find(NAME(u"\\Device\\A"), &thing_type, 0, &opened), STATUS_SUCCESS);
    namespace_make_temporary(opened); // keeps its name until the handle goes
    close_object(opened);
    assert_int_equal(find(NAME(u"\\Device\\A"), &thing_type, 0, &opened),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void names_are_checked(void **state)
{
    static const struct {
        struct name path;
        status_t status;
    } cases[] = {
        { { u"", 0 }, STATUS_OBJECT_PATH_SYNTAX_BAD },
        { { u"Device", 6 }, STATUS_OBJECT_PATH_SYNTAX_BAD },
        { { u"\\\\", 2 }, STATUS_OBJECT_NAME_INVALID },
        { { u"\\Device\\", 8 }, STATUS_OBJECT_NAME_INVALID },
        { { u"\\Device\\\\x", 10 }, STATUS_OBJECT_NAME_INVALID },
        { { u"\\None", 5 }, STATUS_OBJECT_NAME_NOT_FOUND },
        { { u"\\None\\x", 7 }, STATUS_OBJECT_PATH_NOT_FOUND },
        { { u"\\Device", 7 }, STATUS_OBJECT_TYPE_MISMATCH },
    };
    struct object *found;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(find(cases[i].path, &thing_type, NAME_IGNORE_CASE, &found),
                         cases[i].status);
}

static void full_names_are_cut_to_room(void **state)
{
    static const uint16_t whole[] = u"\\Device\\Inner";
    struct thing *thing = make_thing();
    struct object *opened;
    uint16_t text[32];
    size_t length;

    (void)state;
    assert_int_equal(insert(NAME(u"\\Device\\Inner"), &thing->object, 0, &opened), STATUS_SUCCESS);
    for (size_t room = 0; room < 20; room++) {
        memset(text, 0x5C, sizeof(text));
        assert_int_equal(namespace_path(opened, text, room, &length), STATUS_SUCCESS);
        assert_int_equal(length, 13);
        assert_memory_equal(text, whole, MIN(room, length) * sizeof(uint16_t));
        assert_int_equal(text[MIN(room, length)], 0x5C5C);
    }
    object_put(&thing->object);
    close_object(opened);
}

// ---- objects that read on
// ------------------------------------------------------------------------

static struct {
    size_t length;
    uint16_t rest[16];
    struct thing *answer;
} parsed;

static status_t parse(struct object *object, struct name_walk *walk, struct object **out)
{
    (void)object;
    assert_false(mutex_held(&namespace_lock));
    parsed.length = walk->rest.length;
    memcpy(parsed.rest, walk->rest.text, walk->rest.length * sizeof(uint16_t));
    object_get(&parsed.answer->object);
    object_open(&parsed.answer->object);
    *out = &parsed.answer->object;
    return STATUS_SUCCESS;
}

static void free_device(struct object *object)
{
    free(object);
}

OBJECT_TYPE(device_type, "Device", .destroy = free_device, .parse = parse);

static void a_device_gets_the_rest(void **state)
{
    struct object *device = aligned_alloc(16, sizeof(*device)), *opened, *found;

    (void)state;
    object_init(device, &device_type);
    parsed.answer = make_thing();
    assert_int_equal(insert(NAME(u"\\Device\\D"), device, 0, &opened), STATUS_SUCCESS);
    object_put(device);
    assert_int_equal(namespace_add_link("\\??\\C:", "\\Device\\D"), STATUS_SUCCESS);
    assert_int_equal(find(NAME(u"\\DosDevices\\C:\\a\\b"), &thing_type, 0, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, &parsed.answer->object);
    assert_int_equal(parsed.length, 4);
    assert_memory_equal(parsed.rest, u"\\a\\b", 8);
    close_object(found);
    assert_int_equal(find(NAME(u"\\??\\C:"), &thing_type, 0, &found), STATUS_SUCCESS);
    assert_int_equal(parsed.length, 0);
    close_object(found);
    // The device itself as the root of a relative name.
    struct name_walk walk = { .root = opened, .path = NAME(u"rel"), .type = &thing_type };
    assert_int_equal(namespace_find(&walk, &found), STATUS_SUCCESS);
    assert_memory_equal(parsed.rest, u"rel", 6);
    close_object(found);
    assert_int_equal(find(NAME(u"\\??\\C:"), &link_type, 0, &found), STATUS_SUCCESS);
    namespace_make_temporary(found);
    close_object(found);
    object_put(&parsed.answer->object);
    close_object(opened);
}

static void no_memory_leaves_nothing(void **state)
{
    struct thing *thing = make_thing();
    struct object *opened;

    (void)state;
    for (long left = 0;; left++) {
        host_allocations_left = left;
        status_t status = insert(NAME(u"\\DosDevices\\A"), &thing->object, 0, &opened);
        host_allocations_left = -1;
        if (status == STATUS_SUCCESS)
            break;
        assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
        assert_null(thing->object.name);
        assert_int_equal(thing->object.references, 1);
    }
    object_put(&thing->object);
    close_object(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_lasts_as_long_as_its_handles, remember, compare),
        cmocka_unit_test_setup_teardown(case_counts_unless_ignored, remember, compare),
        cmocka_unit_test_setup_teardown(the_first_creator_wins, remember, compare),
        cmocka_unit_test_setup_teardown(exclusive_is_for_one_opener, remember, compare),
        cmocka_unit_test_setup_teardown(permanent_names_stay, remember, compare),
        cmocka_unit_test_setup_teardown(names_are_checked, remember, compare),
        cmocka_unit_test_setup_teardown(full_names_are_cut_to_room, remember, compare),
        cmocka_unit_test_setup_teardown(a_device_gets_the_rest, remember, compare),
        cmocka_unit_test_setup_teardown(no_memory_leaves_nothing, remember, compare),
    };

    return cmocka_run_group_tests(tests, build, NULL);
}
