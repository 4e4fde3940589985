// SPDX-License-Identifier: MIT
// What the parts of the random program share: random words, and the memory that they may point to.

#pragma once

#include <nt/status.h>
#include <stdbool.h>
#include <user/services.h>

#define PAGE     0x1000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct playground {
    ULONGLONG random;      // the generator's state, never 0
    char *scratch;         // a page to read and write, an inaccessible one after it
    char *read_only;       // a page
    ULONGLONG *slots;      // a page for the memory services' addresses and sizes
    LARGE_INTEGER *moment; // an interval for NtDelayExecution
    UNICODE_STRING *text;  // for NtDisplayString
    ULONGLONG last_base;   // of the last successful allocation
};

extern struct playground playground;

#define SLOT_COUNT 8

// Allocates the playground's memory and notes what else the program needs. Ends it on failure.
void words_prepare(void);

ULONGLONG next_random(void);
ULONGLONG below(ULONGLONG limit);
ULONGLONG random_word(void);
ULONGLONG random_edge(void); // an end of a range, or an address of some special kind
// An edge where nothing is mapped; what earlier calls wrote to one could mean anything.
ULONGLONG unreadable_edge(void);
ULONGLONG random_flags(void); // a few bits of the lower 32
ULONGLONG random_size(void);  // small ones as likely as large ones

// A word that is no address of memory that this program needs.
ULONGLONG harmless_word(void);

// Takes out of a call what main.c says is left out, and gives services that are hard to please a
// chance. Returns false to leave the call out whole.
bool tame(ULONG number, ULONGLONG *words);
