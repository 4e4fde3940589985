// SPDX-License-Identifier: MIT
/*
 * Work for later: functions that run later, in a thread of the kernel, for those who cannot sleep
 * where they are (interrupts, timers). One thread of the kernel runs them in turn.
 */

#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct work {
    struct list link;
    void (*run)(struct work *work); // work may be freed in it, or submitted again
};

void work_init(struct work *work, void (*run)(struct work *work));

// false: it is waiting to run already. Context: any but NMI; takes the scheduler lock.
bool work_submit(struct work *work);
bool work_submit_locked(struct work *work);
