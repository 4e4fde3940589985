// SPDX-License-Identifier: MIT
/*
 * Several processors at once: calls between them, locks, translations, the clock. Each test runs
 * one thread per processor, and proves less, but still holds, on a machine that has only one.
 */

#include <arch/paging.h>
#include <arch/user.h>

#include <kernel/clock.h>
#include <kernel/frames.h>
#include <kernel/kernel_space.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#define ROUNDS 400

static void join(struct thread *thread)
{
    struct waitable *ended = &thread->ended;
    if (wait_for(&ended, 1, 0, NO_DEADLINE) != STATUS_WAIT_0)
        panic("ktest: a thread did not end");
    object_put(&thread->object);
}

// Runs function(&number) on each processor, all at the same time. Returns how many there are.
static unsigned run_everywhere(void (*function)(void *number))
{
    static unsigned numbers[CPU_MAX];
    struct thread *threads[CPU_MAX];
    unsigned count = cpu_count();
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = i;
        if (thread_create(NULL, "ktest", function, &numbers[i], &threads[i]) != STATUS_SUCCESS)
            panic("ktest: no memory for a thread");
        thread_set_affinity(threads[i], cpu_bit(cpus[i]));
        thread_start(threads[i]);
    }
    for (unsigned i = 0; i < count; i++)
        join(threads[i]);
    return count;
}

static uint64_t counts[CPU_MAX]; // atomic
static bool is_elsewhere;        // a function ran on another processor than it was meant for

static void count_here(void *unused)
{
    (void)unused;
    __atomic_add_fetch(&counts[this_cpu()->number], 1, __ATOMIC_RELAXED);
}

static void clear_counts(void)
{
    for (unsigned i = 0; i < CPU_MAX; i++)
        counts[i] = 0;
    is_elsewhere = false;
}

KTEST(arch, a_call_runs_once_on_each_other_processor)
{
    clear_counts();
    cpus_call(~0ull, count_here, NULL);
    for (unsigned i = 0; i < CPU_MAX; i++)
        KTEST_CHECK(counts[i] == (i < cpu_count() && cpus[i] != this_cpu()));
    return KTEST_PASS;
}

static void call_the_others(void *number)
{
    is_elsewhere |= this_cpu()->number != *(unsigned *)number;
    for (unsigned i = 0; i < ROUNDS; i++)
        cpus_call(~0ull, count_here, NULL);
}

KTEST(arch, all_processors_call_all_others_at_once)
{
    clear_counts();
    unsigned count = run_everywhere(call_the_others);
    for (unsigned i = 0; i < count; i++)
        KTEST_CHECK(counts[i] == (count - 1) * ROUNDS);
    KTEST_CHECK(!is_elsewhere);
    return KTEST_PASS;
}

static struct spinlock shared_lock = SPINLOCK("ktest", LOCK_RANK_DEVICE);
static volatile uint64_t shared_count; // [shared_lock], and so needs no atomic operation

static void count_under_lock(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 10 * ROUNDS; i++) {
        irq_state_t state = spin_lock(&shared_lock);
        shared_count++;
        spin_unlock(&shared_lock, state);
    }
}

KTEST(arch, a_spin_lock_has_one_holder)
{
    shared_count = 0;
    unsigned count = run_everywhere(count_under_lock);
    KTEST_CHECK(shared_count == 10ull * ROUNDS * count);
    return KTEST_PASS;
}

// The others wait for the lock with interrupts off, and must answer all the same.
static void call_under_lock(void *unused)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        irq_state_t state = spin_lock(&shared_lock);
        cpus_call(~0ull, count_here, unused);
        spin_unlock(&shared_lock, state);
    }
}

KTEST(arch, who_waits_for_a_lock_answers_calls)
{
    clear_counts();
    unsigned count = run_everywhere(call_under_lock);
    for (unsigned i = 0; i < count; i++)
        KTEST_CHECK(counts[i] == (count - 1) * ROUNDS);
    return KTEST_PASS;
}

static nanoseconds_t latest;   // [shared_lock]
static uint64_t steps_back_ns; // [shared_lock] the largest

static void read_the_clock(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 10 * ROUNDS; i++) {
        irq_state_t state = spin_lock(&shared_lock);
        nanoseconds_t now = clock_now();
        if (now < latest)
            steps_back_ns = MAX(steps_back_ns, latest - now);
        latest = now;
        spin_unlock(&shared_lock, state);
    }
}

KTEST(arch, the_clock_never_steps_back_between_processors)
{
    latest = steps_back_ns = 0;
    run_everywhere(read_the_clock);
    KTEST_CHECK(steps_back_ns == 0);
    return KTEST_PASS;
}

/*
 * One page whose frame is replaced again and again, each frame holding the number of its round, and
 * 0 when it has been given away. Who reads a number lower than that of a round that was over before
 * has used a translation that should have been gone.
 */
static struct {
    paddr_t root;
    uint64_t *page; // the address under test
    bool unmaps;    // takes the page out between two rounds, instead of replacing it
    uint64_t tables;
    uint64_t round;     // atomic: the last one that is over
    uint64_t readers;   // atomic: those who have not begun
    uint64_t stale;     // atomic: how often an old frame was read
    struct frame *last; // the last round's
} replaced;

static void map_round(uint64_t round, struct frame *frame)
{
    unsigned rights = replaced.root == paging_kernel_root ? PAGING_GLOBAL : PAGING_USER;
    *(volatile uint64_t *)frame_address(frame) = round;
    if (!paging_map(replaced.root, (vaddr_t)replaced.page, frame_paddr(frame),
                    PAGING_WRITE | rights, &replaced.tables))
        panic("ktest: no memory for a page table");
    __atomic_store_n(&replaced.round, round, __ATOMIC_RELEASE);
}

static void unmap_round(void)
{
    paging_unmap(replaced.root, (vaddr_t)replaced.page, (vaddr_t)replaced.page + PAGE_SIZE, NULL,
                 NULL, &replaced.tables);
}

// What the page says; UINT64_MAX: it is not there.
static uint64_t read_page(void)
{
    uint64_t value = UINT64_MAX;
    if (replaced.root == paging_kernel_root)
        return *(volatile uint64_t *)replaced.page;
    return arch_copy_user(&value, replaced.page, sizeof(value)) ? value : UINT64_MAX;
}

static void read_rounds(void)
{
    __atomic_sub_fetch(&replaced.readers, 1, __ATOMIC_RELAXED);
    for (;;) {
        uint64_t over = __atomic_load_n(&replaced.round, __ATOMIC_ACQUIRE);
        if (over == UINT64_MAX)
            return;
        if (read_page() < over)
            __atomic_add_fetch(&replaced.stale, 1, __ATOMIC_RELAXED);
        cpu_relax();
    }
}

static void write_rounds(void)
{
    while (__atomic_load_n(&replaced.readers, __ATOMIC_RELAXED) != 0)
        cpu_relax();
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct frame *frame = frame_alloc(FRAME_TAG_DEVICE);
        if (!frame)
            panic("ktest: no frame");
        if (replaced.unmaps)
            unmap_round();
        else
            map_round(round, frame);
        if (replaced.last) {
            *(volatile uint64_t *)frame_address(replaced.last) = 0;
            frames_free(replaced.last);
        }
        if (replaced.unmaps)
            map_round(round, frame);
        replaced.last = frame;
    }
    __atomic_store_n(&replaced.round, UINT64_MAX, __ATOMIC_RELEASE);
}

static void read_or_write_rounds(void *number)
{
    if (replaced.root != paging_kernel_root)
        paging_switch_root(replaced.root);
    if (*(unsigned *)number == 0)
        write_rounds();
    else
        read_rounds();
}

static void play_rounds(paddr_t root, void *page, bool unmaps)
{
    replaced.root = root;
    replaced.page = page;
    replaced.unmaps = unmaps;
    replaced.round = replaced.stale = 0;
    replaced.readers = cpu_count() - 1;
    replaced.last = NULL;
    run_everywhere(read_or_write_rounds);
}

KTEST(arch, nobody_reads_a_page_of_the_kernel_that_was_replaced)
{
    struct paging_entry own;
    void *page = kernel_pages_alloc(1);
    KTEST_CHECK(page != NULL);
    KTEST_CHECK(paging_lookup(paging_kernel_root, (vaddr_t)page, &own));
    *(volatile uint64_t *)page = 0;
    play_rounds(paging_kernel_root, page, false);
    map_round(0, frame_of_paddr(own.page));
    frames_free(replaced.last);
    kernel_pages_free(page);
    KTEST_CHECK(replaced.stale == 0);
    return KTEST_PASS;
}

static const char *play_rounds_in_a_program(bool unmaps)
{
    uint64_t free = frames_stats().free;
    paddr_t root = paging_create_root();
    KTEST_CHECK(root != 0);
    replaced.tables = 0;
    play_rounds(root, (void *)GIB, unmaps);
    unmap_round();
    frames_free(replaced.last);
    // The processors that are idle now have kept the root for want of another.
    paging_destroy_root(root);
    KTEST_CHECK(replaced.stale == 0 && replaced.tables == 0);
    KTEST_CHECK(frames_stats().free == free);
    return KTEST_PASS;
}

KTEST(arch, nobody_reads_a_page_of_a_program_that_was_replaced)
{
    return play_rounds_in_a_program(false);
}

KTEST(arch, nobody_reads_a_page_of_a_program_that_was_unmapped)
{
    return play_rounds_in_a_program(true);
}

#define CACHED_FRAMES 24

// Leaves frames in this processor's cache.
static void cache_frames(void *unused)
{
    struct frame *frames[CACHED_FRAMES];
    (void)unused;
    for (unsigned i = 0; i < CACHED_FRAMES; i++)
        if (!(frames[i] = frame_alloc(FRAME_TAG_DEVICE)))
            panic("ktest: no frame");
    for (unsigned i = 0; i < CACHED_FRAMES; i++)
        frames_free(frames[i]);
}

KTEST(arch, frames_cached_by_others_can_be_had)
{
    run_everywhere(cache_frames);
    uint64_t free = frames_stats().free, had = 0;
    uint32_t first = 0; // of those taken, linked through next; frame 0 is never handed out
    for (struct frame *frame; (frame = frame_alloc(FRAME_TAG_DEVICE)); had++) {
        frame->next = first;
        first = (uint32_t)frame_number(frame);
    }
    uint64_t left = frames_stats().free;
    while (first) {
        struct frame *frame = frame_table + first;
        first = frame->next;
        frames_free(frame);
    }
    KTEST_CHECK(left == 0 && had == free);
    KTEST_CHECK(frames_stats().free == free);
    return KTEST_PASS;
}
