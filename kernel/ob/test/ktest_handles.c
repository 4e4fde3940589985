// SPDX-License-Identifier: MIT
// The end of a handle table that a thread of another process visits.

#include <kernel/namespace.h>
#include <kernel/process.h>

#include "../../sched/test/ktest_threads.h"

static struct {
    struct handle_table table;
    volatile uint32_t is_destroyed; // atomic
} shared;

static void destroy_table(void *unused)
{
    (void)unused;
    handle_table_destroy(&shared.table);
    __atomic_store_n(&shared.is_destroyed, 1, __ATOMIC_RELEASE);
}

KTEST(ob, a_table_stays_while_it_is_visited)
{
    struct object *directory, *found;
    handle_t handle;
    handle_table_init(&shared.table);
    shared.is_destroyed = 0;
    KTEST_CHECK(directory_create(&directory) == STATUS_SUCCESS);
    KTEST_CHECK(handle_insert(&shared.table, directory, 0, 0, &handle) == STATUS_SUCCESS);
    KTEST_CHECK(handle_table_enter(&shared.table));
    struct thread *destroyer = ktest_start(destroy_table, NULL);
    KTEST_CHECK(ktest_waits(destroyer));
    KTEST_CHECK(!shared.is_destroyed);
    KTEST_CHECK(!handle_table_enter(&shared.table)); // nobody else comes in
    KTEST_CHECK(handle_lookup(&shared.table, handle, NULL, 0, &found) == STATUS_SUCCESS);
    object_put(found);
    handle_table_leave(&shared.table);
    KTEST_CHECK(ktest_join(destroyer));
    KTEST_CHECK(shared.is_destroyed);
    KTEST_CHECK(directory->references == 1 && directory->handle_count == 0);
    object_put(directory);
    return KTEST_PASS;
}

KTEST(ob, a_process_without_threads_gives_its_handles_back)
{
    struct object *directory;
    struct process *process;
    handle_t handle;
    KTEST_CHECK(directory_create(&directory) == STATUS_SUCCESS);
    KTEST_CHECK(process_create("handles", NULL, &process) == STATUS_SUCCESS);
    KTEST_CHECK(handle_insert(&process->handles, directory, 0, 0, &handle) == STATUS_SUCCESS);
    object_put(&process->object);
    KTEST_CHECK(directory->references == 1 && directory->handle_count == 0);
    object_put(directory);
    return KTEST_PASS;
}
