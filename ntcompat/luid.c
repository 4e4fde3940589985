// SPDX-License-Identifier: MIT
/*
 * Numbers that are given out once: LUIDs, unique until the machine ends, and time stamps for UUIDs.
 *
 * Source: learn.microsoft.com, AllocateLocallyUniqueId, UuidCreateSequential; RFC 4122, 4.2
 */

#include "services_generated.h"

#include <kernel/clock.h>
#include <kernel/lock_rank.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "processor.h"
#include "token.h"

// Those below are the system's: known logons (0x3E7) and the user's.
#define FIRST_LUID 0x10002u

LUID luid_next(void)
{
    static uint64_t next = FIRST_LUID;
    uint64_t number = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
    return (LUID){ (ULONG)number, (LONG)(number >> 32) };
}

NTSTATUS NtAllocateLocallyUniqueId(LUID USER *Luid)
{
    LUID luid = luid_next();
    return put_user(Luid, &luid);
}

// ---- UUIDs -------------------------------------------------------------------------------------

#define EPOCH_1582        0x1B21DD213814000ull // 1601, in 100 ns since 1582-10-15
#define RANGE_MAX         10000u               // time stamps for one caller: a millisecond's
#define BACKLOG_MAX       10000000u            // older time stamps than of the last second are lost
#define SEED_SIZE         6u
#define SEED_IS_NO_DEVICE 1u // the multicast bit of an Ethernet address, RFC 4122, 4.5

static struct {
    struct spinlock lock;
    uint64_t given; // [lock] time stamps below are gone
    uint64_t seed;  // [lock] stands for the network card's address; 0: none yet
    ULONG sequence; // [lock] changes when the clock is set back
} uuids = { .lock = SPINLOCK("uuids", LOCK_RANK_UUIDS) };

// Reserves up to RANGE_MAX time stamps; returns how many.
static ULONG reserve_stamps(uint64_t now, uint64_t *first)
{
    if (uuids.given > now)
        uuids.sequence++; // stamps repeat, so another field has to differ
    if (uuids.given > now || now - uuids.given > BACKLOG_MAX)
        uuids.given = now - BACKLOG_MAX;
    ULONG range = (ULONG)MIN(now - uuids.given, (uint64_t)RANGE_MAX);
    *first = uuids.given;
    uuids.given += range;
    return range;
}

// Reserves Range time stamps from Time on. With the sequence number and the seed, which stands for
// the machine, they make UUIDs.
NTSTATUS NtAllocateUuids(LARGE_INTEGER USER *Time, ULONG USER *Range, ULONG USER *Sequence,
                         void USER *Seed)
{
    uint64_t random = processor_random() | SEED_IS_NO_DEVICE, first;
    irq_state_t state = spin_lock(&uuids.lock);
    if (uuids.seed == 0) {
        uuids.seed = random;
        uuids.sequence = (ULONG)(random >> 50);
    }
    ULONG range = reserve_stamps(clock_wall_100ns(), &first), sequence = uuids.sequence;
    uint64_t seed = uuids.seed;
    spin_unlock(&uuids.lock, state);
    if (range == 0)
        return STATUS_RETRY;
    LARGE_INTEGER time = { .QuadPart = (LONGLONG)(first + EPOCH_1582) };
    status_t status = put_user(Time, &time);
    if (status == STATUS_SUCCESS)
        status = put_user(Range, &range);
    if (status == STATUS_SUCCESS)
        status = put_user(Sequence, &sequence);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(Seed, &seed, SEED_SIZE);
    return status;
}
