// SPDX-License-Identifier: MIT
// Handle tables: numbers, growth to a million, running out of memory at every step, inheritance,
// and threads that make, use and close the same handles at once.

#include <pthread.h>

#include "host.h"

#define MILLION 1000000u
#define RACERS  4
#define ROUNDS  100000

static handle_t insert(struct handle_table *table, struct thing *thing, unsigned attributes)
{
    handle_t handle = 0;

    assert_int_equal(handle_insert(table, &thing->object, 3, attributes, &handle), STATUS_SUCCESS);
    return handle;
}

static status_t look(struct handle_table *table, handle_t handle, uint32_t access)
{
    struct object *object;
    status_t status = handle_lookup(table, handle, &thing_type, access, &object);

    if (status == STATUS_SUCCESS)
        object_put(object);
    return status;
}

static int setup(void **state)
{
    static struct handle_table table;

    handle_table_init(&table);
    things_destroyed = 0;
    *state = &table;
    return 0;
}

static int teardown(void **state)
{
    handle_table_destroy(*state);
    return host_allocations == 0 ? 0 : -1;
}

static void a_handle_finds_its_object(void **state)
{
    struct handle_table *table = *state;
    struct thing *thing = make_thing();
    handle_t handle = insert(table, thing, 0);
    struct object *object;

    assert_int_equal(handle, 4);
    assert_int_equal(thing->object.references, 2);
    assert_int_equal(handle_lookup(table, handle | 3, NULL, 1, &object), STATUS_SUCCESS);
    assert_ptr_equal(object, &thing->object);
    object_put(object);
    assert_int_equal(look(table, handle, 3), STATUS_SUCCESS);
    assert_int_equal(look(table, handle, 4), STATUS_ACCESS_DENIED);
    assert_int_equal(handle_lookup(table, handle, &directory_type, 0, &object),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(thing->object.references, 2);
    assert_int_equal(handle_close(table, handle), STATUS_SUCCESS);
    assert_int_equal(thing->closed, 1);
    assert_int_equal(thing->last_access, 3);
    assert_int_equal(thing->last_left, 0);
    assert_int_equal(handle_close(table, handle), STATUS_INVALID_HANDLE);
    object_put(&thing->object);
    assert_int_equal(things_destroyed, 1);
}

static void numbers_of_nothing_are_no_handles(void **state)
{
    static const handle_t bad[] = { 0, 1, 3, 8, 0x1000, 1ull << 32, 1ull << 63, UINT64_MAX };
    struct handle_table *table = *state;
    struct handle_info info;

    for (int filled = 0; filled < 2; filled++) {
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
            assert_int_equal(look(table, bad[i], 0), STATUS_INVALID_HANDLE);
            assert_int_equal(handle_close(table, bad[i]), STATUS_INVALID_HANDLE);
            assert_int_equal(handle_query(table, bad[i], &info), STATUS_INVALID_HANDLE);
        }
        struct thing *thing = make_thing();
        insert(table, thing, 0);
        object_put(&thing->object);
    }
}

static void a_reserved_number_is_no_handle_yet(void **state)
{
    struct handle_table *table = *state;
    struct thing *thing = make_thing();
    handle_t handle, other;

    assert_int_equal(handle_reserve(table, &handle), STATUS_SUCCESS);
    assert_int_equal(look(table, handle, 0), STATUS_INVALID_HANDLE);
    assert_int_equal(handle_close(table, handle), STATUS_INVALID_HANDLE);
    other = insert(table, thing, 0);
    assert_int_not_equal(other, handle);
    handle_cancel(table, handle);
    assert_int_equal(insert(table, thing, 0), handle);
    assert_int_equal(handle_count(table), 2);
    object_put(&thing->object);
}

static void protection_keeps_a_handle(void **state)
{
    struct handle_table *table = *state;
    struct thing *thing = make_thing();
    handle_t handle = insert(table, thing, HANDLE_PROTECTED);

    assert_int_equal(handle_close(table, handle), STATUS_HANDLE_NOT_CLOSABLE);
    assert_int_equal(look(table, handle, 3), STATUS_SUCCESS);
    assert_int_equal(handle_set_attributes(table, handle, HANDLE_PROTECTED, HANDLE_INHERITED),
                     STATUS_SUCCESS);
    assert_int_equal(handle_close(table, handle), STATUS_SUCCESS);
    insert(table, thing, HANDLE_PROTECTED); // the end of the table closes it all the same
    object_put(&thing->object);
}

static void a_million_handles(void **state)
{
    struct handle_table *table = *state;
    struct thing *thing = make_thing();
    struct handle_info info;
    handle_t after = 0;
    unsigned found = 0;

    for (unsigned i = 1; i <= MILLION; i++)
        assert_int_equal(insert(table, thing, 0), 4 * i);
    assert_int_equal(handle_count(table), MILLION);
    assert_int_equal(thing->object.handle_count, MILLION);
    for (; handle_next(table, after, &info); after = info.handle, found++)
        object_put(info.object);
    assert_int_equal(found, MILLION);
    assert_int_equal(look(table, 4 * MILLION, 3), STATUS_SUCCESS);
    assert_int_equal(look(table, 4 * MILLION + 4, 3), STATUS_INVALID_HANDLE);
    for (unsigned i = 1; i <= MILLION; i += 2)
        assert_int_equal(handle_close(table, 4 * i), STATUS_SUCCESS);
    assert_int_equal(insert(table, thing, 0), 4 * (MILLION - 1)); // the one closed last
    object_put(&thing->object);
}

// Fails each allocation in turn.
static void running_out_of_memory_loses_nothing(void **state)
{
    struct handle_table *table = *state;
    struct thing *thing = make_thing();
    unsigned inserted = 0;
    handle_t handle;

    for (unsigned i = 0; i < 300000; i++) {
        host_allocations_left = 0;
        status_t status = handle_insert(table, &thing->object, 0, 0, &handle);
        host_allocations_left = -1;
        if (status == STATUS_SUCCESS) {
            inserted++;
            continue;
        }
        assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(handle_insert(table, &thing->object, 0, 0, &handle), STATUS_SUCCESS);
        inserted++;
    }
    assert_int_equal(inserted, 300000);
    assert_int_equal(handle_count(table), 300000);
    object_put(&thing->object);
}

static void children_get_what_is_inherited(void **state)
{
    struct handle_table *parent = *state, child;
    struct thing *thing = make_thing();
    handle_t handles[600];

    handle_table_init(&child);
    for (unsigned i = 0; i < 600; i++)
        handles[i] = insert(parent, thing, i % 3 == 0 ? HANDLE_INHERITED : 0);
    assert_int_equal(handle_inherit(parent, &child, NULL, 0), STATUS_SUCCESS);
    assert_int_equal(handle_count(&child), 200);
    for (unsigned i = 0; i < 600; i++)
        assert_int_equal(look(&child, handles[i], 3),
                         i % 3 == 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
    assert_int_equal(thing->object.handle_count, 800);
    assert_int_equal(insert(&child, thing, 0), handles[1]); // the lowest gap
    assert_int_equal(insert(&child, thing, 0), handles[2]);
    handle_table_destroy(&child);
    assert_int_equal(thing->object.handle_count, 600);
    object_put(&thing->object);
}

static void children_get_what_is_listed(void **state)
{
    struct handle_table *parent = *state, child;
    struct thing *thing = make_thing();
    handle_t kept = insert(parent, thing, 0), given = insert(parent, thing, HANDLE_INHERITED);
    handle_t other = insert(parent, thing, HANDLE_INHERITED);
    const handle_t good[] = { other, given, other }, private[] = { given, kept };
    const handle_t bad[] = { 0x4000 };

    handle_table_init(&child);
    assert_int_equal(handle_inherit(parent, &child, good, 3), STATUS_SUCCESS);
    assert_int_equal(handle_count(&child), 2);
    assert_int_equal(look(&child, other, 3), STATUS_SUCCESS);
    handle_table_destroy(&child);
    handle_table_init(&child);
    assert_int_equal(handle_inherit(parent, &child, private, 2), STATUS_INVALID_PARAMETER);
    handle_table_destroy(&child);
    handle_table_init(&child);
    assert_int_equal(handle_inherit(parent, &child, bad, 1), STATUS_INVALID_HANDLE);
    handle_table_destroy(&child);
    handle_table_init(&child);
    host_allocations_left = 0;
    assert_int_equal(handle_inherit(parent, &child, NULL, 0), STATUS_INSUFFICIENT_RESOURCES);
    host_allocations_left = -1;
    handle_table_destroy(&child);
    assert_int_equal(thing->object.handle_count, 3);
    object_put(&thing->object);
}

static void a_table_that_is_gone_says_so(void **state)
{
    struct handle_table gone;

    (void)state;
    handle_table_init(&gone);
    assert_true(handle_table_enter(&gone));
    handle_table_leave(&gone);
    handle_table_destroy(&gone);
    assert_false(handle_table_enter(&gone));
}

// ---- races
// ---------------------------------------------------------------------------------------

static struct {
    struct handle_table table;
    int lookups, closes, inserts;
} race;

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

// A new object whose only reference is its handle.
static void race_to_insert(void)
{
    struct thing *thing = make_thing();
    handle_t handle;

    if (handle_insert(&race.table, &thing->object, 3, 0, &handle) == STATUS_SUCCESS)
        __atomic_add_fetch(&race.inserts, 1, __ATOMIC_RELAXED);
    object_put(&thing->object);
}

// Whatever is found is alive; the address sanitizer sees to that.
static void race_to_use(handle_t number)
{
    struct object *object;

    if (handle_lookup(&race.table, number, &thing_type, 3, &object) != STATUS_SUCCESS)
        return;
    if (object->references < 1 || object->type != &thing_type)
        abort();
    object_put(object);
    __atomic_add_fetch(&race.lookups, 1, __ATOMIC_RELAXED);
}

// Works on a few numbers that all threads work on.
static void *racer(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;

    for (int i = 0; i < ROUNDS; i++) {
        handle_t number = 4 * (1 + next_random(&seed) % 8);
        switch (next_random(&seed) % 4) {
        case 0:
            if (handle_count(&race.table) < 8)
                race_to_insert();
            break;
        case 1:
            if (handle_close(&race.table, number) == STATUS_SUCCESS)
                __atomic_add_fetch(&race.closes, 1, __ATOMIC_RELAXED);
            break;
        default:
            race_to_use(number);
        }
    }
    return NULL;
}

static void racing_threads_agree(void **state)
{
    pthread_t threads[RACERS];

    (void)state;
    handle_table_init(&race.table);
    things_destroyed = 0;
    for (uintptr_t i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, racer, (void *)(i + 1)), 0);
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    assert_true(race.lookups > 0 && race.closes > 0);
    assert_int_equal(things_destroyed, race.closes);
    assert_int_equal(handle_count(&race.table), race.inserts - race.closes);
    handle_table_destroy(&race.table);
    assert_int_equal(things_destroyed, race.inserts);
    assert_int_equal(host_allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_handle_finds_its_object, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_of_nothing_are_no_handles, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reserved_number_is_no_handle_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(protection_keeps_a_handle, setup, teardown),
        cmocka_unit_test_setup_teardown(a_million_handles, setup, teardown),
        cmocka_unit_test_setup_teardown(running_out_of_memory_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(children_get_what_is_inherited, setup, teardown),
        cmocka_unit_test_setup_teardown(children_get_what_is_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_that_is_gone_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(racing_threads_agree, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
