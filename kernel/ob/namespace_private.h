// SPDX-License-Identifier: MIT
/*
 * What the files of the name space share: its lock, and the form of names and directories.
 *
 *	I	immutable after creation
 *	n	namespace_lock
 */

#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/namespace.h>

extern struct mutex namespace_lock;

// An object's name, which is its entry in a directory.
struct object_name {
    struct object_name *next;          // [n] in its bucket
    struct list order_link;            // [n] in its directory
    struct directory *directory;       // [I] a reference
    struct object *object;             // [I] a reference
    struct handle_table *exclusive_to; // [I] of the process that made it, with OBJECT_IS_EXCLUSIVE
    uint32_t position;                 // [I] see directory_list
    uint32_t hash;                     // [I] of the text in capitals
    size_t length;                     // [I] units
    uint16_t text[];                   // [I]
};

#define DIRECTORY_FIRST_BUCKETS 16u

struct directory {
    struct object object;
    struct list order;            // [n] names, in the order of their making
    struct object_name **buckets; // [n] a power of two of them
    uint32_t bucket_count;        // [n]
    uint32_t count;               // [n] of names
    uint32_t last_position;       // [n]
    struct object_name *first_buckets[DIRECTORY_FIRST_BUCKETS];
};

extern struct directory root_directory;

void directory_init(struct directory *directory);

struct object_name *directory_find_locked(const struct directory *directory, struct name name,
                                          bool ignores_case);

// Puts a name, of which object and text are set, into a directory; takes the two references.
void directory_insert_locked(struct directory *directory, struct object_name *name);

// Takes it out; the caller releases it with object_name_release, without the lock.
void directory_remove_locked(struct object_name *name);

void object_name_release(struct object_name *name);

// Makes the tree; once, at start.
void namespace_build(void);
