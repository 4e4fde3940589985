// SPDX-License-Identifier: MIT
// Who is asked about an exception (exception.h); dispatch.asm is how the kernel gets here.

#include <user/exception.h>

#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>

static exception_handler process_handler;

// dispatch.asm
void KiUserApcDispatcher(void);
int call_with_catcher(struct catcher *catcher, void (*function)(void *argument), void *argument);
__attribute__((noreturn, used)) void dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context);

void set_exception_handler(exception_handler handler)
{
    process_handler = handler;
}

bool catch_exception(struct catcher *caught, void (*function)(void *argument), void *argument)
{
    return call_with_catcher(caught, function, argument) != 0;
}

static void continue_in_catcher(struct catcher *catcher, const EXCEPTION_RECORD *record,
                                const CONTEXT *context)
{
    CONTEXT landing = { .ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER };

    catcher->record = *record;
    catcher->context = *context;
    landing.EFlags = 0x202;
    landing.Rsp = catcher->rsp;
    landing.Rip = catcher->rip;
    landing.Rax = 1;
    (void)NtContinue(&landing, FALSE);
}

void dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context)
{
    struct catcher *catcher = current_teb()->TlsSlots[0];

    if (process_handler != NULL && process_handler(record, context) == EXCEPTION_CONTINUE_EXECUTION)
        (void)NtContinue(context, FALSE);
    else if (catcher != NULL)
        continue_in_catcher(catcher, record, context);
    (void)NtRaiseException(record, context, FALSE);
    exit_process(record->ExceptionCode);
}

void use_apc_dispatcher(void)
{
    __asm__ volatile("" : : "r"(KiUserApcDispatcher));
}
