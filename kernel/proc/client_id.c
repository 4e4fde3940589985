// SPDX-License-Identifier: MIT
/*
 * Ids of processes and threads: a table of two levels. Ids are handed out round the table, so that
 * a number comes back as late as possible: who holds on to the id of something that is gone should
 * find nothing rather than something else.
 */

#include <kernel/client_id.h>

#include <kernel/heap.h>
#include <kernel/spinlock.h>

#define LEAF_ENTRIES 512u
#define LEAVES_MAX   2048u // a million ids
#define ID_STEP      4u

// An entry is free (NULL), taken but not found yet (RESERVED), or an object.
#define RESERVED ((struct object *)1)

struct leaf {
    struct object *objects[LEAF_ENTRIES];
    uint32_t used;
};

static struct {
    struct spinlock lock;
    struct leaf *leaves[LEAVES_MAX]; // [lock] made when needed, kept
    uint32_t leaf_count;             // [lock]
    uint32_t used;                   // [lock] ids that are taken
    uint32_t next;                   // [lock] index where the search for a free entry begins
} ids = { .lock = SPINLOCK("client ids", LOCK_RANK_CLIENT_IDS), .next = 1 };

static struct object **entry_of(uint64_t index)
{
    if (index >= (uint64_t)ids.leaf_count * LEAF_ENTRIES)
        return NULL;
    return &ids.leaves[index / LEAF_ENTRIES]->objects[index % LEAF_ENTRIES];
}

// The first free index from `from` to the end, or 0.
static uint32_t find_free(uint32_t from)
{
    for (uint32_t index = from; index < ids.leaf_count * LEAF_ENTRIES; index++) {
        if (ids.leaves[index / LEAF_ENTRIES]->used == LEAF_ENTRIES)
            index |= LEAF_ENTRIES - 1;
        else if (!*entry_of(index))
            return index;
    }
    return 0;
}

static void take(uint32_t index)
{
    *entry_of(index) = RESERVED;
    ids.leaves[index / LEAF_ENTRIES]->used++;
    ids.used++;
    ids.next = index + 1;
}

// Adds a leaf while the table is half full, so that ids have time to be forgotten.
static void grow(void)
{
    if (ids.used < ids.leaf_count * (LEAF_ENTRIES / 2) || ids.leaf_count == LEAVES_MAX)
        return;
    struct leaf *leaf = heap_alloc_zeroed(sizeof(*leaf));
    if (leaf)
        ids.leaves[ids.leaf_count++] = leaf;
}

uint32_t client_id_alloc(void)
{
    irq_state_t state = spin_lock(&ids.lock);
    grow();
    uint32_t index = find_free(ids.next);
    if (!index)
        index = find_free(1);
    if (index)
        take(index);
    spin_unlock(&ids.lock, state);
    return index * ID_STEP;
}

void client_id_publish(uint32_t id, struct object *object)
{
    irq_state_t state = spin_lock(&ids.lock);
    *entry_of(id / ID_STEP) = object;
    spin_unlock(&ids.lock, state);
}

void client_id_free(uint32_t id)
{
    irq_state_t state = spin_lock(&ids.lock);
    *entry_of(id / ID_STEP) = NULL;
    ids.leaves[id / ID_STEP / LEAF_ENTRIES]->used--;
    ids.used--;
    spin_unlock(&ids.lock, state);
}

struct object *client_id_find(uint64_t id, const struct object_type *type)
{
    struct object *found = NULL;
    if (id % ID_STEP != 0)
        return NULL;
    irq_state_t state = spin_lock(&ids.lock);
    struct object **entry = entry_of(id / ID_STEP);
    if (entry && *entry && *entry != RESERVED && (*entry)->type == type && object_try_get(*entry))
        found = *entry;
    spin_unlock(&ids.lock, state);
    return found;
}
