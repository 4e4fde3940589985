// SPDX-License-Identifier: MIT
// Port and memory-mapped I/O.

#pragma once

#include <kernel/types.h>

static ALWAYS_INLINE void io_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static ALWAYS_INLINE uint8_t io_read8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static ALWAYS_INLINE void io_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static ALWAYS_INLINE uint32_t mmio_read32(const volatile void *address)
{
    return *(const volatile uint32_t *)address;
}

static ALWAYS_INLINE void mmio_write32(volatile void *address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}
