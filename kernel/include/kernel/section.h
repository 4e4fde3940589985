// SPDX-License-Identifier: MIT
/*
 * Sections: the objects behind which memory objects are shared by handle and by name. Mapping one
 * is space_reserve with the section's memory (an image: the personality's business); the view does
 * not need the section afterwards.
 */

#pragma once

#include <kernel/memory_object.h>
#include <kernel/object.h>

enum section_kind {
    SECTION_ZEROES, // nothing but memory
    SECTION_FILE,   // the bytes of a file
    SECTION_IMAGE,  // the file as a program image
};

struct section {
    struct object object;
    struct memory_object *memory; // immutable: a reference
    uint64_t size;                // immutable: bytes
    uint8_t limit;                // immutable: rights that views may have (area_tree.h)
    uint8_t kind;                 // immutable: enum section_kind
    uint32_t attributes;          // immutable: the personality's
    uint32_t protection;          // immutable: the personality's words for limit
};

extern const struct object_type section_type;

// Rights of handles to sections: NT's SECTION_....
#define SECTION_MAY_QUERY   0x01u
#define SECTION_MAY_WRITE   0x02u // views that write to the section
#define SECTION_MAY_READ    0x04u
#define SECTION_MAY_EXECUTE 0x08u
#define SECTION_MAY_EXTEND  0x10u

// Makes a section with what `from` says (all but its object); takes over the reference to its
// memory, whatever happens. STATUS_NO_MEMORY.
status_t section_create(const struct section *from, struct section **out) MUST_CHECK;
