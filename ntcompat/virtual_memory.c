// SPDX-License-Identifier: MIT
// Arguments that many services on virtual memory have (virtual_memory.h).

#include "virtual_memory.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "nt_handles.h"
#include "service.h"

status_t nt_memory_of_handle(HANDLE handle, ACCESS_MASK access, struct nt_memory *out)
{
    // The running thread's own space cannot go away.
    if (handle == NtCurrentProcess()) {
        *out = (struct nt_memory){ current_process()->space, NULL };
        return STATUS_SUCCESS;
    }
    status_t status = nt_process_of_handle(handle, access, &out->process);
    if (status != STATUS_SUCCESS)
        return status;
    status = process_use_space(out->process, &out->space);
    if (status != STATUS_SUCCESS)
        object_put(&out->process->object);
    return status;
}

void nt_memory_release(struct nt_memory *memory)
{
    if (memory->process == NULL)
        return;
    process_release_space(memory->process);
    object_put(&memory->process->object);
}

status_t nt_capture_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize, struct nt_range *out)
{
    PVOID base;
    SIZE_T size;
    status_t status = capture_inout(&base, BaseAddress);
    if (status == STATUS_SUCCESS)
        status = capture_inout(&size, RegionSize);
    if (status == STATUS_SUCCESS)
        *out = (struct nt_range){ (vaddr_t)base, size };
    return status;
}

void nt_publish_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize, vaddr_t start, vaddr_t end)
{
    PVOID base = (PVOID)start;
    SIZE_T size = end - start;
    status_t lost = put_user(BaseAddress, &base);
    if (lost == STATUS_SUCCESS)
        lost = put_user(RegionSize, &size);
    (void)lost;
}

status_t nt_check_range(const struct nt_range *range, status_t size_status)
{
    if (range->base > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (range->size > USER_END - range->base)
        return size_status;
    return STATUS_SUCCESS;
}

bool nt_highest_of_zero_bits(ULONG_PTR zero_bits, vaddr_t *highest)
{
    if (zero_bits == 0) {
        *highest = USER_HIGHEST;
    } else if (zero_bits < 22) {
        *highest = 0xFFFFFFFFu >> zero_bits;
    } else if (zero_bits < 32) {
        return false;
    } else {
        vaddr_t mask = ~0ull >> __builtin_clzll(zero_bits);
        *highest = MIN(mask, USER_HIGHEST);
    }
    return true;
}

static status_t capture_addresses(const void USER *from, struct nt_requirements *out)
{
    MEM_ADDRESS_REQUIREMENTS asked;
    status_t status = copy_from_user(&asked, from, sizeof(asked));
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t lowest = (vaddr_t)asked.LowestStartingAddress;
    vaddr_t highest = (vaddr_t)asked.HighestEndingAddress;
    uint64_t alignment = asked.Alignment;
    bool is_power = (alignment & (alignment - 1)) == 0;
    if (alignment != 0 && (!is_power || alignment < ALLOCATION_GRANULARITY))
        return STATUS_INVALID_PARAMETER;
    if (lowest % ALLOCATION_GRANULARITY != 0 || lowest > USER_HIGHEST || highest > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    if (highest != 0 && ((highest + 1) % ALLOCATION_GRANULARITY != 0 || highest <= lowest))
        return STATUS_INVALID_PARAMETER;
    *out = (struct nt_requirements){ lowest, highest, alignment };
    return STATUS_SUCCESS;
}

static status_t capture_parameter(const MEM_EXTENDED_PARAMETER *parameter, const char *service,
                                  struct nt_requirements *out)
{
    if ((parameter->Type & ~MEM_EXTENDED_PARAMETER_TYPE_MASK) != 0)
        return STATUS_INVALID_PARAMETER;
    switch (parameter->Type) {
    case MemExtendedParameterAddressRequirements:
        return capture_addresses((const void USER *)(vaddr_t)parameter->ULong64, out);
    case MemExtendedParameterNumaNode:
        // A preference, and there is only one node.
        return parameter->ULong == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case MemExtendedParameterPartitionHandle:
    case MemExtendedParameterUserPhysicalHandle:
    case MemExtendedParameterAttributeFlags:
    case MemExtendedParameterImageMachine:
        return service_lacks(service, "extended parameter", parameter->Type);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

status_t nt_capture_requirements(const MEM_EXTENDED_PARAMETER USER *parameters, ULONG count,
                                 const char *service, struct nt_requirements *out)
{
    uint32_t seen = 0;
    *out = (struct nt_requirements){ 0 };
    if ((parameters == NULL) != (count == 0) || count >= MemExtendedParameterMax)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++) {
        MEM_EXTENDED_PARAMETER parameter;
        status_t status = copy_from_user(&parameter, parameters + i, sizeof(parameter));
        if (status == STATUS_SUCCESS)
            status = capture_parameter(&parameter, service, out);
        if (status != STATUS_SUCCESS)
            return status;
        if ((seen & 1u << parameter.Type) != 0)
            return STATUS_INVALID_PARAMETER;
        seen |= 1u << parameter.Type;
    }
    return STATUS_SUCCESS;
}
