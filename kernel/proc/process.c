// SPDX-License-Identifier: MIT
/*
 * The life of a process.
 *
 * process_create makes it with one reference, the maker's. Threads are added and started; each
 * holds a reference to the process. It ends when its last thread does, by itself or because
 * process_terminate told all of them to: that thread waits until no other process works on its
 * memory, gives memory and handles back, and then satisfies those who wait. The object goes with
 * its last reference.
 */

#include <kernel/process.h>

#include <kernel/client_id.h>
#include <kernel/clock.h>
#include <kernel/heap.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/status.h>
#include <kernel/string.h>

static struct {
    struct spinlock lock;
    struct list all; // [lock] processes that have not ended, in the order of their creation
    uint32_t count;  // [lock]
    uint64_t made;   // [lock]
} processes = { .lock = SPINLOCK("processes", LOCK_RANK_PROCESSES), .all = LIST(processes.all) };

static void destroy_process(struct object *object)
{
    struct process *process = container_of(object, struct process, object);
    if (process->personality_data)
        personality->process_destroyed(process);
    if (process->space) { // it never had a thread
        handle_table_destroy(&process->handles);
        space_destroy(process->space);
    }
    irq_state_t state = spin_lock(&processes.lock);
    list_remove(&process->all_link);
    processes.count--;
    spin_unlock(&processes.lock, state);
    if (process->id)
        client_id_free(process->id);
    heap_free(process);
}

// Every right, as NT's PROCESS_ALL_ACCESS has them.
OBJECT_TYPE(
    process_type, "Process",
    .access = { .valid = 0x1FFFFF, .read = 0x020410, .write = 0x020BEA, .execute = 0x121001 },
    .destroy = destroy_process, .waitable_offset = OBJECT_WAITABLE(struct process, ended));

static void init(struct process *process, const char *name, const struct process *parent)
{
    object_init(&process->object, &process_type);
    copy_string(process->name, sizeof(process->name), name);
    process->parent_id = parent ? parent->id : 0;
    handle_table_init(&process->handles);
    spin_init(&process->lock, "process", LOCK_RANK_PROCESS);
    list_init(&process->threads);
    list_init(&process->all_link);
    wait_queue_init(&process->unused);
    waitable_init(&process->ended, WAITABLE_NOTIFICATION, 0);
    process->exit_status = STATUS_PENDING;
    process->create_time = clock_now();
    irq_state_t state = spin_lock(&processes.lock);
    processes.count++;
    spin_unlock(&processes.lock, state);
}

status_t process_create(const char *name, const struct process *parent, struct process **out)
{
    struct process *process = heap_alloc_zeroed(sizeof(*process));
    if (!process)
        return STATUS_NO_MEMORY;
    init(process, name, parent);
    status_t status = space_create(&process->space);
    if (status == STATUS_SUCCESS && !(process->id = client_id_alloc()))
        status = STATUS_NO_MEMORY;
    if (status != STATUS_SUCCESS) {
        object_put(&process->object);
        return status;
    }
    *out = process;
    return STATUS_SUCCESS;
}

void process_publish(struct process *process)
{
    client_id_publish(process->id, &process->object);
    irq_state_t state = spin_lock(&processes.lock);
    process->number = ++processes.made;
    list_append(&processes.all, &process->all_link);
    spin_unlock(&processes.lock, state);
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
        thread->number = ++process->threads_made;
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
            thread_terminate(thread, exit_status);
    }
    spin_unlock(&process->lock, state);
}

status_t process_terminate_others(status_t exit_status)
{
    struct process *process = current_process();
    struct thread *self = current_thread();
    status_t status = STATUS_SUCCESS;
    irq_state_t state = spin_lock(&process->lock);
    struct thread *thread;
    list_for_each(thread, &process->threads, process_link)
        if (thread != self)
            thread_terminate(thread, exit_status);
    process->wants_to_be_alone = true;
    while (process->thread_count > 1 && status == STATUS_SUCCESS)
        status = wait_queue_sleep(&process->unused, &process->lock, &state, NO_DEADLINE);
    process->wants_to_be_alone = false;
    spin_unlock(&process->lock, state);
    return status;
}

status_t process_use_space(struct process *process, struct address_space **out)
{
    status_t status = STATUS_PROCESS_IS_TERMINATING;
    irq_state_t state = spin_lock(&process->lock);
    if (!process->is_emptied) {
        process->space_users++;
        *out = process->space;
        status = STATUS_SUCCESS;
    }
    spin_unlock(&process->lock, state);
    return status;
}

void process_release_space(struct process *process)
{
    irq_state_t state = spin_lock(&process->lock);
    if (--process->space_users == 0 && process->is_emptied)
        wait_queue_wake_all(&process->unused);
    spin_unlock(&process->lock, state);
}

// Waits, whatever happens to the running thread, until no other process works on the memory.
static void wait_for_users(struct process *process)
{
    irq_state_t state = spin_lock(&process->lock);
    process->is_emptied = true;
    while (process->space_users > 0)
        wait_queue_sleep_always(&process->unused, &process->lock, &state);
    spin_unlock(&process->lock, state);
}

static void release_resources(struct process *process)
{
    handle_table_destroy(&process->handles);
    wait_for_users(process);
    struct address_space *space = process->space;
    if (personality)
        personality->process_ended(process);
    process->peak_resident_pages = space->peak_resident_pages;
    process->peak_committed_pages = space->peak_committed_pages;
    process->fault_count = space->fault_count;
    space_switch(NULL);
    process->space = NULL;
    space_destroy(space);
}

static void announce_end(struct process *process)
{
    irq_state_t state = spin_lock(&processes.lock);
    list_remove(&process->all_link);
    spin_unlock(&processes.lock, state);
    state = spin_lock(&process->lock);
    process->has_ended = true;
    process->exit_time = clock_now();
    spin_lock(&sched_lock);
    process->ended.state = 1;
    waitable_satisfy_locked(&process->ended);
    spin_unlock(&sched_lock, 0);
    spin_unlock(&process->lock, state);
}

// Takes the thread off the list of its process; returns whether it was the last.
static bool leave(struct process *process, struct thread *thread)
{
    irq_state_t state = spin_lock(&process->lock);
    list_remove(&thread->process_link);
    process->user_cycles += thread->user_cycles;
    process->kernel_cycles += thread->kernel_cycles;
    bool is_last = --process->thread_count == 0;
    if (is_last && !process->is_ending) {
        process->is_ending = true;
        process->exit_status = thread->exit_status;
    }
    if (process->wants_to_be_alone)
        wait_queue_wake_all(&process->unused);
    spin_unlock(&process->lock, state);
    return is_last;
}

void process_thread_ended(struct thread *thread)
{
    struct process *process = thread->process;
    if (personality)
        personality->thread_ended(thread);
    if (leave(process, thread)) {
        release_resources(process);
        announce_end(process);
    }
    thread->fpu_state = NULL; // nothing of the program is left to save
}

status_t process_wait(struct process *process, status_t *exit_status)
{
    struct waitable *ended = &process->ended;
    status_t status = wait_for(&ended, 1, WAIT_UNTIL_END, NO_DEADLINE);
    if (status == STATUS_WAIT_0)
        *exit_status = process->exit_status;
    return status;
}

struct process *process_next(struct process *previous)
{
    struct process *next = NULL;
    irq_state_t state = spin_lock(&processes.lock);
    // One that has ended meanwhile has left the list: then the search begins behind all older ones.
    struct process *candidate;
    list_for_each(candidate, &processes.all, all_link) {
        if ((!previous || candidate->number > previous->number) &&
            object_try_get(&candidate->object)) {
            next = candidate;
            break;
        }
    }
    spin_unlock(&processes.lock, state);
    return next;
}

struct thread *process_next_thread(struct process *process, struct thread *previous)
{
    struct thread *next = NULL, *candidate;
    irq_state_t state = spin_lock(&process->lock);
    list_for_each(candidate, &process->threads, process_link) {
        if ((!previous || candidate->number > previous->number) &&
            object_try_get(&candidate->object)) {
            next = candidate;
            break;
        }
    }
    spin_unlock(&process->lock, state);
    return next;
}

void process_times(struct process *process, struct thread_times *out)
{
    struct thread *thread;
    irq_state_t state = spin_lock(&process->lock);
    uint64_t user = process->user_cycles;
    uint64_t kernel = process->kernel_cycles;
    list_for_each(thread, &process->threads, process_link) {
        struct thread_times times;
        thread_times(thread, &times);
        user += times.user_cycles;
        kernel += times.kernel_cycles;
    }
    spin_unlock(&process->lock, state);
    *out = (struct thread_times){ user, kernel };
}

uint32_t process_count(void)
{
    return __atomic_load_n(&processes.count, __ATOMIC_RELAXED);
}
