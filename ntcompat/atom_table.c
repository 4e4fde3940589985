// SPDX-License-Identifier: MIT
/*
 * The table of atoms (atom_table.h). A name is found through its hash; a number is an index into
 * leaves of 256 pointers, which appear when they are needed. New atoms get the lowest free number.
 */

#include "atom_table.h"

#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/upper_case.h>

#define BUCKET_COUNT 256u
#define LEAF_SIZE    256u
#define LEAF_COUNT   (ATOM_COUNT_MAX / LEAF_SIZE)
#define WORD_BITS    64u
#define USES_MAX     0xFFFFu // an atom that was used so often stays for ever

struct atom {
    struct atom *next; // in its bucket
    uint32_t hash;
    uint16_t index; // its number, less 0xC000
    uint16_t uses;
    uint16_t length; // units
    WCHAR text[];
};

static struct {
    struct mutex lock; // guards all
    struct atom *buckets[BUCKET_COUNT];
    struct atom **leaves[LEAF_COUNT];
    uint64_t taken[ATOM_COUNT_MAX / WORD_BITS]; // a bit for each index
} table;

// Where the pointer to the atom of that name is, or would be appended.
static struct atom **find_link(const struct atom_name *name, uint32_t hash)
{
    struct atom **link = &table.buckets[hash % BUCKET_COUNT];
    for (; *link != NULL; link = &(*link)->next)
        if ((*link)->hash == hash && (*link)->length == name->length &&
            upper_case_equal((*link)->text, name->text, name->length))
            break;
    return link;
}

// Where the pointer to an index' atom is; NULL: nothing near it was ever used.
static struct atom **slot_of(unsigned index)
{
    struct atom **leaf = table.leaves[index / LEAF_SIZE];
    return leaf != NULL ? &leaf[index % LEAF_SIZE] : NULL;
}

static struct atom *atom_of(RTL_ATOM atom)
{
    struct atom **slot = atom >= RTL_ATOM_MAXIMUM_INTEGER_ATOM
                             ? slot_of(atom - RTL_ATOM_MAXIMUM_INTEGER_ATOM)
                             : NULL;
    return slot != NULL ? *slot : NULL;
}

static RTL_ATOM number_of(const struct atom *atom)
{
    return (RTL_ATOM)(RTL_ATOM_MAXIMUM_INTEGER_ATOM + atom->index);
}

// The lowest free index, or ATOM_COUNT_MAX; its leaf exists.
static unsigned find_free(void)
{
    unsigned index = ATOM_COUNT_MAX;
    for (unsigned i = 0; i < ARRAY_SIZE(table.taken) && index == ATOM_COUNT_MAX; i++)
        if (~table.taken[i] != 0)
            index = i * WORD_BITS + (unsigned)__builtin_ctzll(~table.taken[i]);
    if (index < ATOM_COUNT_MAX && table.leaves[index / LEAF_SIZE] == NULL) {
        struct atom **leaf = heap_alloc_zeroed(LEAF_SIZE * sizeof(*leaf));
        table.leaves[index / LEAF_SIZE] = leaf;
        if (leaf == NULL)
            index = ATOM_COUNT_MAX;
    }
    return index;
}

static struct atom *create(const struct atom_name *name, uint32_t hash)
{
    unsigned index = find_free();
    if (index == ATOM_COUNT_MAX)
        return NULL;
    struct atom *atom = heap_alloc(sizeof(*atom) + name->length * sizeof(WCHAR));
    if (atom == NULL)
        return NULL;
    *atom = (struct atom){ .hash = hash, .index = (uint16_t)index, .length = name->length };
    memcpy(atom->text, name->text, name->length * sizeof(WCHAR));
    *slot_of(index) = atom;
    table.taken[index / WORD_BITS] |= 1ull << index % WORD_BITS;
    return atom;
}

status_t atom_add(const struct atom_name *name, RTL_ATOM *out)
{
    uint32_t hash = upper_case_hash(name->text, name->length);
    status_t status = STATUS_SUCCESS;
    mutex_lock(&table.lock);
    struct atom **link = find_link(name, hash);
    if (*link == NULL)
        *link = create(name, hash);
    struct atom *atom = *link;
    if (atom != NULL) {
        atom->uses = (uint16_t)MIN(atom->uses + 1u, USES_MAX);
        *out = number_of(atom);
    } else {
        status = STATUS_NO_MEMORY;
    }
    mutex_unlock(&table.lock);
    return status;
}

status_t atom_find(const struct atom_name *name, RTL_ATOM *out)
{
    uint32_t hash = upper_case_hash(name->text, name->length);
    mutex_lock(&table.lock);
    const struct atom *atom = *find_link(name, hash);
    if (atom != NULL)
        *out = number_of(atom);
    mutex_unlock(&table.lock);
    return atom != NULL ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static void destroy(struct atom *atom)
{
    struct atom **link = &table.buckets[atom->hash % BUCKET_COUNT];
    while (*link != atom)
        link = &(*link)->next;
    *link = atom->next;
    *slot_of(atom->index) = NULL;
    table.taken[atom->index / WORD_BITS] &= ~(1ull << atom->index % WORD_BITS);
    heap_free(atom);
}

status_t atom_release(RTL_ATOM number)
{
    mutex_lock(&table.lock);
    struct atom *atom = atom_of(number);
    if (atom != NULL && atom->uses != USES_MAX && --atom->uses == 0)
        destroy(atom);
    mutex_unlock(&table.lock);
    return atom != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

status_t atom_query(RTL_ATOM number, struct atom_name *name, USHORT *uses)
{
    mutex_lock(&table.lock);
    const struct atom *atom = atom_of(number);
    if (atom != NULL) {
        memcpy(name->text, atom->text, atom->length * sizeof(WCHAR));
        name->length = atom->length;
        *uses = atom->uses;
    }
    mutex_unlock(&table.lock);
    return atom != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

RTL_ATOM atom_next(RTL_ATOM after)
{
    unsigned index = after != 0 ? after - RTL_ATOM_MAXIMUM_INTEGER_ATOM + 1u : 0;
    RTL_ATOM next = 0;
    mutex_lock(&table.lock);
    for (; index < ATOM_COUNT_MAX && next == 0; index++)
        if (table.taken[index / WORD_BITS] >> index % WORD_BITS & 1)
            next = (RTL_ATOM)(RTL_ATOM_MAXIMUM_INTEGER_ATOM + index);
    mutex_unlock(&table.lock);
    return next;
}

void atom_forget_all(void)
{
    mutex_lock(&table.lock);
    for (unsigned i = 0; i < BUCKET_COUNT; i++)
        while (table.buckets[i] != NULL)
            destroy(table.buckets[i]);
    for (unsigned i = 0; i < LEAF_COUNT; i++) {
        heap_free(table.leaves[i]);
        table.leaves[i] = NULL;
    }
    mutex_unlock(&table.lock);
}

static void atom_table_init(void)
{
    mutex_init(&table.lock, "atoms", LOCK_RANK_ATOMS);
}
INITCALL(70_NT, atom_table_init);
