// SPDX-License-Identifier: MIT
// Fault injection (fail.h): counting down to the allocation that fails.

#include <kernel/fail.h>

#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/string.h>

uint64_t fail_countdown[FAIL_KIND_COUNT];

static const char *const names[FAIL_KIND_COUNT] = { "frame", "heap" };

NOINLINE bool fail_count(enum fail_kind kind)
{
    uint64_t left = __atomic_load_n(&fail_countdown[kind], __ATOMIC_RELAXED);

    do {
        if (left == 0)
            return false;
    } while (!__atomic_compare_exchange_n(&fail_countdown[kind], &left, left - 1, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    if (left > 1)
        return false;
    log_info("fail", "an allocation fails (%s)", names[kind]);
    return true;
}

void fail_begin(void)
{
    char value[24];

    if (!boot_option("fail", value, sizeof(value)))
        return;
    for (unsigned kind = 0; kind < FAIL_KIND_COUNT; kind++) {
        size_t length = strlen(names[kind]);
        if (strncmp(value, names[kind], length) != 0 || value[length] != ':')
            continue;
        if (parse_number(value + length + 1, &fail_countdown[kind]) && fail_countdown[kind] != 0)
            return;
    }
    log_warn("boot", "fail=%s: must be frame:N or heap:N", value);
}
