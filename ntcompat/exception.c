// SPDX-License-Identifier: MIT
/*
 * Exceptions of programs. On NT a program hears of them through ntdll, which runs its handlers. A
 * program without ntdll has none, so what the kernel could not resolve is unhandled: it is reported,
 * and ends the process with the exception's code. The DLL layer adds the other way out here.
 */

#include "exception.h"

#include <kernel/process.h>

void exception_handle(struct trap_frame *frame, const struct user_exception *exception)
{
    crash_report(frame, exception);
    process_terminate(current_process(), exception->code);
}
