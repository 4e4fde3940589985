// SPDX-License-Identifier: MIT
// Timers expire in order, once, and not early; work runs once, in order, in a thread.

#include <kernel/list.h>
#include <kernel/timer.h>
#include <kernel/work.h>

#include "ktest_threads.h"

#define TIMERS 400u

struct noted {
    struct timer timer;
    uint32_t position; // [sched_lock] 0: not expired; else the how-manieth to expire
    uint32_t times;    // [sched_lock]
    bool was_early;    // [sched_lock]
};

static struct noted noted[TIMERS];
static volatile uint32_t expired; // [sched_lock]

static void note(struct timer *timer, nanoseconds_t now)
{
    struct noted *entry = container_of(timer, struct noted, timer);
    entry->was_early |= now < timer->due || clock_now() < timer->due;
    entry->position = ++expired;
    entry->times++;
}

static void start(struct noted *entry, nanoseconds_t due)
{
    irq_state_t state = spin_lock(&sched_lock);
    timer_start_locked(&entry->timer, due);
    spin_unlock(&sched_lock, state);
}

static bool stop(struct noted *entry)
{
    irq_state_t state = spin_lock(&sched_lock);
    bool was_waiting = timer_stop_locked(&entry->timer);
    spin_unlock(&sched_lock, state);
    return was_waiting;
}

// Stops what a test that failed has left running, too.
static void clear_notes(void)
{
    for (unsigned i = 0; i < TIMERS; i++)
        stop(&noted[i]);
    for (unsigned i = 0; i < TIMERS; i++)
        noted[i] = (struct noted){ .timer = { .expire = note } };
    expired = 0;
}

KTEST(sched, timers_expire_in_the_order_of_their_times)
{
    uint32_t random = 1;
    clear_notes();
    // One processor's timers, all due before the first can expire but for the time they need.
    thread_set_affinity(current_thread(), 1);
    ktest_sleep(1);
    irq_state_t state = spin_lock(&sched_lock);
    nanoseconds_t begin = clock_now() + 5 * MILLISECOND;
    for (unsigned i = 0; i < TIMERS; i++)
        timer_start_locked(&noted[i].timer, begin + ktest_random(&random) % 50 * 100000);
    spin_unlock(&sched_lock, state);
    thread_set_affinity(current_thread(), UINT64_MAX);
    KTEST_CHECK(ktest_reaches(&expired, TIMERS));
    for (unsigned i = 0; i < TIMERS; i++) {
        KTEST_CHECK(noted[i].times == 1 && !noted[i].was_early);
        for (unsigned j = 0; j < i; j++) {
            // Those that are due at the same time keep the order in which they were started.
            bool j_first = noted[j].timer.due <= noted[i].timer.due;
            KTEST_CHECK(j_first == (noted[j].position < noted[i].position));
        }
    }
    return KTEST_PASS;
}

KTEST(sched, a_stopped_timer_does_not_expire)
{
    unsigned stopped = 0;
    clear_notes();
    nanoseconds_t begin = clock_now();
    for (unsigned i = 0; i < TIMERS; i++)
        start(&noted[i], begin + i * 20000);
    for (unsigned i = 0; i < TIMERS; i += 2)
        stopped += stop(&noted[i]);
    KTEST_CHECK(ktest_reaches(&expired, TIMERS - stopped));
    ktest_sleep(10 * MILLISECOND);
    KTEST_CHECK(expired == TIMERS - stopped);
    for (unsigned i = 0; i < TIMERS; i++) {
        KTEST_CHECK(noted[i].times <= 1 && (i % 2 == 0 || noted[i].times == 1));
        KTEST_CHECK(!noted[i].was_early && !stop(&noted[i]));
    }
    return KTEST_PASS;
}

KTEST(sched, a_timer_that_is_started_again_forgets_its_old_time)
{
    clear_notes();
    irq_state_t state = spin_lock(&sched_lock); // else the first time may come before the second
    timer_start_locked(&noted[0].timer, clock_now() + MILLISECOND);
    timer_start_locked(&noted[0].timer, clock_now() + 3600 * SECOND);
    spin_unlock(&sched_lock, state);
    ktest_sleep(3 * MILLISECOND);
    KTEST_CHECK(expired == 0);
    start(&noted[0], 1); // long ago
    KTEST_CHECK(ktest_reaches(&expired, 1));
    KTEST_CHECK(noted[0].times == 1 && !stop(&noted[0]));
    return KTEST_PASS;
}

static void note_and_restart(struct timer *timer, nanoseconds_t now)
{
    note(timer, now);
    if (expired < 20)
        timer_start_locked(timer, timer->due + 200000);
}

KTEST(sched, a_timer_may_start_itself_again)
{
    clear_notes();
    noted[0].timer.expire = note_and_restart;
    nanoseconds_t begin = clock_now();
    start(&noted[0], begin);
    KTEST_CHECK(ktest_reaches(&expired, 20));
    KTEST_CHECK(clock_now() - begin >= 19 * 200000 && !noted[0].was_early);
    return KTEST_PASS;
}

// A host may take the processor away at any moment, for any time, so only the best of many counts.
KTEST(sched, a_sleep_can_be_true_to_half_a_millisecond)
{
    nanoseconds_t best = SECOND;
    for (unsigned i = 0; i < 500 && best >= MILLISECOND / 2; i++) {
        nanoseconds_t deadline = clock_now() + MILLISECOND;
        KTEST_CHECK(thread_sleep_until(deadline, 0) == STATUS_TIMEOUT);
        nanoseconds_t now = clock_now();
        KTEST_CHECK(now >= deadline);
        best = MIN(best, now - deadline);
    }
    KTEST_CHECK(best < MILLISECOND / 2);
    return KTEST_PASS;
}

// Whether no timer waits any more, or will within PATIENCE.
static bool is_quiet(void)
{
    nanoseconds_t deadline = clock_now() + PATIENCE;
    for (unsigned i = 0; i < TIMERS; i++) {
        while (__atomic_load_n(&noted[i].timer.queue, __ATOMIC_ACQUIRE) != NULL) {
            if (clock_now() > deadline)
                return false;
            ktest_sleep(MILLISECOND / 10);
        }
    }
    return true;
}

static void start_and_stop(void *argument)
{
    struct noted *own = argument;
    uint32_t random = (uint32_t)(uintptr_t)argument;
    for (unsigned i = 0; i < 500; i++) {
        struct noted *entry = &own[ktest_random(&random) % 20];
        if (ktest_random(&random) % 2)
            start(entry, clock_now() + ktest_random(&random) % 300000);
        else
            stop(entry);
        if (i % 50 == 0)
            thread_yield();
    }
    for (unsigned i = 0; i < 20; i++)
        start(&own[i], clock_now());
}

KTEST(sched, timers_are_started_and_stopped_on_all_processors_at_once)
{
    struct thread *threads[8];
    clear_notes();
    // Each timer is used by two threads.
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++)
        threads[i] = ktest_start(start_and_stop, &noted[i / 2 * 20]);
    KTEST_CHECK(ktest_join_all(threads, ARRAY_SIZE(threads)));
    KTEST_CHECK(is_quiet());
    for (unsigned i = 0; i < TIMERS; i++)
        KTEST_CHECK(!noted[i].was_early && (noted[i].times > 0) == (i < 80));
    return KTEST_PASS;
}

// ---- work ---------------------------------------------------------------------------------------

#define WORKS 50u

struct noted_work {
    struct work work;
    uint32_t position, again;
    bool in_interrupt;
};

static struct noted_work works[WORKS];
static volatile uint32_t worked; // atomic

static void note_work(struct work *work)
{
    struct noted_work *entry = container_of(work, struct noted_work, work);
    entry->in_interrupt |= this_cpu()->interrupt_depth != 0 || current_thread() == this_cpu()->idle;
    if (entry->again > 0) {
        entry->again--;
        work_submit(work);
    }
    entry->position = worked + 1;
    __atomic_add_fetch(&worked, 1, __ATOMIC_RELEASE);
}

static void init_works(void)
{
    worked = 0;
    for (unsigned i = 0; i < WORKS; i++) {
        works[i] = (struct noted_work){ 0 };
        work_init(&works[i].work, note_work);
    }
}

KTEST(sched, work_runs_once_and_in_order)
{
    unsigned refused = 0;
    init_works();
    irq_state_t state = spin_lock(&sched_lock); // so that none has run before all are there
    for (unsigned i = 0; i < WORKS; i++)
        refused += !work_submit_locked(&works[i].work);
    for (unsigned i = 0; i < WORKS; i++)
        refused += !work_submit_locked(&works[i].work);
    spin_unlock(&sched_lock, state);
    KTEST_CHECK(refused == WORKS);
    KTEST_CHECK(ktest_reaches(&worked, WORKS));
    ktest_sleep(MILLISECOND);
    KTEST_CHECK(worked == WORKS);
    for (unsigned i = 0; i < WORKS; i++)
        KTEST_CHECK(works[i].position == i + 1 && !works[i].in_interrupt);
    return KTEST_PASS;
}

KTEST(sched, work_may_submit_itself_again)
{
    init_works();
    works[0].again = 9;
    KTEST_CHECK(work_submit(&works[0].work));
    KTEST_CHECK(ktest_reaches(&worked, 10));
    ktest_sleep(MILLISECOND);
    KTEST_CHECK(worked == 10);
    return KTEST_PASS;
}

static void submit(struct timer *timer, nanoseconds_t now)
{
    (void)timer;
    (void)now;
    work_submit_locked(&works[0].work);
}

KTEST(sched, a_timer_may_submit_work)
{
    init_works();
    clear_notes();
    noted[0].timer.expire = submit;
    start(&noted[0], clock_now() + MILLISECOND);
    KTEST_CHECK(ktest_reaches(&worked, 1));
    KTEST_CHECK(!works[0].in_interrupt);
    return KTEST_PASS;
}
