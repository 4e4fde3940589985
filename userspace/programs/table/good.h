// SPDX-License-Identifier: MIT
// What good arguments are made of, shared by the files that make them.

#pragma once

#include "table.h"

#include <user/memory.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BUFFER_BYTES      64u // of most buffers

// One object of each type. A service takes it if the name of an argument begins so.
enum {
    EVENT,
    MUTANT,
    SEMAPHORE,
    TIMER,
    SECTION,
    PORT,
    KEYED_EVENT,
    JOB,
    DIRECTORY,
    LINK,
    OBJECTS
};

struct good_object {
    const char *name;
    PCWSTR path;
    HANDLE handle;
};

extern struct good_object objects[OBJECTS];

extern struct world {
    ULONGLONG slots;   // CALL_WORDS times SLOT bytes
    ULONGLONG scratch; // pages for the services about memory
    ULONGLONG watched; // the same with MEM_WRITE_WATCH
    ULONGLONG view;    // of a file
    HANDLE helper;     // a thread that never runs, but has a token
    ULONGLONG helper_id;
    HANDLE token; // to impersonate by
    USHORT atom;  // of atom_name
} world;

extern const WCHAR own_path[17], atom_name[11];

// The object for an argument of that name; the event if none is.
const struct good_object *object_for(const char *argument);

// Makes what a pointer points to.
void fill_slot(ULONGLONG slot, const struct service *service, unsigned argument);

bool is(const char *text, const char *other);
bool begins_with(const char *text, const char *begin);
bool ends_with(const char *text, const char *end);
bool contains(const char *text, const char *part);
void set_string(UNICODE_STRING *string, PCWSTR text);

// Whether the argument is the length of what the argument before it points to.
bool is_length(const struct service *service, unsigned argument);

// Whether a service writes there, whatever the class.
bool is_output(const struct service *service, unsigned argument);
