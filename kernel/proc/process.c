// SPDX-License-Identifier: MIT
/*
 * The life of a process.
 *
 * process_create makes it with one reference, the maker's. Threads are added and started; each
 * holds a reference to the process. It ends when its last thread does, by itself or because
 * process_terminate told all of them to: that thread gives memory and handles back, then wakes
 * those who wait. The object goes with its last reference.
 */

#include <kernel/process.h>

#include <kernel/clock.h>
#include <kernel/heap.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/status.h>
#include <kernel/string.h>

static struct {
    uint32_t count;   // atomic
    uint32_t last_id; // atomic
} processes;

static void destroy_process(struct object *object)
{
    struct process *process = container_of(object, struct process, object);
    if (process->space) // it never had a thread
        space_destroy(process->space);
    heap_free(process);
    __atomic_sub_fetch(&processes.count, 1, __ATOMIC_RELAXED);
}

// Every right, as NT's PROCESS_ALL_ACCESS has them.
OBJECT_TYPE(
    process_type, "Process",
    .access = { .valid = 0x1FFFFF, .read = 0x020410, .write = 0x020BEA, .execute = 0x121001 },
    .destroy = destroy_process);

status_t process_create(const char *name, struct process **out)
{
    struct process *process = heap_alloc_zeroed(sizeof(*process));
    if (!process)
        return STATUS_NO_MEMORY;
    status_t status = space_create(&process->space);
    if (status != STATUS_SUCCESS) {
        heap_free(process);
        return status;
    }
    object_init(&process->object, &process_type);
    process->id = 4 * __atomic_add_fetch(&processes.last_id, 1, __ATOMIC_RELAXED);
    copy_string(process->name, sizeof(process->name), name);
    handle_table_init(&process->handles);
    spin_init(&process->lock, "process", LOCK_RANK_PROCESS);
    list_init(&process->threads);
    wait_queue_init(&process->ended);
    process->start_time = clock_now();
    __atomic_add_fetch(&processes.count, 1, __ATOMIC_RELAXED);
    *out = process;
    return STATUS_SUCCESS;
}

status_t process_add_thread(struct process *process, const char *name, void (*entry)(void *),
                            void *argument, struct thread **out)
{
    struct thread *thread;
    status_t status = thread_create(process, name, entry, argument, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    irq_state_t state = spin_lock(&process->lock);
    if (process->is_ending) {
        status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        object_get(&process->object);
        list_append(&process->threads, &thread->process_link);
        process->thread_count++;
    }
    spin_unlock(&process->lock, state);
    if (status != STATUS_SUCCESS) {
        object_put(&thread->object);
        return status;
    }
    *out = thread;
    return STATUS_SUCCESS;
}

void process_terminate(struct process *process, status_t exit_status)
{
    struct thread *thread;
    irq_state_t state = spin_lock(&process->lock);
    if (!process->is_ending) {
        process->is_ending = true;
        process->exit_status = exit_status;
        list_for_each(thread, &process->threads, process_link)
            thread_terminate(thread);
    }
    spin_unlock(&process->lock, state);
}

static void release_resources(struct process *process)
{
    handle_table_destroy(&process->handles);
    struct address_space *space = process->space;
    if (personality)
        personality->process_ended(process);
    space_switch(NULL);
    process->space = NULL;
    space_destroy(space);
}

void process_thread_ended(struct thread *thread)
{
    struct process *process = thread->process;
    irq_state_t state = spin_lock(&process->lock);
    list_remove(&thread->process_link);
    bool is_last = --process->thread_count == 0;
    if (is_last)
        process->is_ending = true;
    spin_unlock(&process->lock, state);
    if (is_last) {
        release_resources(process);
        state = spin_lock(&process->lock);
        process->has_ended = true;
        wait_queue_wake_all(&process->ended);
        spin_unlock(&process->lock, state);
    }
    thread->fpu_state = NULL; // nothing of the program is left to save
    thread->process = NULL;
    object_put(&process->object);
}

status_t process_wait(struct process *process, status_t *exit_status)
{
    irq_state_t state = spin_lock(&process->lock);
    status_t status = STATUS_SUCCESS;
    while (!process->has_ended && status == STATUS_SUCCESS)
        status = wait_queue_sleep(&process->ended, &process->lock, &state, NO_DEADLINE);
    if (status == STATUS_SUCCESS)
        *exit_status = process->exit_status;
    spin_unlock(&process->lock, state);
    return status;
}

uint32_t process_count(void)
{
    return __atomic_load_n(&processes.count, __ATOMIC_RELAXED);
}
