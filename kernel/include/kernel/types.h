// SPDX-License-Identifier: MIT
// The scalar types that all of the kernel speaks in.

#pragma once

#include <kernel/compiler.h>

typedef uint64_t paddr_t; // physical address, bytes
typedef uint64_t vaddr_t; // virtual address, bytes
typedef int32_t status_t; // an NTSTATUS value: success is >= 0
typedef uint64_t handle_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE  0x1000ull
#define PAGE_MASK  0xFFFull

#define KIB 0x400ull
#define MIB 0x100000ull
#define GIB 0x40000000ull

// User addresses. The first and the last 64 KiB of the user half are never mapped, as on Windows.
#define USER_LOWEST  0x0000000000010000ull
#define USER_HIGHEST 0x00007FFFFFFEFFFFull // last usable byte
#define USER_END     0x00007FFFFFFF0000ull // first unusable byte

// Kernel addresses: the map is drawn in kernel/mm/README.md.
#define DIRECT_MAP_BASE 0xFFFF800000000000ull
#define KERNEL_VA_BASE  0xFFFFC00000000000ull
#define KERNEL_VA_END   0xFFFFC08000000000ull
#define KERNEL_BASE     0xFFFFFFFF80000000ull

// Nanoseconds since the kernel's clock started.
typedef uint64_t nanoseconds_t;
