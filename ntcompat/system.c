// SPDX-License-Identifier: MIT
/*
 * The services about the machine as a whole: texts for people, the end. Information is in
 * system_information.c.
 */

#include "services_generated.h"

#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "service.h"
#include "system_text.h"

NTSTATUS NtDisplayString(UNICODE_STRING USER *String)
{
    UNICODE_STRING string;
    status_t status = get_user(&string, String);
    if (status == STATUS_SUCCESS)
        status = log_user_text(&string);
    return status;
}

// Writes one parameter of a hard error: the mask says whether it is a string or a number.
static status_t format_parameter(ULONG_PTR value, bool is_string, char *to, size_t room)
{
    if (!is_string) {
        format_string(to, room, "0x%llx", (unsigned long long)value);
        return STATUS_SUCCESS;
    }
    UNICODE_STRING string;
    status_t status = get_user(&string, (const UNICODE_STRING USER *)value);
    if (status == STATUS_SUCCESS)
        status = copy_user_text(&string, to, room);
    return status;
}

static status_t report_hard_error(NTSTATUS error, const ULONG_PTR *parameters, ULONG count,
                                  ULONG string_mask)
{
    char text[160] = "", one[64];
    size_t length = 0;
    for (ULONG i = 0; i < count; i++) {
        status_t status =
            format_parameter(parameters[i], (string_mask >> i & 1) != 0, one, sizeof(one));
        if (status != STATUS_SUCCESS)
            return status;
        if (length < sizeof(text))
            length += (size_t)format_string(text + length, sizeof(text) - length, "%s%s",
                                            i == 0 ? ": " : ", ", one);
    }
    const char *name = status_name(error);
    if (may_log_line())
        log_error("nt", "%s raises a hard error, %s (0x%08X)%s", current_process()->name,
                  name != NULL ? name : "unnamed", (unsigned)error, text);
    return STATUS_SUCCESS;
}

// Nobody sits in front of the machine, so the answer is that nobody has answered.
NTSTATUS NtRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters,
                          ULONG UnicodeStringParameterMask, ULONG_PTR USER *Parameters,
                          ULONG ValidResponseOptions, ULONG USER *Response)
{
    if (NumberOfParameters > MAXIMUM_HARDERROR_PARAMETERS ||
        (Parameters != NULL && NumberOfParameters == 0))
        return STATUS_INVALID_PARAMETER_2;
    if (ValidResponseOptions > OptionCancelTryContinue)
        return STATUS_INVALID_PARAMETER_5;
    if (ValidResponseOptions == OptionShutdownSystem)
        return STATUS_PRIVILEGE_NOT_HELD; // a program asks for it with NtShutdownSystem

    ULONG response = ResponseReturnToCaller;
    ULONG_PTR parameters[MAXIMUM_HARDERROR_PARAMETERS] = { 0 };
    status_t status = put_user(Response, &response);
    if (status == STATUS_SUCCESS && Parameters != NULL)
        status = copy_from_user(parameters, Parameters, NumberOfParameters * sizeof(ULONG_PTR));
    if (status == STATUS_SUCCESS)
        status =
            report_hard_error(ErrorStatus, parameters, Parameters != NULL ? NumberOfParameters : 0,
                              UnicodeStringParameterMask);
    return status;
}

/*
 * The machine lives as long as its program: when that ends, the kernel waits until all output has
 * gone out, reports the exit status and switches off. So ending the program is the orderly way
 * down, for a restart too.
 */
NTSTATUS NtShutdownSystem(SHUTDOWN_ACTION Action)
{
    if ((ULONG)Action > ShutdownPowerOff)
        return STATUS_INVALID_PARAMETER;
    log_info("nt", "%s shuts the system down", current_process()->name);
    process_terminate(current_process(), STATUS_SUCCESS);
    return STATUS_SUCCESS;
}
