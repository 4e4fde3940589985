// SPDX-License-Identifier: MIT
/*
 * Allocating, freeing and protecting virtual memory. The kernel's space_* functions do the work;
 * here are NT's encodings, its rounding and the order of its checks: flags, then protection, then
 * the caller's base and size, then the handle.
 *
 * Source: learn.microsoft.com, NtAllocateVirtualMemory, NtFreeVirtualMemory, VirtualAlloc,
 * VirtualAlloc2, VirtualFree, VirtualProtect
 */

#include "services_generated.h"

#include <kernel/space.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "protection.h"
#include "service.h"
#include "virtual_memory.h"

#define ALLOCATION_FLAGS                                                                           \
    (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH |      \
     MEM_PHYSICAL | MEM_LARGE_PAGES)
#define PLACEHOLDER_FLAGS (MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER)

static status_t check_allocation_type(ULONG type)
{
    if ((type & ~ALLOCATION_FLAGS) != 0)
        return STATUS_INVALID_PARAMETER_5;
    ULONG action = type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO);
    if (action == 0)
        return STATUS_INVALID_PARAMETER_5;
    // Resetting is a matter of its own and cannot be combined.
    if ((type & (MEM_RESET | MEM_RESET_UNDO)) != 0 && type != MEM_RESET && type != MEM_RESET_UNDO)
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_WRITE_WATCH) != 0 && (type & MEM_RESERVE) == 0)
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_PHYSICAL) != 0 && (type & ~(MEM_PHYSICAL | MEM_TOP_DOWN)) != MEM_RESERVE)
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_LARGE_PAGES) != 0)
        // They need the privilege to lock memory, which no program here has.
        return (type & MEM_COMMIT) != 0 ? STATUS_PRIVILEGE_NOT_HELD : STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_PHYSICAL) != 0)
        return service_lacks("NtAllocateVirtualMemory", "MEM_PHYSICAL, flag", MEM_PHYSICAL);
    return STATUS_SUCCESS;
}

// The flags that only VirtualAlloc2 has go with few others.
static status_t check_placeholder_type(ULONG type, ULONG protection)
{
    switch (type & PLACEHOLDER_FLAGS) {
    case 0:
        return check_allocation_type(type);
    case MEM_RESERVE_PLACEHOLDER:
        if ((type & ~(MEM_RESERVE_PLACEHOLDER | MEM_TOP_DOWN)) != MEM_RESERVE)
            return STATUS_INVALID_PARAMETER_5;
        return protection == PAGE_NOACCESS ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
    case MEM_REPLACE_PLACEHOLDER:
        if ((type & ~(MEM_REPLACE_PLACEHOLDER | MEM_COMMIT | MEM_WRITE_WATCH)) != MEM_RESERVE)
            return STATUS_INVALID_PARAMETER_5;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER_5;
    }
}

// Private memory has no original that a write could copy from.
static bool rights_for_private(ULONG protection, uint8_t *rights)
{
    return rights_from_protection(protection, rights) && (*rights & RIGHTS_COPY) == 0;
}

// What the two services that allocate ask for, checked.
struct request {
    struct nt_range range;
    ULONG type;
    uint8_t rights;
    struct nt_requirements where;
};

static status_t reserve(struct address_space *space, const struct request *request, vaddr_t *start,
                        vaddr_t *end)
{
    vaddr_t base = request->range.base;
    struct space_reservation what = {
        .alignment = MAX(request->where.alignment, ALLOCATION_GRANULARITY),
        .lowest = request->where.lowest,
        .highest = request->where.highest,
        .top_down = (request->type & MEM_TOP_DOWN) != 0,
        .commit = (request->type & MEM_COMMIT) != 0,
        .is_placeholder = (request->type & MEM_RESERVE_PLACEHOLDER) != 0,
        .replaces_placeholder = (request->type & MEM_REPLACE_PLACEHOLDER) != 0,
        .is_watched = (request->type & MEM_WRITE_WATCH) != 0,
        .rights = request->rights,
        .kind = AREA_PRIVATE,
    };
    // A start in the lowest 64 KiB would round down to 0, which means "anywhere".
    if (base != 0 && base < USER_LOWEST)
        return STATUS_CONFLICTING_ADDRESSES;
    // Placeholders are split at any page.
    what.address = ROUND_DOWN(base, what.replaces_placeholder ? PAGE_SIZE : ALLOCATION_GRANULARITY);
    what.size = nt_end_of_pages(&request->range) - what.address;
    status_t status = space_reserve(space, &what, start);
    if (status == STATUS_SUCCESS)
        *end = *start + what.size;
    return status;
}

/*
 * MEM_RESET says that the contents may be lost, MEM_RESET_UNDO that they are wanted back if they
 * were not. They never are lost here, so both only check the range.
 */
static status_t reset(struct address_space *space, vaddr_t start, vaddr_t end)
{
    struct space_region region;
    for (vaddr_t at = start; at < end; at = region.end) {
        space_query(space, at, &region);
        if (region.is_free || region.state != PAGES_COMMITTED)
            return STATUS_CONFLICTING_ADDRESSES;
    }
    return STATUS_SUCCESS;
}

static status_t allocate_in(struct address_space *space, const struct request *request,
                            vaddr_t *start, vaddr_t *end)
{
    ULONG type = request->type;
    // Committing at no particular address means reserving, too.
    if ((type & MEM_RESERVE) != 0 || ((type & MEM_COMMIT) != 0 && request->range.base == 0))
        return reserve(space, request, start, end);
    *start = nt_first_page(&request->range);
    *end = nt_end_of_pages(&request->range);
    if ((type & MEM_COMMIT) != 0)
        return space_commit(space, *start, *end, request->rights);
    return reset(space, *start, *end);
}

// Flags and protection have been checked.
static status_t allocate(HANDLE ProcessHandle, PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                         struct request *request)
{
    status_t status = nt_capture_range(BaseAddress, RegionSize, &request->range);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_check_range(&request->range, STATUS_INVALID_PARAMETER_4);
    if (status != STATUS_SUCCESS)
        return status;
    if (request->range.size == 0)
        return STATUS_INVALID_PARAMETER_4;
    // Requirements are for those who leave the choice to the system.
    bool has_requirements = (request->where.lowest | request->where.alignment) != 0;
    if (has_requirements && request->range.base != 0)
        return STATUS_INVALID_PARAMETER;
    struct nt_memory memory;
    status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t start, end;
    status = allocate_in(memory.space, request, &start, &end);
    nt_memory_release(&memory);
    if (status == STATUS_SUCCESS)
        nt_publish_range(BaseAddress, RegionSize, start, end);
    return status;
}

NTSTATUS NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress, ULONG_PTR ZeroBits,
                                 SIZE_T USER *RegionSize, ULONG AllocationType, ULONG Protect)
{
    struct request request = { .type = AllocationType };
    if (!nt_highest_of_zero_bits(ZeroBits, &request.where.highest))
        return STATUS_INVALID_PARAMETER_3;
    status_t status = check_allocation_type(AllocationType);
    if (status != STATUS_SUCCESS)
        return status;
    if (!rights_for_private(Protect, &request.rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    return allocate(ProcessHandle, BaseAddress, RegionSize, &request);
}

NTSTATUS NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                                   SIZE_T USER *RegionSize, ULONG AllocationType,
                                   ULONG PageProtection,
                                   MEM_EXTENDED_PARAMETER USER *ExtendedParameters,
                                   ULONG ExtendedParameterCount)
{
    struct request request = { .type = AllocationType };
    status_t status = check_placeholder_type(AllocationType, PageProtection);
    if (status != STATUS_SUCCESS)
        return status;
    if (!rights_for_private(PageProtection, &request.rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    status = nt_capture_requirements(ExtendedParameters, ExtendedParameterCount,
                                     "NtAllocateVirtualMemoryEx", &request.where);
    if (status != STATUS_SUCCESS)
        return status;
    return allocate(ProcessHandle, BaseAddress, RegionSize, &request);
}

static status_t free_in(struct address_space *space, ULONG type, vaddr_t *start, vaddr_t *end)
{
    switch (type) {
    case MEM_DECOMMIT:
        return space_decommit(space, *start, *end, start, end);
    case MEM_RELEASE:
        return space_release(space, *start, *end, start, end);
    case MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER:
        return space_split_placeholder(space, *start, *end, start, end);
    default:
        return space_join_placeholders(space, *start, *end);
    }
}

NTSTATUS NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                             ULONG FreeType)
{
    if (FreeType != MEM_RELEASE && FreeType != MEM_DECOMMIT &&
        FreeType != (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER) &&
        FreeType != (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS))
        return STATUS_INVALID_PARAMETER_4;
    struct nt_range range;
    status_t status = nt_capture_range(BaseAddress, RegionSize, &range);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_check_range(&range, STATUS_INVALID_PARAMETER_3);
    if (status != STATUS_SUCCESS)
        return status;
    struct nt_memory memory;
    status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;

    // Size 0 means the whole allocation; space_* take an empty range for that.
    vaddr_t start = nt_first_page(&range);
    vaddr_t end = range.size == 0 ? start : nt_end_of_pages(&range);
    status = free_in(memory.space, FreeType, &start, &end);
    nt_memory_release(&memory);
    if (status == STATUS_SUCCESS)
        nt_publish_range(BaseAddress, RegionSize, start, end);
    return status;
}

NTSTATUS NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                                SIZE_T USER *RegionSize, ULONG NewProtect, ULONG USER *OldProtect)
{
    uint8_t rights, old_rights;
    if (!rights_from_protection(NewProtect, &rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    struct nt_range range;
    status_t status = nt_capture_range(BaseAddress, RegionSize, &range);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG old;
    status = capture_inout(&old, OldProtect);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_check_range(&range, STATUS_INVALID_PARAMETER_3);
    if (status != STATUS_SUCCESS)
        return status;
    if (range.size == 0)
        return STATUS_INVALID_PARAMETER_3;
    struct nt_memory memory;
    status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t start = nt_first_page(&range), end = nt_end_of_pages(&range);
    status = space_protect(memory.space, start, end, rights, &old_rights);
    nt_memory_release(&memory);
    if (status != STATUS_SUCCESS)
        return status;
    nt_publish_range(BaseAddress, RegionSize, start, end);
    old = protection_from_rights(old_rights);
    status_t lost = put_user(OldProtect, &old);
    (void)lost;
    return STATUS_SUCCESS;
}
