// SPDX-License-Identifier: MIT
/*
 * Who runs where, and before whom. Threads of the kernel are not preempted, so the order in which
 * they begin is the scheduler's choice alone as long as all of them have one processor to run on.
 */

#include "ktest_threads.h"

#define MANY 150u

static struct {
    uint8_t order[8]; // [one processor] priorities of those who ran
    volatile uint32_t count;
} log;

static void note_priority(void *unused)
{
    (void)unused;
    log.order[log.count % ARRAY_SIZE(log.order)] = current_thread()->base_priority;
    log.count++;
}

// Until its end the calling thread, too, runs on the first processor only, and before all others.
static void enter_first_processor(void)
{
    thread_set_affinity(current_thread(), 1);
    thread_set_priority(current_thread(), PRIORITY_COUNT - 1);
    ktest_sleep(1);
}

static void leave_first_processor(void)
{
    thread_set_priority(current_thread(), PRIORITY_NORMAL);
    thread_set_affinity(current_thread(), UINT64_MAX);
}

KTEST(sched, the_highest_priority_runs_first_and_equals_in_turn)
{
    static const uint8_t priorities[] = { 5, 12, 9, 20, 12, 1, 31, 9 };
    static const uint8_t expected[] = { 31, 20, 12, 12, 9, 9, 5, 1 };
    struct thread *threads[ARRAY_SIZE(priorities)];
    log.count = 0;
    enter_first_processor();
    for (size_t i = 0; i < ARRAY_SIZE(priorities); i++) {
        threads[i] = ktest_thread(note_priority, NULL);
        thread_set_priority(threads[i], priorities[i]);
        thread_set_affinity(threads[i], 1);
        thread_start(threads[i]);
    }
    uint32_t too_early = log.count;
    bool have_ended = ktest_join_all(threads, ARRAY_SIZE(priorities));
    leave_first_processor();
    KTEST_CHECK(have_ended && too_early == 0);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        KTEST_CHECK(log.order[i] == expected[i]);
    return KTEST_PASS;
}

KTEST(sched, a_change_of_priority_counts_for_those_who_are_ready)
{
    struct thread *threads[3];
    log.count = 0;
    enter_first_processor();
    for (unsigned i = 0; i < 3; i++) {
        threads[i] = ktest_thread(note_priority, NULL);
        thread_set_affinity(threads[i], 1);
        thread_start(threads[i]);
    }
    uint8_t before = thread_set_priority(threads[2], 15);
    thread_set_priority(threads[0], 3);
    bool have_ended = ktest_join_all(threads, 3);
    leave_first_processor();
    KTEST_CHECK(have_ended && before == PRIORITY_NORMAL);
    KTEST_CHECK(log.order[0] == 15 && log.order[1] == PRIORITY_NORMAL && log.order[2] == 3);
    return KTEST_PASS;
}

KTEST(sched, a_more_urgent_thread_asks_for_the_processor)
{
    enter_first_processor();
    thread_set_priority(current_thread(), 20); // above the worker's
    struct thread *low = ktest_thread(note_priority, NULL);
    struct thread *high = ktest_thread(note_priority, NULL);
    thread_set_affinity(low, 1);
    thread_set_affinity(high, 1);
    thread_set_priority(high, 21);
    log.count = 0;
    thread_start(low);
    bool asked_for_low = this_cpu()->needs_reschedule && !log.count;
    thread_start(high);
    bool asked_for_high = this_cpu()->needs_reschedule && !log.count;
    thread_preempt(); // as on the way to user mode
    uint32_t count = log.count;
    bool have_ended = ktest_join(low) & ktest_join(high);
    leave_first_processor();
    KTEST_CHECK(have_ended && !asked_for_low && asked_for_high);
    KTEST_CHECK(count == 1 && log.order[0] == 21);
    return KTEST_PASS;
}

static void set_event(void *event)
{
    event_set(event);
}

// By how much its priority is above base when the calling thread has waited. A tick may take that
// away before it is seen, so the best of several counts.
static uint8_t added_by_waking_up(uint8_t base)
{
    struct event event;
    uint8_t most = 0;
    waitable_init(&event.waitable, WAITABLE_SYNCHRONIZATION, 0);
    for (unsigned i = 0; i < 10; i++) {
        thread_set_priority(current_thread(), base);
        struct thread *setter = ktest_thread(set_event, &event);
        thread_set_affinity(setter, 1);
        thread_start(setter);
        if (ktest_wait(&event.waitable, 0, PATIENCE) == STATUS_WAIT_0)
            most = MAX(most, (uint8_t)(current_thread()->priority - base));
        ktest_join(setter);
    }
    return most;
}

KTEST(sched, waking_up_adds_to_a_priority_unless_forbidden)
{
    enter_first_processor(); // so that it waits before the event is set
    uint8_t usually = added_by_waking_up(PRIORITY_NORMAL);
    uint8_t at_the_top = added_by_waking_up(PRIORITY_REALTIME - 1);
    uint8_t in_real_time = added_by_waking_up(PRIORITY_REALTIME);
    current_thread()->boost_disabled = true;
    uint8_t when_disabled = added_by_waking_up(PRIORITY_NORMAL);
    current_thread()->boost_disabled = false;
    leave_first_processor();
    KTEST_CHECK(usually > 0 && at_the_top == 0 && in_real_time == 0 && when_disabled == 0);
    return KTEST_PASS;
}

// ---- processors ---------------------------------------------------------------------------------

static volatile uint32_t astray; // atomic: how often a thread ran where it must not

static void visit_all_processors(void *unused)
{
    (void)unused;
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < cpu_count(); i++) {
            thread_set_affinity(current_thread(), cpu_bit(cpus[i]));
            thread_preempt();
            if (this_cpu()->number != i)
                __atomic_add_fetch(&astray, 1, __ATOMIC_RELAXED);
        }
    }
}

KTEST(sched, threads_go_where_their_affinity_sends_them)
{
    struct thread *threads[6];
    astray = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++)
        threads[i] = ktest_start(visit_all_processors, NULL);
    KTEST_CHECK(ktest_join_all(threads, ARRAY_SIZE(threads)));
    KTEST_CHECK(astray == 0);
    return KTEST_PASS;
}

static volatile uint32_t arrived, met; // atomic

// Comes back when there are as many as there are processors: all of them must run at once.
static void meet(void *unused)
{
    (void)unused;
    nanoseconds_t deadline = clock_now() + PATIENCE;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < cpu_count())
        if (clock_now() > deadline)
            return;
        else
            cpu_wait_briefly();
    __atomic_add_fetch(&met, 1, __ATOMIC_RELEASE);
}

KTEST(sched, no_processor_is_idle_while_a_thread_is_ready)
{
    struct thread *threads[CPU_MAX];
    for (unsigned round = 0; round < 20; round++) {
        arrived = met = 0;
        for (unsigned i = 0; i < cpu_count(); i++)
            threads[i] = ktest_start(meet, NULL);
        KTEST_CHECK(ktest_join_all(threads, cpu_count()));
        KTEST_CHECK(met == cpu_count());
    }
    return KTEST_PASS;
}

static volatile uint32_t finished; // atomic

static void yield_often(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 20; i++)
        thread_yield();
    __atomic_add_fetch(&finished, 1, __ATOMIC_RELAXED);
}

KTEST(sched, many_threads_come_and_go)
{
    static struct thread *threads[MANY];
    uint32_t before = ktest_thread_count();
    for (unsigned round = 0; round < 3; round++) {
        finished = 0;
        for (unsigned i = 0; i < MANY; i++)
            threads[i] = ktest_start(yield_often, NULL);
        KTEST_CHECK(ktest_join_all(threads, MANY));
        KTEST_CHECK(finished == MANY);
        KTEST_CHECK(ktest_threads_are(before));
    }
    return KTEST_PASS;
}

static void spin_for_a_while(void *argument)
{
    nanoseconds_t begin = clock_now();
    while (clock_now() - begin < 5 * MILLISECOND)
        cpu_wait_briefly();
    *(nanoseconds_t *)argument = clock_now() - begin;
}

KTEST(sched, a_thread_is_charged_for_the_time_it_ran)
{
    static nanoseconds_t ran;
    struct thread *thread = ktest_start(spin_for_a_while, &ran);
    struct thread_times times;
    object_get(&thread->object);
    KTEST_CHECK(ktest_join(thread));
    thread_times(thread, &times);
    nanoseconds_t lived = thread->exit_time - thread->create_time;
    object_put(&thread->object);
    nanoseconds_t charged = clock_cycles_to_ns(times.user_cycles + times.kernel_cycles);
    KTEST_CHECK(charged >= ran && times.user_cycles == 0);
    KTEST_CHECK(lived >= ran);
    return KTEST_PASS;
}
