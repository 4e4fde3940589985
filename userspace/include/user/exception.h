// SPDX-License-Identifier: MIT
/*
 * Exceptions and APCs of a program without ntdll. Who links exception.c exports
 * KiUserExceptionDispatcher and KiUserApcDispatcher, so that the kernel delivers both; on Windows,
 * where ntdll has these functions, the handlers here are not asked.
 */

#pragma once

#include <nt/exception.h>
#include <stdbool.h>

#define EXCEPTION_CONTINUE_EXECUTION (-1)
#define EXCEPTION_CONTINUE_SEARCH    0

/*
 * The process' one handler, asked first. EXCEPTION_CONTINUE_EXECUTION: go on with context, which it
 * may change.
 */
typedef LONG (*exception_handler)(EXCEPTION_RECORD *record, CONTEXT *context);
void set_exception_handler(exception_handler handler);

// What catch_exception found.
struct catcher {
    ULONGLONG rsp, rip; // the first three are dispatch.asm's
    struct catcher *previous;
    EXCEPTION_RECORD record;
    CONTEXT context;
};

/*
 * Calls function(argument). An exception in it that no handler continues ends the call: returns
 * true, and *caught says what it was. Calls nest, each thread has its own.
 */
bool catch_exception(struct catcher *caught, void (*function)(void *argument), void *argument);

// For programs that need nothing of this but the APC dispatcher.
void use_apc_dispatcher(void);
