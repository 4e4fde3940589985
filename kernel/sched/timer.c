// SPDX-License-Identifier: MIT
/*
 * The timer queues: one tree by time per processor. The local timer is set again only if it would
 * come too late; one that comes too early finds nothing due and sets itself right.
 *
 * However many timers programs set, their interrupts leave the processor time for others: each
 * serves a limited number, and between two there is a pause, which is as long as serving has taken.
 */

#include <kernel/timer.h>

#include <arch/context.h>

#include <kernel/clock.h>
#include <kernel/panic.h>

#include "sched_private.h"

#define TIMERS_AT_ONCE 64u
#define PAUSE_LEAST    20000ull // ns

static struct timer *timer_of(struct rb_node *node)
{
    return node ? container_of(node, struct timer, node) : NULL;
}

static void insert(struct run_queue *queue, struct timer *timer)
{
    struct rb_node **link = &queue->timers.root;
    struct rb_node *parent = NULL;
    bool is_first = true;
    while (*link) {
        parent = *link;
        if (timer->due < timer_of(parent)->due) {
            link = &parent->left;
        } else {
            link = &parent->right; // behind those that are due at the same time
            is_first = false;
        }
    }
    rb_insert(&queue->timers, &timer->node, parent, link, NULL);
    if (is_first)
        queue->first_timer = timer;
}

static void take_out(struct timer *timer)
{
    struct run_queue *queue = timer->queue;
    if (queue->first_timer == timer)
        queue->first_timer = timer_of(rb_next(&timer->node));
    rb_remove(&queue->timers, &timer->node, NULL);
    timer->queue = NULL;
}

void timer_start_locked(struct timer *timer, nanoseconds_t due)
{
    assert(spin_held(&sched_lock));
    if (timer->queue)
        take_out(timer);
    struct run_queue *queue = this_run_queue();
    timer->due = due;
    timer->queue = queue;
    insert(queue, timer);
    if (queue->first_timer == timer)
        sched_arm_timer_locked(queue);
}

bool timer_stop_locked(struct timer *timer)
{
    if (!timer->queue)
        return false;
    take_out(timer);
    return true;
}

void sched_expire_timers_locked(struct run_queue *queue, nanoseconds_t now)
{
    unsigned served = 0;
    for (; served < TIMERS_AT_ONCE; served++) {
        struct timer *timer = queue->first_timer;
        if (!timer || timer->due > now)
            break;
        take_out(timer);
        timer->expire(timer, now);
    }
    if (served == 0)
        return;
    nanoseconds_t end = clock_now();
    queue->timer_pause = end + MAX(end - now, PAUSE_LEAST);
}

void sched_arm_timer_locked(struct run_queue *queue)
{
    nanoseconds_t due =
        queue->first_timer ? MAX(queue->first_timer->due, queue->timer_pause) : NO_DEADLINE;
    due = MIN(due, queue->tick_due);
    if (due >= queue->timer_armed)
        return;
    queue->timer_armed = due;
    timer_set_deadline(due);
}
