// SPDX-License-Identifier: MIT
/*
 * The service dispatcher. On 64-bit Windows a stub puts the number into EAX and the first argument
 * into R10 (SYSCALL destroys RCX); the second to fourth stay in RDX, R8 and R9, the others on the
 * stack above the return address and the four home slots. int 2Eh does exactly the same.
 *
 * Nothing here trusts the caller: the number is bounded unsigned, and the stack is copied once,
 * before the service runs. Tracing is another function in the personality, so that it costs nothing
 * when it is off.
 */

#include "service.h"

#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_process.h"

#define REGISTER_ARGUMENTS 4u
#define STACK_ARGUMENTS    0x28u // return address and home slots lie below

// Whether this is the first time that the process asks for something numbered so.
static bool is_first_report(struct nt_process *process, uint32_t number)
{
    uint32_t bit = 1u << number % 32;
    uint32_t *word = &process->reported[number % NT_REPORTED_MAX / 32];
    return (__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit) == 0;
}

static NOINLINE status_t refuse_unbuilt(struct nt_process *process, uint32_t number,
                                        const struct nt_service *service)
{
    if (is_first_report(process, number))
        log_warn("nt", "%s is not built yet, called by %s", service->name, current_process()->name);
    return STATUS_NOT_IMPLEMENTED;
}

status_t service_lacks(const char *service, const char *what, uint64_t value)
{
    // Bits are few and a collision only loses a line, so a small hash will do.
    uint32_t hash = 5381;
    for (const char *c = service; *c != '\0'; c++)
        hash = hash * 33 + (uint8_t)*c;
    if (is_first_report(current_nt_process(), hash * 33 + (uint32_t)value))
        log_warn("nt", "%s: %s %llu is not built yet, asked for by %s", service, what,
                 (unsigned long long)value, current_process()->name);
    return STATUS_NOT_IMPLEMENTED;
}

static ALWAYS_INLINE status_t fetch(const struct trap_frame *frame, const struct nt_service **out,
                                    uint64_t *arguments)
{
    struct nt_process *process = current_nt_process();
    uint32_t number = (uint32_t)frame->rax;
    if (unlikely(number >= process->service_limit))
        return STATUS_INVALID_SYSTEM_SERVICE;
    const struct nt_service *service = process->services[number];
    if (unlikely(service == NULL))
        return STATUS_INVALID_SYSTEM_SERVICE;
    *out = service;
    if (unlikely(service->call == NULL))
        return refuse_unbuilt(process, number, service);

    arguments[0] = frame->r10;
    arguments[1] = frame->rdx;
    arguments[2] = frame->r8;
    arguments[3] = frame->r9;
    if (service->argument_count <= REGISTER_ARGUMENTS)
        return STATUS_SUCCESS;
    return copy_from_user(&arguments[REGISTER_ARGUMENTS],
                          (const void USER *)(frame->rsp + STACK_ARGUMENTS),
                          (service->argument_count - REGISTER_ARGUMENTS) * sizeof(uint64_t));
}

status_t service_fetch(const struct trap_frame *frame, const struct nt_service **out,
                       uint64_t arguments[NT_SERVICE_MAX_ARGUMENTS])
{
    *out = NULL;
    return fetch(frame, out, arguments);
}

void service_dispatch(struct trap_frame *frame)
{
    const struct nt_service *service;
    uint64_t arguments[NT_SERVICE_MAX_ARGUMENTS];
    status_t status = fetch(frame, &service, arguments);
    if (likely(status == STATUS_SUCCESS))
        service_finish(frame, service->call(arguments));
    else
        frame->rax = (uint32_t)status;
}
