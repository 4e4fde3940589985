// SPDX-License-Identifier: MIT
// The few facts that the kernel needs from ACPI, all from the MADT: which processors there are,
// where the IO-APIC is and how the old ISA interrupts reach it. Tables come from firmware and are
// distrusted: lengths and checksums are verified, and without a usable table the PC's usual values
// stand.
// Source: ACPI 6.4, 5.2.5 (RSDP), 5.2.7 (RSDT), 5.2.8 (XSDT), 5.2.12 (MADT).

#include <kernel/frames.h>
#include <kernel/kernel_space.h>
#include <kernel/log.h>
#include <kernel/string.h>

#include "arch_private.h"

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; // from here on: revision 2
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
} PACKED;

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} PACKED;
static_assert(sizeof(struct table_header) == 36, "ACPI 6.4, 5.2.6");

enum {
    MADT_LOCAL_APIC = 0,
    MADT_IO_APIC = 1,
    MADT_SOURCE_OVERRIDE = 2,
    MADT_LOCAL_X2APIC = 9
};

struct madt_local_apic {
    uint8_t type, length, acpi_id, apic_id;
    uint32_t flags;
} PACKED;

struct madt_local_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t apic_id, flags, acpi_id;
} PACKED;

#define LOCAL_APIC_ENABLED 1u

struct madt_io_apic {
    uint8_t type, length, id, reserved;
    uint32_t address, line_base;
} PACKED;

struct madt_source_override {
    uint8_t type, length, bus, source;
    uint32_t line;
    uint16_t flags; // bits 1:0 polarity (3: low), 3:2 trigger (3: level)
} PACKED;

#define TABLE_MAX (64 * KIB)

static bool sums_to_zero(const void *bytes, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
    return sum == 0;
}

// Maps the table at paddr if it is whole and has the signature; NULL otherwise. Stays mapped.
static const struct table_header *map_table(paddr_t paddr, const char *signature)
{
    const struct table_header *header = kernel_map_device(paddr, sizeof(*header));
    if (!header || memcmp(header->signature, signature, 4) != 0)
        return NULL;
    uint32_t length = header->length;
    if (length < sizeof(*header) || length > TABLE_MAX)
        return NULL;
    header = kernel_map_device(paddr, length);
    return header && sums_to_zero(header, length) ? header : NULL;
}

static const struct table_header *find_table(const struct rsdp *rsdp, const char *signature)
{
    bool is_wide = rsdp->revision >= 2 && rsdp->xsdt;
    size_t width = is_wide ? 8 : 4;
    const struct table_header *root =
        map_table(is_wide ? rsdp->xsdt : rsdp->rsdt, is_wide ? "XSDT" : "RSDT");
    if (!root)
        return NULL;
    const uint8_t *entry = (const uint8_t *)(root + 1);
    for (size_t left = root->length - sizeof(*root); left >= width; left -= width, entry += width) {
        paddr_t paddr = 0;
        memcpy(&paddr, entry, width);
        const struct table_header *table = map_table(paddr, signature);
        if (table)
            return table;
    }
    return NULL;
}

// Firmware may list a processor twice, by both kinds of entries.
static void add_processor(struct acpi_facts *out, uint32_t apic_id, uint32_t flags)
{
    if (!(flags & LOCAL_APIC_ENABLED) || out->processor_count == ARRAY_SIZE(out->processors))
        return;
    for (unsigned i = 0; i < out->processor_count; i++)
        if (out->processors[i] == apic_id)
            return;
    out->processors[out->processor_count++] = apic_id;
}

static void read_entry(const uint8_t *entry, size_t length, struct acpi_facts *out)
{
    if (entry[0] == MADT_LOCAL_APIC && length >= sizeof(struct madt_local_apic)) {
        struct madt_local_apic processor;
        memcpy(&processor, entry, sizeof(processor));
        if (processor.apic_id != 0xFF) // means: none
            add_processor(out, processor.apic_id, processor.flags);
    }
    if (entry[0] == MADT_LOCAL_X2APIC && length >= sizeof(struct madt_local_x2apic)) {
        struct madt_local_x2apic processor;
        memcpy(&processor, entry, sizeof(processor));
        add_processor(out, processor.apic_id, processor.flags);
    }
    if (entry[0] == MADT_IO_APIC && length >= sizeof(struct madt_io_apic) && !out->io_apic) {
        struct madt_io_apic io_apic;
        memcpy(&io_apic, entry, sizeof(io_apic));
        out->io_apic = io_apic.address;
        out->io_apic_base = io_apic.line_base;
    }
    if (entry[0] == MADT_SOURCE_OVERRIDE && length >= sizeof(struct madt_source_override)) {
        struct madt_source_override o;
        memcpy(&o, entry, sizeof(o));
        if (o.source >= ARRAY_SIZE(out->isa))
            return;
        out->isa[o.source].line = o.line;
        out->isa[o.source].is_low = (o.flags & 3) == 3;
        out->isa[o.source].is_level = (o.flags >> 2 & 3) == 3;
    }
}

void acpi_read(paddr_t rsdp_paddr, struct acpi_facts *out)
{
    *out = (struct acpi_facts){ 0 };
    for (uint32_t i = 0; i < ARRAY_SIZE(out->isa); i++)
        out->isa[i].line = i;
    if (!rsdp_paddr)
        return;
    const struct rsdp *rsdp = kernel_map_device(rsdp_paddr, sizeof(*rsdp));
    if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(rsdp, 20)) {
        log_warn("acpi", "no valid RSDP at 0x%lx; using the PC's usual interrupt wiring",
                 rsdp_paddr);
        return;
    }
    const struct table_header *madt = find_table(rsdp, "APIC");
    if (!madt)
        return;
    const uint8_t *entry = (const uint8_t *)(madt + 1) + 8; // behind local APIC address and flags
    const uint8_t *end = (const uint8_t *)madt + madt->length;
    while (entry + 2 <= end && entry[1] >= 2 && entry[1] <= end - entry) {
        read_entry(entry, entry[1], out);
        entry += entry[1];
    }
}
