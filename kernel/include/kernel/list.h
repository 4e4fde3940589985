// SPDX-License-Identifier: MIT
// An intrusive doubly linked list with a head; an empty list's head points at itself.

#pragma once

#include <kernel/compiler.h>

struct list {
    struct list *next;
    struct list *previous;
};

// clang-format off
#define LIST(name) { &(name), &(name) }
// clang-format on

static inline void list_init(struct list *head)
{
    head->next = head;
    head->previous = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_before(struct list *position, struct list *entry)
{
    entry->next = position;
    entry->previous = position->previous;
    position->previous->next = entry;
    position->previous = entry;
}

static inline void list_append(struct list *head, struct list *entry)
{
    list_insert_before(head, entry);
}

// Unlinks entry and leaves it as an empty list, so that removing twice is harmless.
static inline void list_remove(struct list *entry)
{
    entry->next->previous = entry->previous;
    entry->previous->next = entry->next;
    list_init(entry);
}

#define list_entry(pointer, type, member) container_of(pointer, type, member)

// The first entry of a list that is not empty.
#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each(entry, head, member)                                                         \
    for (entry = list_entry((head)->next, __typeof__(*entry), member); &entry->member != (head);   \
         entry = list_entry(entry->member.next, __typeof__(*entry), member))

// The same, when the body may remove entry.
#define list_for_each_safe(entry, after, head, member)                                             \
    for (entry = list_entry((head)->next, __typeof__(*entry), member),                             \
        after = list_entry(entry->member.next, __typeof__(*entry), member);                        \
         &entry->member != (head);                                                                 \
         entry = after, after = list_entry(after->member.next, __typeof__(*after), member))
