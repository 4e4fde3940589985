// SPDX-License-Identifier: MIT
/*
 * The table test: every service that services.def calls built is called with each of its pointers
 * bad in every way. The other arguments are good, so that the pointer is really looked at; that
 * they are is shown by a call in which all are, which has to succeed.
 */

#pragma once

#include <stdbool.h>
#include <user/call.h>
#include <user/service_table.h>

#define PAGE 0x1000ull
#define SLOT 0x10000ull // room for what an argument points to

struct call {
    const struct service *service;
    ULONGLONG words[CALL_WORDS];
    bool is_input; // the buffer of this class is read, though the service is one that tells
};

// ---- good.c: arguments that a service accepts ---------------------------------------------------

void good_init(void);

// Fills in all arguments. What they point to lies in slots of their own, made anew each time.
void good_arguments(struct call *call, const struct service *service);

// Calls the service, with what has to happen before, and undoes what it did.
NTSTATUS good_call(struct call *call);

// Where argument's contents are.
ULONGLONG good_slot(unsigned argument);

// Whether the argument's value is an address that the service reads or writes.
bool is_pointer(const struct service *service, unsigned argument);

// How many bytes it reads or writes there; 1 if nothing tells.
ULONGLONG pointer_size(const struct call *call, unsigned argument);

// Whether it writes there.
bool is_written(const struct call *call, unsigned argument);

// ---- bad.c: pointers that it must refuse --------------------------------------------------------

void bad_init(void);

// Calls the service with each pointer bad in each way. Returns how many calls went wrong; each has
// a line. Adds to *calls.
unsigned test_bad_pointers(const struct call *good, unsigned *calls);

// ---- classes.c: services that do something else for each information class ----------------------

bool has_classes(const struct service *service);
unsigned test_classes(const struct service *service, unsigned *calls);

// ---- main.c -------------------------------------------------------------------------------------

enum expectation {
    GOOD_CALL_SUCCEEDS,
    BAD_POINTER_IS_REFUSED,
    NULL_IS_REFUSED,
    INNER_POINTER_IS_REFUSED,
    FIRST_PAGE_IS_REFUSED, // null with it
};

// Whether this cannot be expected of the service, for a reason that stands there. argument: NULL
// for a good call.
bool is_excused(const struct service *service, const char *argument, enum expectation expectation);

// ---- state.c: what of the program must not have changed -----------------------------------------

struct state {
    ULONGLONG regions, committed; // of the address space
    ULONGLONG handles;
    ULONGLONG canary; // sum of memory that nobody has a pointer to
};

void state_init(void);
void state_take(struct state *state);
// Prints what is different now. Returns how much. Threads that were refused too late may end
// meanwhile.
unsigned state_compare(const struct state *before);
