// SPDX-License-Identifier: MIT
/*
 * The kernel's own address range KERNEL_VA_BASE..KERNEL_VA_END: large heap blocks, stacks and MMIO,
 * each with an unmapped page before and after it.
 *
 * Context  thread or boot; no function sleeps
 */

#pragma once

#include <kernel/types.h>

// Maps page_count fresh frames, writable and not executable. Contents unspecified. NULL: no memory.
void *kernel_pages_alloc(size_t page_count) MUST_CHECK;

// Unmaps what kernel_pages_alloc returned and frees its frames. Returns how many pages it had.
size_t kernel_pages_free(void *address);

// Maps size bytes of device memory at paddr (any alignment), uncached. NULL: no memory.
void *kernel_map_device(paddr_t paddr, size_t size) MUST_CHECK;

// The same, write-combining, for frame buffers.
void *kernel_map_frame_buffer(paddr_t paddr, size_t size) MUST_CHECK;

// What lies at an address of the kernel's range, for panics: "the guard page of a kernel stack";
// NULL for an address outside of it. Takes no lock, as a panic may have interrupted its holder.
const char *kernel_space_describe(vaddr_t address);

// A kernel stack of KERNEL_STACK_SIZE bytes between guard pages; returns its lowest address or
// NULL.
#define KERNEL_STACK_SIZE (16 * KIB)
void *kernel_stack_alloc(void) MUST_CHECK;
void kernel_stack_free(void *stack); // NULL is allowed
