// SPDX-License-Identifier: MIT
// How a program's call becomes a C call: shared by the dispatcher and its traced twin.

#pragma once

#include <arch/trap_frame.h>
#include <kernel/types.h>

#include "service_table.h"

/*
 * Finds the service that frame asks for and collects its arguments, as many as it has.
 * Fails    STATUS_INVALID_SYSTEM_SERVICE: the process' numbering has no such number
 *          STATUS_NOT_IMPLEMENTED: known, but not built; *out is set, and it was logged
 *          STATUS_ACCESS_VIOLATION and others: the arguments on the stack cannot be read
 */
status_t service_fetch(const struct trap_frame *frame, const struct nt_service **out,
                       uint64_t arguments[NT_SERVICE_MAX_ARGUMENTS]) MUST_CHECK;

// Gives a service's result to its caller, unless the service has loaded other registers.
static ALWAYS_INLINE void service_finish(struct trap_frame *frame, uint64_t result)
{
    if (likely(frame->vector != TRAP_VECTOR_CONTEXT))
        frame->rax = result;
}

// The personality's service functions: the plain one, and the one for the boot option `trace`.
void service_dispatch(struct trap_frame *frame);
void service_dispatch_traced(struct trap_frame *frame);

/*
 * Says in the log, once per process and service, that this part of a service is not built, and
 * returns STATUS_NOT_IMPLEMENTED. For information classes and flags that Windows knows.
 */
status_t service_lacks(const char *service, const char *what, uint64_t value) MUST_CHECK;
