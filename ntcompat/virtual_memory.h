// SPDX-License-Identifier: MIT
// What the services on virtual memory share: whose memory, which stretch of it, and where to put
// something new.

#pragma once

#include <kernel/process.h>
#include <kernel/space.h>
#include <nt/memory.h>
#include <nt/section.h>

// The address space that a ProcessHandle means, kept until nt_memory_release.
struct nt_memory {
    struct address_space *space;
    struct process *process;
};

/*
 * access   PROCESS_VM_...; the caller's own process has every right
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 *          STATUS_PROCESS_IS_TERMINATING
 */
status_t nt_memory_of_handle(HANDLE handle, ACCESS_MASK access, struct nt_memory *out) MUST_CHECK;
void nt_memory_release(struct nt_memory *memory);

// A stretch of memory as the program names it.
struct nt_range {
    vaddr_t base;
    uint64_t size;
};

static inline vaddr_t nt_first_page(const struct nt_range *range)
{
    return ROUND_DOWN(range->base, PAGE_SIZE);
}

// The end of the last page that the range touches. The range lies in the user's half.
static inline vaddr_t nt_end_of_pages(const struct nt_range *range)
{
    return ROUND_UP(range->base + range->size, PAGE_SIZE);
}

// Copies base and size out of the program (capture_inout).
status_t nt_capture_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                          struct nt_range *out) MUST_CHECK;

// Tells the program which pages were meant. Should it have made its own variables unwritable
// meanwhile, the result is lost, as on NT.
void nt_publish_range(PVOID USER *BaseAddress, SIZE_T USER *RegionSize, vaddr_t start, vaddr_t end);

// Whether the range lies in the user's half. STATUS_INVALID_PARAMETER_2, or size_status: what NT
// says of the size depends on the argument's place.
status_t nt_check_range(const struct nt_range *range, status_t size_status) MUST_CHECK;

/*
 * The highest address that ZeroBits allows: 1..21 counts leading zeroes of a 32-bit address, from
 * 32 on it is a mask of the bits that the address may use. false: neither.
 * Source: learn.microsoft.com, ZwAllocateVirtualMemory and NtMapViewOfSection, ZeroBits
 */
bool nt_highest_of_zero_bits(ULONG_PTR zero_bits, vaddr_t *highest) MUST_CHECK;

// MEM_ADDRESS_REQUIREMENTS; 0: no requirement.
struct nt_requirements {
    vaddr_t lowest;  // of the first byte
    vaddr_t highest; // of the last byte
    uint64_t alignment;
};

/*
 * Copies and checks the extended parameters of VirtualAlloc2, MapViewOfFile3 and their services.
 * Fails    STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER
 *          STATUS_NOT_IMPLEMENTED: one that is known, but not built
 * Source: learn.microsoft.com, MEM_EXTENDED_PARAMETER, MEM_ADDRESS_REQUIREMENTS
 */
status_t nt_capture_requirements(const MEM_EXTENDED_PARAMETER USER *parameters, ULONG count,
                                 const char *service, struct nt_requirements *out) MUST_CHECK;
