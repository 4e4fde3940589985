// SPDX-License-Identifier: MIT
// What the tests of the scheduler share: threads that come and go, and bounded waiting. A test that
// waits for others waits for PATIENCE at most, which only a hang exceeds.

#pragma once

#include <kernel/clock.h>
#include <kernel/ktest.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#define MILLISECOND 1000000ull
#define SECOND      1000000000ull
#define PATIENCE    (30 * SECOND)

// Makes a kernel thread that does not run yet, or panics: a test cannot go on without it.
struct thread *ktest_thread(void (*entry)(void *argument), void *argument);

// The same, and starts it.
struct thread *ktest_start(void (*entry)(void *argument), void *argument);

// Waits until thread has ended and puts the reference to it. false: it did not end.
bool ktest_join(struct thread *thread);

// Joins all of them. false: one did not end.
bool ktest_join_all(struct thread *const *threads, unsigned count);

// Waits until there are `count` threads in the kernel again, ended ones included. false: there are
// others.
bool ktest_threads_are(uint32_t count);
uint32_t ktest_thread_count(void);

// Waits until *value (atomic) is at least least. false: it never was.
bool ktest_reaches(const volatile uint32_t *value, uint32_t least);

// Waits until the thread waits. false: it never did.
bool ktest_waits(const struct thread *thread);

// Lets the calling thread sleep.
void ktest_sleep(nanoseconds_t duration);

// wait_for of one object.
status_t ktest_wait(struct waitable *object, unsigned flags, nanoseconds_t duration);

// A generator of numbers for tests that shuffle: the same in every run.
uint32_t ktest_random(uint32_t *state);
