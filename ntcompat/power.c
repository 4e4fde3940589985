// SPDX-License-Identifier: MIT
/*
 * NtPowerInformation: a machine on mains, without a battery, that never sleeps.
 *
 * Source: learn.microsoft.com, CallNtPowerInformation
 */

#include "services_generated.h"

#include <arch/cpu.h>
#include <kernel/clock.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "service.h"

// The time-stamp counter's frequency, which is the nominal one of processors.
static ULONG processor_mhz(void)
{
    const uint64_t cycles = 1000000000; // their time in ns has enough digits
    return (ULONG)(cycles * 1000 / MAX(clock_cycles_to_ns(cycles), 1ull));
}

// As many entries as there are processors, or nothing.
static status_t describe_processors(vaddr_t to, ULONG room)
{
    PROCESSOR_POWER_INFORMATION entry = { .MaxMhz = processor_mhz() };
    entry.CurrentMhz = entry.MhzLimit = entry.MaxMhz;
    if (room < cpu_count() * sizeof(entry))
        return STATUS_BUFFER_TOO_SMALL;
    status_t status = STATUS_SUCCESS;
    for (unsigned i = 0; i < cpu_count() && status == STATUS_SUCCESS; i++) {
        entry.Number = i;
        status = copy_to_user((void USER *)(to + i * sizeof(entry)), &entry, sizeof(entry));
    }
    return status;
}

static status_t copy_out(vaddr_t to, ULONG room, const void *from, size_t size)
{
    return room < size ? STATUS_BUFFER_TOO_SMALL : copy_to_user((void USER *)to, from, size);
}

NTSTATUS NtPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, void USER *InputBuffer,
                            ULONG InputBufferLength, void USER *OutputBuffer,
                            ULONG OutputBufferLength)
{
    static const SYSTEM_BATTERY_STATE battery = { .AcOnLine = true };
    static const ULONGLONG never = 0;
    static const ULONG nothing_required = 0;
    vaddr_t to = (vaddr_t)OutputBuffer;
    switch ((ULONG)InformationLevel) {
    case SystemBatteryState:
    case ProcessorInformation:
    case LastWakeTime:
    case LastSleepTime:
    case SystemExecutionState:
        break;
    default:
        if ((ULONG)InformationLevel >= PowerInformationLevelMaximum)
            return STATUS_INVALID_PARAMETER;
        return service_lacks("NtPowerInformation", "level", (ULONG)InformationLevel);
    }
    if (InputBuffer != NULL || InputBufferLength != 0 || OutputBuffer == NULL)
        return STATUS_INVALID_PARAMETER; // these only tell
    switch (InformationLevel) {
    case SystemBatteryState:
        return copy_out(to, OutputBufferLength, &battery, sizeof(battery));
    case ProcessorInformation:
        return describe_processors(to, OutputBufferLength);
    case SystemExecutionState:
        return copy_out(to, OutputBufferLength, &nothing_required, sizeof(nothing_required));
    default:
        return copy_out(to, OutputBufferLength, &never, sizeof(never));
    }
}
