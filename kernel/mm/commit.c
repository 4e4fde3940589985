// SPDX-License-Identifier: MIT
// One counter against one limit (commit.h). It is atomic instead of locked because address spaces
// charge it under locks of their own.

#include <kernel/commit.h>

#include <kernel/frames.h>
#include <kernel/panic.h>

static struct commitment {
    uint64_t limit;     // immutable after commit_init
    uint64_t committed; // atomic
    uint64_t peak;      // atomic; may miss a peak that lasts an instant
} commit;

void commit_init(uint64_t total_frames)
{
    uint64_t reserve = commit_kernel_reserve(total_frames);

    commit = (struct commitment){ .limit = total_frames > reserve ? total_frames - reserve : 0 };
}

bool commit_charge(uint64_t pages)
{
    uint64_t old = __atomic_load_n(&commit.committed, __ATOMIC_RELAXED);

    do {
        if (pages > commit.limit - old || (pages != 0 && !frames_can_back(old + pages)))
            return false;
    } while (!__atomic_compare_exchange_n(&commit.committed, &old, old + pages, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    if (old + pages > __atomic_load_n(&commit.peak, __ATOMIC_RELAXED))
        __atomic_store_n(&commit.peak, old + pages, __ATOMIC_RELAXED);
    return true;
}

void commit_release(uint64_t pages)
{
    uint64_t old = __atomic_fetch_sub(&commit.committed, pages, __ATOMIC_RELAXED);

    assert(old >= pages);
}

uint64_t commit_pages(void)
{
    return __atomic_load_n(&commit.committed, __ATOMIC_RELAXED);
}

struct commit_stats commit_stats(void)
{
    return (struct commit_stats){
        .limit = commit.limit,
        .committed = __atomic_load_n(&commit.committed, __ATOMIC_RELAXED),
        .peak = __atomic_load_n(&commit.peak, __ATOMIC_RELAXED),
    };
}
