// SPDX-License-Identifier: MIT
// One kernel thread that runs what was submitted, first come first served.

#include <kernel/work.h>

#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "sched_private.h"

static struct {
    struct list pending;        // [sched_lock]
    struct semaphore submitted; // counts what is pending
} queue = { .pending = LIST(queue.pending) };

void work_init(struct work *work, void (*run)(struct work *work))
{
    list_init(&work->link);
    work->run = run;
}

bool work_submit_locked(struct work *work)
{
    if (!list_is_empty(&work->link))
        return false;
    list_append(&queue.pending, &work->link);
    int32_t previous;
    status_t status = semaphore_release_locked(&queue.submitted, 1, &previous);
    assert(status == STATUS_SUCCESS);
    (void)status;
    return true;
}

bool work_submit(struct work *work)
{
    irq_state_t state = spin_lock(&sched_lock);
    bool is_new = work_submit_locked(work);
    spin_unlock(&sched_lock, state);
    return is_new;
}

static void run_work(void *unused)
{
    (void)unused;
    struct waitable *submitted = &queue.submitted.waitable;
    while (wait_for(&submitted, 1, 0, NO_DEADLINE) == STATUS_WAIT_0) {
        irq_state_t state = spin_lock(&sched_lock);
        struct work *work = list_first(&queue.pending, struct work, link);
        list_remove(&work->link);
        spin_unlock(&sched_lock, state);
        work->run(work);
    }
}

static void start_worker(void)
{
    waitable_init(&queue.submitted.waitable, WAITABLE_SEMAPHORE, 0);
    queue.submitted.limit = INT32_MAX;
    struct thread *worker;
    if (thread_create(NULL, "worker", run_work, NULL, &worker) != STATUS_SUCCESS)
        panic("work: no memory for the worker thread");
    thread_set_priority(worker, PRIORITY_REALTIME - 1);
    thread_start(worker);
    object_put(&worker->object);
}
INITCALL(60_DRIVERS, start_worker);
