// SPDX-License-Identifier: MIT
/*
 * NtPowerInformation: levels and structures.
 *
 * Source: learn.microsoft.com, CallNtPowerInformation; MinGW's winnt.h
 */

#pragma once

#include <nt/types.h>

typedef enum _POWER_INFORMATION_LEVEL {
    SystemBatteryState = 5,
    ProcessorInformation = 11,
    LastWakeTime = 14,
    LastSleepTime = 15,
    SystemExecutionState = 16,
    PowerInformationLevelMaximum = 96, // of build 19045
} POWER_INFORMATION_LEVEL;

typedef struct _SYSTEM_BATTERY_STATE {
    BOOLEAN AcOnLine;
    BOOLEAN BatteryPresent;
    BOOLEAN Charging;
    BOOLEAN Discharging;
    BOOLEAN Spare1[3];
    UCHAR Tag;
    ULONG MaxCapacity;
    ULONG RemainingCapacity;
    ULONG Rate;
    ULONG EstimatedTime;
    ULONG DefaultAlert1;
    ULONG DefaultAlert2;
} SYSTEM_BATTERY_STATE, *PSYSTEM_BATTERY_STATE;

// One for each processor.
typedef struct _PROCESSOR_POWER_INFORMATION {
    ULONG Number;
    ULONG MaxMhz;
    ULONG CurrentMhz;
    ULONG MhzLimit;
    ULONG MaxIdleState;
    ULONG CurrentIdleState;
} PROCESSOR_POWER_INFORMATION, *PPROCESSOR_POWER_INFORMATION;

_Static_assert(sizeof(SYSTEM_BATTERY_STATE) == 0x20, "SYSTEM_BATTERY_STATE");
_Static_assert(sizeof(PROCESSOR_POWER_INFORMATION) == 0x18, "PROCESSOR_POWER_INFORMATION");
