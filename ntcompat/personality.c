// SPDX-License-Identifier: MIT
// NT introduces itself to the kernel: the one struct of functions that the kernel calls up through.

#include <kernel/personality.h>

#include <kernel/boot.h>
#include <kernel/init.h>

#include "apc.h"
#include "exception.h"
#include "nt_process.h"
#include "run.h"
#include "service.h"
#include "shared_data.h"
#include "thread_memory.h"

static struct personality nt = {
    .name = "NT",
    .service = service_dispatch,
    .exception = exception_handle,
    .run_program = run_program,
    .thread_ended = nt_thread_ended,
    .process_ended = nt_process_ended,
    .thread_destroyed = nt_thread_destroyed,
    .process_destroyed = nt_process_destroyed,
    .thread_begins = thread_enter_thunk,
    .user_apc = apc_deliver,
    .stack_grew = thread_stack_grew,
    .tick = shared_data_tick,
};

static void personality_init(void)
{
    shared_data_init();
    char ignored[8];
    if (boot_option("trace", ignored, sizeof(ignored)))
        nt.service = service_dispatch_traced;
    personality_register(&nt);
}

INITCALL(70_NT, personality_init);
