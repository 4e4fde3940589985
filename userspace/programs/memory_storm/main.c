// SPDX-License-Identifier: MIT
/*
 * `memory_storm [ROUNDS [SEED]]`: random operations on memory by several threads and processes at
 * once, checked against what each page must hold. At the end the program must have as much memory
 * as before.
 * Expectations follow Windows' documentation of the services.
 */

#include "storm.h"

#include <nt/process_information.h>
#include <user/exception.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/start.h>

static struct {
    ULONG seed;
    const char *part;
    volatile LONG has_failed;
} storm;

ULONG random_below(ULONG *state, ULONG limit)
{
    *state = *state * 1664525 + 1013904223;
    return (ULONG)((ULONGLONG)*state * limit >> 32);
}

// ---- failing ------------------------------------------------------------------------------------

// The first who fails reports; the others wait for the end.
static void begin_failure(const char *what, const volatile void *page)
{
    while (__atomic_exchange_n(&storm.has_failed, 1, __ATOMIC_SEQ_CST) != 0)
        (void)NtYieldExecution();
    print("memory_storm: FAIL %s, %s, page %p, thread %u, seed %u: ", storm.part, what,
          (const void *)page, current_thread_id(), storm.seed);
}

void expect(const char *what, BOOLEAN holds, const volatile void *page)
{
    if (holds)
        return;
    begin_failure(what, page);
    print("it is not so\n");
    exit_process(1);
}

void expect_status(const char *what, NTSTATUS got, NTSTATUS wanted, const volatile void *page)
{
    if (got == wanted)
        return;
    begin_failure(what, page);
    print("%s instead of %s\n", status_text(got), status_text(wanted));
    exit_process(1);
}

void expect_equal(const char *what, LONGLONG got, LONGLONG wanted, const volatile void *page)
{
    if (got == wanted)
        return;
    begin_failure(what, page);
    print("0x%llX instead of 0x%llX\n", (ULONGLONG)got, (ULONGLONG)wanted);
    exit_process(1);
}

// ---- one access ---------------------------------------------------------------------------------

struct access {
    volatile LONG *word;
    LONG value;
};

static void read_word(void *argument)
{
    struct access *access = argument;

    access->value = *access->word;
}

static void write_word(void *argument)
{
    struct access *access = argument;

    *access->word = access->value;
}

NTSTATUS try_read(const volatile LONG *word, LONG *value)
{
    struct access access = { (volatile LONG *)word, 0 };
    struct catcher caught;

    if (catch_exception(&caught, read_word, &access))
        return (NTSTATUS)caught.record.ExceptionCode;
    *value = access.value;
    return STATUS_SUCCESS;
}

NTSTATUS try_write(volatile LONG *word, LONG value)
{
    struct access access = { word, value };
    struct catcher caught;

    return catch_exception(&caught, write_word, &access) ? (NTSTATUS)caught.record.ExceptionCode
                                                         : STATUS_SUCCESS;
}

// ---- views --------------------------------------------------------------------------------------

volatile void *map_view(HANDLE section, volatile void *at, SIZE_T first, SIZE_T pages,
                        ULONG protection)
{
    PVOID base = (PVOID)at;
    SIZE_T size = pages * PAGE;
    LARGE_INTEGER offset = { .QuadPart = (LONGLONG)(first * PAGE) };
    NTSTATUS status =
        NtMapViewOfSectionEx(section, NtCurrentProcess(), &base, &offset, &size,
                             at != NULL ? MEM_REPLACE_PLACEHOLDER : 0, protection, NULL, 0);

    return NT_SUCCESS(status) ? base : NULL;
}

HANDLE make_section(SIZE_T pages)
{
    LARGE_INTEGER size = { .QuadPart = (LONGLONG)(pages * PAGE) };
    HANDLE section = NULL;

    expect_status("make a section",
                  NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                  SEC_COMMIT, NULL),
                  STATUS_SUCCESS, NULL);
    return section;
}

volatile void *get_placeholder(SIZE_T pages)
{
    PVOID base = NULL;
    SIZE_T size = pages * PAGE;

    expect_status("get a placeholder",
                  NtAllocateVirtualMemoryEx(NtCurrentProcess(), &base, &size,
                                            MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
                                            NULL, 0),
                  STATUS_SUCCESS, NULL);
    return base;
}

// ---- all of it ----------------------------------------------------------------------------------

static VM_COUNTERS counters(void)
{
    VM_COUNTERS counters = { 0 };

    (void)NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, &counters,
                                    sizeof(counters), NULL);
    return counters;
}

static void run_all(ULONG rounds, ULONG seed)
{
    storm.part = "alone";
    storm_alone(rounds, seed);
    storm.part = "together";
    storm_together(rounds, seed);
    storm.part = "watch";
    storm_watch(rounds, seed);
    storm.part = "processes";
    storm_processes(rounds, seed);
    storm.part = "sparse";
    storm_sparse();
}

int main(int argc, char **argv)
{
    uint64_t rounds = 300, seed = 1;
    bool is_child = argc > 1 && strcmp(argv[1], "child") == 0;
    int first = is_child ? 2 : 1;

    if ((argc > first && !parse_number(argv[first], 1000000, &rounds)) ||
        (argc > first + 1 && !parse_number(argv[first + 1], 0xFFFFFFFF, &seed))) {
        print("usage: memory_storm [ROUNDS [SEED]]\n");
        return 2;
    }
    storm.seed = (ULONG)seed;
    if (is_child) {
        storm.part = "child";
        return storm_child((ULONG)rounds, storm.seed);
    }
    print("memory_storm: %u rounds, seed %u\n", (ULONG)rounds, storm.seed);
    run_all(1, storm.seed); // what stays for reuse is there now
    VM_COUNTERS before = counters();
    run_all((ULONG)rounds, storm.seed);
    VM_COUNTERS after = counters();
    storm.part = "the end";
    expect_equal("committed bytes", (LONGLONG)after.PagefileUsage, (LONGLONG)before.PagefileUsage,
                 NULL);
    expect_equal("bytes with frames", (LONGLONG)after.WorkingSetSize,
                 (LONGLONG)before.WorkingSetSize, NULL);
    print("memory_storm: all in order\n");
    return 0;
}
