// SPDX-License-Identifier: MIT

#include "ktest_threads.h"

#include <kernel/panic.h>

struct thread *ktest_thread(void (*entry)(void *argument), void *argument)
{
    struct thread *thread;
    if (thread_create(NULL, "ktest", entry, argument, &thread) != STATUS_SUCCESS)
        panic("ktest: no memory for a thread");
    return thread;
}

struct thread *ktest_start(void (*entry)(void *argument), void *argument)
{
    struct thread *thread = ktest_thread(entry, argument);
    thread_start(thread);
    return thread;
}

status_t ktest_wait(struct waitable *object, unsigned flags, nanoseconds_t duration)
{
    return wait_for(&object, 1, flags, clock_now() + duration);
}

bool ktest_join(struct thread *thread)
{
    bool has_ended = ktest_wait(&thread->ended, 0, PATIENCE) == STATUS_WAIT_0;
    object_put(&thread->object);
    return has_ended;
}

bool ktest_join_all(struct thread *const *threads, unsigned count)
{
    bool have_all_ended = true;
    for (unsigned i = 0; i < count; i++)
        have_all_ended &= ktest_join(threads[i]);
    return have_all_ended;
}

void ktest_sleep(nanoseconds_t duration)
{
    status_t status = thread_sleep_until(clock_now() + duration, 0);
    (void)status; // STATUS_TIMEOUT
}

uint32_t ktest_thread_count(void)
{
    return __atomic_load_n(&thread_type.counts->objects, __ATOMIC_RELAXED);
}

bool ktest_threads_are(uint32_t count)
{
    nanoseconds_t deadline = clock_now() + PATIENCE;
    while (ktest_thread_count() != count) {
        if (clock_now() > deadline)
            return false;
        ktest_sleep(MILLISECOND);
    }
    return true;
}

bool ktest_reaches(const volatile uint32_t *value, uint32_t least)
{
    nanoseconds_t deadline = clock_now() + PATIENCE;
    while (__atomic_load_n(value, __ATOMIC_ACQUIRE) < least) {
        if (clock_now() > deadline)
            return false;
        ktest_sleep(MILLISECOND / 10);
    }
    return true;
}

bool ktest_waits(const struct thread *thread)
{
    nanoseconds_t deadline = clock_now() + PATIENCE;
    for (;;) {
        irq_state_t state = spin_lock(&sched_lock);
        bool is_waiting = thread->state == THREAD_WAITING;
        spin_unlock(&sched_lock, state);
        if (is_waiting)
            return true;
        if (clock_now() > deadline)
            return false;
        ktest_sleep(MILLISECOND / 10);
    }
}

uint32_t ktest_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223; // Numerical Recipes' constants
    return *state >> 8;
}
