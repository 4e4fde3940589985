// SPDX-License-Identifier: MIT
/*
 * The virtual memory services. The kernel's space_* functions do the work; here are NT's encodings,
 * its rounding and the order of its checks: flags, then protection, then the caller's base and size,
 * then the handle.
 *
 * Base and size are written back at once, unchanged, before anything is done: so a pointer that
 * cannot be written is refused while nothing has changed. Should another thread take the memory
 * away in between, the result is lost and the service still succeeds, as on NT.
 *
 * Source: learn.microsoft.com, NtAllocateVirtualMemory, NtFreeVirtualMemory, VirtualAlloc,
 * VirtualFree, VirtualProtect, VirtualQuery
 */

#include "services_generated.h"

#include <kernel/space.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_process.h"
#include "protection.h"
#include "service.h"

#define ALLOCATION_FLAGS                                                                           \
    (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH |      \
     MEM_PHYSICAL | MEM_LARGE_PAGES)

// A stretch of memory as the program names it.
struct range {
    vaddr_t base;
    uint64_t size;
};

static vaddr_t first_page(const struct range *range)
{
    return ROUND_DOWN(range->base, PAGE_SIZE);
}

// The end of the last page that the range touches. The range lies in the user's half.
static vaddr_t end_of_pages(const struct range *range)
{
    return ROUND_UP(range->base + range->size, PAGE_SIZE);
}

static status_t capture_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize, struct range *out)
{
    PVOID base;
    SIZE_T size;
    status_t status = get_user(&base, BaseAddress);
    if (status == STATUS_SUCCESS)
        status = put_user(BaseAddress, &base);
    if (status == STATUS_SUCCESS)
        status = get_user(&size, RegionSize);
    if (status == STATUS_SUCCESS)
        status = put_user(RegionSize, &size);
    if (status == STATUS_SUCCESS)
        *out = (struct range){ (vaddr_t)base, size };
    return status;
}

// Tells the program which pages were meant. Its memory was writable a moment ago; see above.
static void publish_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize, vaddr_t start,
                          vaddr_t end)
{
    PVOID base = (PVOID)start;
    SIZE_T size = end - start;
    status_t lost = put_user(BaseAddress, &base);
    if (lost == STATUS_SUCCESS)
        lost = put_user(RegionSize, &size);
    (void)lost;
}

// Whether the range lies in the user's half; what NT says if not depends on the argument's place.
static status_t check_range(const struct range *range, status_t size_status)
{
    if (range->base > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (range->size > USER_END - range->base)
        return size_status;
    return STATUS_SUCCESS;
}

/*
 * The highest address that ZeroBits allows: 1..21 counts leading zeroes of a 32-bit address, from
 * 32 on it is a mask of the bits that the address may use.
 * Source: learn.microsoft.com, ZwAllocateVirtualMemory and NtMapViewOfSection, ZeroBits
 */
static bool highest_of_zero_bits(ULONG_PTR zero_bits, vaddr_t *highest)
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
    if ((type & MEM_WRITE_WATCH) != 0)
        return STATUS_NOT_SUPPORTED; // what Windows says where it cannot watch
    if ((type & MEM_PHYSICAL) != 0)
        return service_lacks("NtAllocateVirtualMemory", "MEM_PHYSICAL, flag", MEM_PHYSICAL);
    return STATUS_SUCCESS;
}

// Private memory has no original that a write could copy from.
static bool rights_for_private(ULONG protection, uint8_t *rights)
{
    return rights_from_protection(protection, rights) && (*rights & RIGHTS_COPY) == 0;
}

static status_t reserve(struct address_space *space, const struct range *range, ULONG type,
                        vaddr_t highest, uint8_t rights, vaddr_t *start, vaddr_t *end)
{
    struct space_reservation what = {
        .alignment = ALLOCATION_GRANULARITY,
        .highest = highest,
        .top_down = (type & MEM_TOP_DOWN) != 0,
        .commit = (type & MEM_COMMIT) != 0,
        .rights = rights,
        .kind = AREA_PRIVATE,
    };
    // A start in the lowest 64 KiB would round down to 0, which means "anywhere".
    if (range->base != 0 && range->base < USER_LOWEST)
        return STATUS_CONFLICTING_ADDRESSES;
    what.address = ROUND_DOWN(range->base, ALLOCATION_GRANULARITY);
    what.size = end_of_pages(range) - what.address;
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

static status_t allocate(struct address_space *space, const struct range *range, ULONG type,
                         vaddr_t highest, uint8_t rights, vaddr_t *start, vaddr_t *end)
{
    // Committing at no particular address means reserving, too.
    if ((type & MEM_RESERVE) != 0 || ((type & MEM_COMMIT) != 0 && range->base == 0))
        return reserve(space, range, type, highest, rights, start, end);
    *start = first_page(range);
    *end = end_of_pages(range);
    if ((type & MEM_COMMIT) != 0)
        return space_commit(space, *start, *end, rights);
    return reset(space, *start, *end);
}

NTSTATUS NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress, ULONG_PTR ZeroBits,
                                 SIZE_T USER *RegionSize, ULONG AllocationType, ULONG Protect)
{
    vaddr_t highest;
    if (!highest_of_zero_bits(ZeroBits, &highest))
        return STATUS_INVALID_PARAMETER_3;
    status_t status = check_allocation_type(AllocationType);
    if (status != STATUS_SUCCESS)
        return status;
    uint8_t rights;
    if (!rights_for_private(Protect, &rights))
        return STATUS_INVALID_PAGE_PROTECTION;

    struct range range;
    status = capture_range(BaseAddress, RegionSize, &range);
    if (status != STATUS_SUCCESS)
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_4);
    if (status != STATUS_SUCCESS)
        return status;
    if (range.size == 0)
        return STATUS_INVALID_PARAMETER_4;
    struct address_space *space;
    status = nt_space_of_handle(ProcessHandle, &space);
    if (status != STATUS_SUCCESS)
        return status;

    vaddr_t start, end;
    status = allocate(space, &range, AllocationType, highest, rights, &start, &end);
    if (status == STATUS_SUCCESS)
        publish_range(BaseAddress, RegionSize, start, end);
    return status;
}

NTSTATUS NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                             ULONG FreeType)
{
    // Placeholders cannot exist yet, so their flags are as wrong here as on any other memory.
    if (FreeType != MEM_RELEASE && FreeType != MEM_DECOMMIT)
        return STATUS_INVALID_PARAMETER_4;
    struct range range;
    status_t status = capture_range(BaseAddress, RegionSize, &range);
    if (status != STATUS_SUCCESS)
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_3);
    if (status != STATUS_SUCCESS)
        return status;
    struct address_space *space;
    status = nt_space_of_handle(ProcessHandle, &space);
    if (status != STATUS_SUCCESS)
        return status;

    // Size 0 means the whole allocation; space_* take an empty range for that.
    vaddr_t start = first_page(&range);
    vaddr_t end = range.size == 0 ? start : end_of_pages(&range);
    if (FreeType == MEM_RELEASE)
        status = space_release(space, start, end, &start, &end);
    else
        status = space_decommit(space, start, end, &start, &end);
    if (status == STATUS_SUCCESS)
        publish_range(BaseAddress, RegionSize, start, end);
    return status;
}

/*
 * In an image, "read and write" means a private copy of the page, in private memory such a copy
 * makes no sense. The area cannot turn from one into the other unnoticed: it would have to be
 * unmapped meanwhile, and then space_protect meets what is there, with rights that do no harm.
 */
static status_t fit_rights_to_area(struct address_space *space, vaddr_t start, uint8_t *rights)
{
    if ((*rights & RIGHTS_WRITE) == 0)
        return STATUS_SUCCESS;
    struct space_region region;
    space_query(space, start, &region);
    if (region.is_free)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region.kind == AREA_IMAGE)
        *rights |= RIGHTS_COPY;
    else if (region.kind == AREA_PRIVATE && (*rights & RIGHTS_COPY) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

NTSTATUS NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                                SIZE_T USER *RegionSize, ULONG NewProtect, ULONG USER *OldProtect)
{
    uint8_t rights, old_rights;
    if (!rights_from_protection(NewProtect, &rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    struct range range;
    status_t status = capture_range(BaseAddress, RegionSize, &range);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG old;
    status = get_user(&old, OldProtect);
    if (status == STATUS_SUCCESS)
        status = put_user(OldProtect, &old);
    if (status != STATUS_SUCCESS)
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_3);
    if (status != STATUS_SUCCESS)
        return status;
    if (range.size == 0)
        return STATUS_INVALID_PARAMETER_3;
    struct address_space *space;
    status = nt_space_of_handle(ProcessHandle, &space);
    if (status != STATUS_SUCCESS)
        return status;

    vaddr_t start = first_page(&range), end = end_of_pages(&range);
    status = fit_rights_to_area(space, start, &rights);
    if (status == STATUS_SUCCESS)
        status = space_protect(space, start, end, rights, &old_rights);
    if (status != STATUS_SUCCESS)
        return status;
    publish_range(BaseAddress, RegionSize, start, end);
    old = protection_from_rights(old_rights);
    status_t lost = put_user(OldProtect, &old);
    (void)lost;
    return STATUS_SUCCESS;
}

static ULONG type_of_kind(uint8_t kind)
{
    return kind == AREA_IMAGE ? MEM_IMAGE : kind == AREA_MAPPED ? MEM_MAPPED : MEM_PRIVATE;
}

static void describe_region(struct address_space *space, vaddr_t address,
                            MEMORY_BASIC_INFORMATION *out)
{
    struct space_region region;
    space_query(space, address, &region);
    *out = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (PVOID)region.start,
        .RegionSize = region.end - region.start,
        .State = MEM_FREE,
        .Protect = PAGE_NOACCESS,
    };
    if (region.is_free)
        return;
    bool is_committed = region.state == PAGES_COMMITTED;
    out->AllocationBase = (PVOID)region.area_start;
    out->AllocationProtect = protection_from_rights(region.first_rights);
    out->State = is_committed ? MEM_COMMIT : MEM_RESERVE;
    out->Protect = is_committed ? protection_from_rights(region.rights) : 0;
    out->Type = type_of_kind(region.kind);
}

NTSTATUS NtQueryVirtualMemory(HANDLE ProcessHandle, void USER *BaseAddress,
                              MEMORY_INFORMATION_CLASS MemoryInformationClass,
                              void USER *MemoryInformation, SIZE_T MemoryInformationLength,
                              SIZE_T USER *ReturnLength)
{
    if (MemoryInformationClass != MemoryBasicInformation) {
        if ((ULONG)MemoryInformationClass > MemoryBasicInformationCapped)
            return STATUS_INVALID_INFO_CLASS;
        return service_lacks("NtQueryVirtualMemory", "information class", MemoryInformationClass);
    }
    MEMORY_BASIC_INFORMATION information = { 0 }; // the gaps between members, too
    SIZE_T length = sizeof(information);
    if (MemoryInformationLength < length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((vaddr_t)BaseAddress > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    struct address_space *space;
    status_t status = nt_space_of_handle(ProcessHandle, &space);
    if (status != STATUS_SUCCESS)
        return status;

    describe_region(space, ROUND_DOWN((vaddr_t)BaseAddress, PAGE_SIZE), &information);
    status = copy_to_user(MemoryInformation, &information, sizeof(information));
    if (status == STATUS_SUCCESS && ReturnLength != NULL)
        status = put_user(ReturnLength, &length);
    return status;
}
