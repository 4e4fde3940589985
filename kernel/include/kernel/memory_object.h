// SPDX-License-Identifier: MIT
/*
 * Memory objects: pages that several address spaces may map, by page number. What a section, an
 * image or a file's data is to the memory manager.
 *
 * The object owns its frames; an address space that maps one only borrows it (the entry says
 * PAGING_SHARED) and holds a reference to the object as long as the view exists. A frame that an
 * object has handed out stays the page's frame until the object goes. A write through a view that
 * copies makes a frame that belongs to that address space alone.
 *
 * A page gets its frame when it is first asked for. It is filled without a lock held, so two who
 * ask at once may both fill one; the first to finish wins, and nobody sees the other frame.
 *
 * Commitment: an object charges (commit.h) every page that may get a frame of its own, so that
 * asking for a page fails only where filling it fails.
 *
 *	I	immutable after creation
 *	a	atomic
 *	l	lock
 */

#pragma once

#include <kernel/page_tree.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct memory_object;

struct memory_object_ops {
    const char *name;
    // Writes the first contents of a page to `to`, PAGE_SIZE bytes. NULL: zeroes. No lock is held
    // but, perhaps, that of an address space; may sleep. Fails: STATUS_IN_PAGE_ERROR.
    status_t (*fill)(struct memory_object *object, uint64_t page, void *to);
    // The frame of a page that is in memory anyhow, and stays there: 0, or it is used instead of a
    // frame of the object. NULL: there are none.
    paddr_t (*lend)(struct memory_object *object, uint64_t page);
    // A page is about to be written through a view for the first time since it was mapped. NULL:
    // nobody wants to know, and views map it writable at once.
    void (*mark_dirty)(struct memory_object *object, uint64_t page);
    // Whether writes to all of first..end are for everybody to see, though the area is an image,
    // where a write otherwise makes a copy. NULL: no.
    bool (*is_common)(struct memory_object *object, uint64_t first, uint64_t end);
    // The last reference went; the frames are gone. Frees the object. May sleep.
    void (*destroy)(struct memory_object *object);
};

struct area;

struct memory_object {
    const struct memory_object_ops *ops; // [I]
    uint32_t references;                 // [a]
    struct spinlock lock;                // guards what is marked l
    uint64_t page_count;                 // [l] it only grows
    uint64_t resident_pages;             // [l] frames of its own
    uint64_t charged_pages;              // [l]
    struct page_tree pages;              // [l] the frames, as their addresses in the direct map
    struct area *commit_map;             // [l] which pages are committed; [I] NULL: all
};

/*
 * Sets up an object that the caller has allocated, with one reference. charge: pages that are to be
 * charged now, and given back with the object.
 * Fails    STATUS_COMMITMENT_LIMIT
 */
status_t memory_object_init(struct memory_object *object, const struct memory_object_ops *ops,
                            uint64_t page_count, uint64_t charge) MUST_CHECK;

void memory_object_get(struct memory_object *object);
void memory_object_put(struct memory_object *object);

// Takes a reference unless the last one has gone already. For weak pointers; the caller sees to it
// that the object is not freed meanwhile.
bool memory_object_try_get(struct memory_object *object) MUST_CHECK;

/*
 * Makes an object of zeroes. is_reserved: no page is committed; memory_object_commit does that.
 * Fails    STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT
 */
status_t memory_object_create_zeroed(uint64_t page_count, bool is_reserved,
                                     struct memory_object **out) MUST_CHECK;

// Whether the object is one of those: nothing but zeroes and what was written to it.
bool memory_object_is_zeroed(const struct memory_object *object);

/*
 * Finds the frame of a page below page_count, making and filling it if there is none.
 * Fails    STATUS_NO_MEMORY, or as fill does
 */
status_t memory_object_page(struct memory_object *object, uint64_t page, paddr_t *out) MUST_CHECK;

// Looks up to count pages from first on; out[i] receives the frame's address, 0 for a page that has
// none now. For mapping more than was asked for.
void memory_object_peek(struct memory_object *object, uint64_t first, unsigned count, paddr_t *out);

/*
 * Writes the contents of a page to `to`, PAGE_SIZE bytes, for a copy that somebody else keeps. A
 * page that has no frame gets none by this.
 * Fails    as fill does
 */
status_t memory_object_read(struct memory_object *object, uint64_t page, void *to) MUST_CHECK;

/*
 * Commits first..end of an object that was made reserved.
 * Fails    STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT; nothing has changed
 */
status_t memory_object_commit(struct memory_object *object, uint64_t first,
                              uint64_t end) MUST_CHECK;

// Finds the first stretch of committed pages in *first..*end, which receive it. False: none.
bool memory_object_find_committed(struct memory_object *object, uint64_t *first, uint64_t *end);

struct memory_object_stats {
    uint64_t resident_pages;
    uint64_t charged_pages;
};

struct memory_object_stats memory_object_stats(struct memory_object *object);

/*
 * The memory objects of one file: whoever maps the file finds them here, so that all agree. The
 * pointers hold no references; an object takes itself out when its last reference goes.
 */
struct file_memory {
    struct spinlock lock;        // guards all below
    struct memory_object *data;  // the file's bytes
    struct memory_object *image; // the file as a program image
    vaddr_t image_base;          // where the image was placed first; 0: never
};

void file_memory_init(struct file_memory *file);

// Takes a reference to *which (a member of file), or returns NULL: there is none.
struct memory_object *file_memory_find(struct file_memory *file, struct memory_object **which);

/*
 * Enters a new object. If another thread was faster, that one's is returned with a reference, and
 * the caller puts its own.
 */
struct memory_object *file_memory_enter(struct file_memory *file, struct memory_object **which,
                                        struct memory_object *object);

// Called by an object's destroy.
void file_memory_leave(struct file_memory *file, struct memory_object **which,
                       struct memory_object *object);
