// SPDX-License-Identifier: MIT
// What the services about synchronisation have in common, see sync.h.

#include "sync.h"

#include <kernel/clock.h>
#include <kernel/status.h>
#include <kernel/timer.h>
#include <kernel/user_copy.h>

nanoseconds_t nt_deadline_of(LONGLONG time)
{
    if (time == 0)
        return 0;
    uint64_t duration = -(uint64_t)time;
    if (time > 0) {
        uint64_t wall = clock_wall_100ns();
        if ((uint64_t)time <= wall)
            return 0;
        duration = (uint64_t)time - wall;
    }
    nanoseconds_t now = clock_now();
    if (duration >= (NO_DEADLINE - now) / NANOSECONDS_PER_100NS)
        return NO_DEADLINE;
    return now + duration * NANOSECONDS_PER_100NS;
}

status_t nt_read_deadline(const LARGE_INTEGER USER *Timeout, nanoseconds_t *out)
{
    LARGE_INTEGER time;
    status_t status = get_user(&time, Timeout);
    if (status == STATUS_SUCCESS)
        *out = nt_deadline_of(time.QuadPart);
    return status;
}
