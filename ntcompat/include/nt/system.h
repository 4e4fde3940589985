// SPDX-License-Identifier: MIT
// What the services about the whole system take and give: hard errors, shutdown. What can be asked
// about it is in system_information.h.

#pragma once

#include <nt/types.h>

// NtRaiseHardError. The severity bits of ErrorStatus say how bad it is; this bit in the status
// makes the call honest about being an application's own error.
#define HARDERROR_OVERRIDE_ERRORMODE 0x10000000u

// The most parameters that NtRaiseHardError takes.
#define MAXIMUM_HARDERROR_PARAMETERS 5

typedef enum _HARDERROR_RESPONSE_OPTION {
    OptionAbortRetryIgnore = 0,
    OptionOk = 1,
    OptionOkCancel = 2,
    OptionRetryCancel = 3,
    OptionYesNo = 4,
    OptionYesNoCancel = 5,
    OptionShutdownSystem = 6,
    OptionOkNoWait = 7,
    OptionCancelTryContinue = 8,
} HARDERROR_RESPONSE_OPTION;

typedef enum _HARDERROR_RESPONSE {
    ResponseReturnToCaller = 0,
    ResponseNotHandled = 1,
    ResponseAbort = 2,
    ResponseCancel = 3,
    ResponseIgnore = 4,
    ResponseNo = 5,
    ResponseOk = 6,
    ResponseRetry = 7,
    ResponseYes = 8,
    ResponseTryAgain = 9,
    ResponseContinue = 10,
} HARDERROR_RESPONSE;

typedef enum _SHUTDOWN_ACTION {
    ShutdownNoReboot = 0,
    ShutdownReboot = 1,
    ShutdownPowerOff = 2,
} SHUTDOWN_ACTION;
