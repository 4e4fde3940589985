// SPDX-License-Identifier: MIT
/*
 * The name space: a tree of directories that gives objects names, `\Directory\Name`. A symbolic
 * link in it stands for another name. Where a name meets an object that can read on by itself (a
 * device: its type has `parse`), that object gets the rest of it.
 *
 * A directory holds a reference to each object in it. A name lasts until the object's last handle
 * is closed, or, if it is permanent, until namespace_make_temporary.
 *
 * Names are UTF-16, counted, and may hold any unit but the separator. Case counts unless the caller
 * or the type of the object says otherwise; it is ignored by upper_case.h's table.
 *
 * Locks    one mutex for all directories, taken inside
 * Context  thread; may sleep
 */

#pragma once

#include <kernel/object.h>

#define NAME_SEPARATOR  u'\\'
#define NAME_MAX_LENGTH 32767u // units; NT counts bytes in 16 bits
#define NAME_MAX_LINKS  32u    // that one name may lead through

struct name {
    const uint16_t *text;
    size_t length; // in units
};

enum name_flags {
    NAME_IGNORE_CASE = 1 << 0,
    NAME_OPEN_LINK = 1 << 1, // a link at the end of the name is meant itself
    NAME_OPEN_IF = 1 << 2,   // namespace_insert: an object that has the name already will do
    NAME_EXCLUSIVE = 1 << 3, // no other process may open it
    NAME_PERMANENT = 1 << 4, // namespace_insert: keep the name without handles
    NAME_NO_LINKS = 1 << 5,  // a link on the way is an error: STATUS_REPARSE_POINT_ENCOUNTERED
};

// A name on its way to an object. Callers fill in the first part and zero the rest.
struct name_walk {
    struct object *root; // where path starts, usually a directory; NULL: it begins with '\'
    struct name path;
    const struct object_type *type; // what the caller wants; NULL: anything
    unsigned flags;                 // enum name_flags
    struct handle_table *opener;    // who opens it, for NAME_EXCLUSIVE; NULL: the kernel
    uint32_t access;                // for parse: the rights that are asked for, as in NT
    void *context;                  // for parse: what an opener of `type` passes on

    // For parse: what is left of the name behind its object. "" or from a separator on; under a
    // `root` with parse the path as it is.
    struct name rest;
    uint16_t *owned;     // private: the text that path and rest lie in, once a link was followed
    unsigned link_count; // private
};

/*
 * Finds the object that walk's path names, and opens it for the caller (object_open, and a
 * reference): commit a handle to it or object_cancel_open and object_put it.
 * Fails    STATUS_OBJECT_PATH_SYNTAX_BAD: a name without root that does not begin with '\', or with
 *          root and it does
 *          STATUS_OBJECT_NAME_INVALID: an empty component
 *          STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND: also after too many links
 *          STATUS_OBJECT_TYPE_MISMATCH: not of walk->type, or a name goes on where no directory is
 *          STATUS_ACCESS_DENIED: another process has it exclusively
 *          STATUS_INVALID_PARAMETER: NAME_EXCLUSIVE, but it is not
 *          STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES; what parse returns
 */
status_t namespace_find(struct name_walk *walk, struct object **out) MUST_CHECK;

/*
 * Gives object, which has no name, the one that walk's path names, and opens it as above; the
 * caller's reference is kept. walk->type is the object's.
 * Returns  STATUS_SUCCESS: *out is object
 *          STATUS_OBJECT_NAME_EXISTS (a success): *out is another, which had the name already
 * Fails    as namespace_find, and STATUS_OBJECT_NAME_COLLISION
 */
status_t namespace_insert(struct name_walk *walk, struct object *object,
                          struct object **out) MUST_CHECK;

// For parse: goes on with `target` and all that is left, from the root. STATUS_REPARSE: parse
// returns it. Fails: STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES.
status_t name_walk_restart(struct name_walk *walk, struct name target) MUST_CHECK;

// A permanent object keeps its name without handles; a temporary one loses it with the last handle,
// at once if there is none. Objects without a name: no effect.
void namespace_make_permanent(struct object *object);
void namespace_make_temporary(struct object *object);

// Takes the name away if nothing keeps it; object_close and object_cancel_open call it.
void namespace_last_handle_closed(struct object *object);

/*
 * The full name of an object, `\Directory\Name`; of its own type, if that has query_name. Writes at
 * most room units. *length: the units of the whole name; 0: it has none.
 */
status_t namespace_path(struct object *object, uint16_t *to, size_t room,
                        size_t *length) MUST_CHECK;

// ---- directories and links -------------------------------------------------------------------

extern const struct object_type directory_type; // "Directory"
extern const struct object_type link_type;      // "SymbolicLink"

// STATUS_INSUFFICIENT_RESOURCES.
status_t directory_create(struct object **out) MUST_CHECK;

// Makes a link to target, which is copied and not looked at. STATUS_INSUFFICIENT_RESOURCES.
status_t link_create(struct name target, struct object **out) MUST_CHECK;

// What a link stands for; valid as long as the link.
struct name link_target(const struct object *link);

/*
 * Calls visit for the entries of a directory in the order of their making, those whose position is
 * above `after`; positions are never used again. It ends when visit returns false. The name space
 * is locked meanwhile: visit may not touch names or user memory.
 */
void directory_list(struct object *directory, uint32_t after,
                    bool (*visit)(uint32_t position, struct name name,
                                  const struct object_type *type, void *context),
                    void *context);

/*
 * For the kernel itself, at start: gives object the permanent name `path` (ASCII), whose
 * directories exist; the same for a new directory and a new link.
 */
status_t namespace_add(const char *path, struct object *object) MUST_CHECK;
status_t namespace_add_directory(const char *path) MUST_CHECK;
status_t namespace_add_link(const char *path, const char *target) MUST_CHECK;
