// SPDX-License-Identifier: MIT
/*
 * Each thread works on a region that nobody else touches, and keeps a model of it: blocks, each of
 * which is an area of its own (a placeholder, private memory, or a view), and pages with a value
 * and a protection. Every access must end as the model says. The threads disturb each other only
 * where the kernel lets them: at the locks, the frames and the other processors' translations.
 */

#include "storm.h"

#define BLOCKS      4u
#define BLOCK_PAGES 64u
#define BIG_PAGES   1536u // of the first block: room for pages of 2 MiB
#define REGION      (BIG_PAGES + (BLOCKS - 1) * BLOCK_PAGES)

enum kind {
    PLACEHOLDER,
    PRIVATE,
    SHARED, // a view of the thread's section
    COPIED, // a view that copies
};

struct page {
    ULONG protection; // 0: not committed
    LONG value;       // of private pages and copies
    BOOLEAN is_copy;
};

struct block {
    enum kind kind;
    SIZE_T first, count; // pages of the region
};

struct owner {
    ULONG number, random, rounds;
    volatile void *base;
    HANDLE section;
    volatile void *window; // all of the section, to write to behind the views' backs
    LONG in_section[BLOCK_PAGES];
    struct block blocks[BLOCKS];
    struct page pages[REGION];
    LONG next_value;
};

static struct owner owners[THREADS];

static LONG fresh_value(struct owner *owner)
{
    return (LONG)((owner->number + 1) << 24) + ++owner->next_value;
}

static volatile LONG *address_of(const struct owner *owner, SIZE_T page)
{
    return page_at(owner->base, page);
}

static void set_pages(struct owner *owner, SIZE_T first, SIZE_T count, struct page to)
{
    for (SIZE_T i = first; i < first + count; i++)
        owner->pages[i] = to;
}

// ---- changing what a block is -------------------------------------------------------------------

static void become_placeholder(struct owner *owner, struct block *block)
{
    volatile LONG *at = address_of(owner, block->first);
    NTSTATUS status = STATUS_SUCCESS;

    if (block->kind == PRIVATE)
        status = free_pages(at, block->count, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
    else if (block->kind != PLACEHOLDER)
        status = NtUnmapViewOfSectionEx(NtCurrentProcess(), (PVOID)at, MEM_PRESERVE_PLACEHOLDER);
    expect_status("leave a placeholder", status, STATUS_SUCCESS, at);
    block->kind = PLACEHOLDER;
    set_pages(owner, block->first, block->count, (struct page){ 0 });
}

static void become_private(struct owner *owner, struct block *block, BOOLEAN commit)
{
    volatile LONG *at = address_of(owner, block->first);
    ULONG type = MEM_RESERVE | MEM_REPLACE_PLACEHOLDER | (commit ? MEM_COMMIT : 0);

    expect_status("replace a placeholder", allocate(at, block->count, type, PAGE_READWRITE),
                  STATUS_SUCCESS, at);
    block->kind = PRIVATE;
    set_pages(owner, block->first, block->count,
              (struct page){ .protection = commit ? PAGE_READWRITE : 0 });
}

static void become_view(struct owner *owner, struct block *block, ULONG protection)
{
    volatile LONG *at = address_of(owner, block->first);

    expect("map a view over a placeholder",
           map_view(owner->section, at, 0, block->count, protection) == at, at);
    block->kind = protection == PAGE_WRITECOPY ? COPIED : SHARED;
    set_pages(owner, block->first, block->count, (struct page){ .protection = protection });
}

static void change_kind(struct owner *owner, struct block *block)
{
    become_placeholder(owner, block);
    ULONG choice = random_below(&owner->random, block->count > BLOCK_PAGES ? 2 : 4);

    if (choice < 2)
        become_private(owner, block, choice == 0);
    else
        become_view(owner, block, choice == 2 ? PAGE_READWRITE : PAGE_WRITECOPY);
}

// Two neighbours become one placeholder, and two again.
static void join_and_split(struct owner *owner)
{
    struct block *lower = &owner->blocks[random_below(&owner->random, BLOCKS - 1)];
    struct block *upper = lower + 1;
    volatile LONG *at = address_of(owner, lower->first);

    become_placeholder(owner, lower);
    become_placeholder(owner, upper);
    expect_status(
        "join placeholders",
        free_pages(at, lower->count + upper->count, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS),
        STATUS_SUCCESS, at);
    expect_status("split them",
                  free_pages(at, lower->count, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER),
                  STATUS_SUCCESS, at);
    become_private(owner, lower, FALSE);
    become_private(owner, upper, TRUE);
}

// ---- changing pages -----------------------------------------------------------------------------

struct stretch {
    struct block *block;
    SIZE_T first, count;
};

static struct stretch choose_stretch(struct owner *owner)
{
    struct block *block = &owner->blocks[random_below(&owner->random, BLOCKS)];
    SIZE_T most = random_below(&owner->random, 4) == 0 ? block->count : 8;
    SIZE_T offset = random_below(&owner->random, (ULONG)block->count);
    SIZE_T count = 1 + random_below(&owner->random, (ULONG)most);

    if (count > block->count - offset)
        count = block->count - offset;
    return (struct stretch){ block, block->first + offset, count };
}

static void commit(struct owner *owner)
{
    struct stretch on = choose_stretch(owner);
    volatile LONG *at = address_of(owner, on.first);
    NTSTATUS wanted = on.block->kind == PLACEHOLDER ? STATUS_CONFLICTING_ADDRESSES : STATUS_SUCCESS;

    if (on.block->kind == COPIED) // its pages would be the section's or not, one by one
        return;
    expect_status("commit", allocate(at, on.count, MEM_COMMIT, PAGE_READWRITE), wanted, at);
    for (SIZE_T i = on.first; wanted == STATUS_SUCCESS && i < on.first + on.count; i++)
        owner->pages[i].protection = PAGE_READWRITE;
}

static void decommit(struct owner *owner)
{
    struct stretch on = choose_stretch(owner);
    volatile LONG *at = address_of(owner, on.first);

    if (on.block->kind != PRIVATE)
        return;
    expect_status("decommit", free_pages(at, on.count, MEM_DECOMMIT), STATUS_SUCCESS, at);
    set_pages(owner, on.first, on.count, (struct page){ 0 });
}

static BOOLEAN all_committed(const struct owner *owner, const struct stretch *on)
{
    for (SIZE_T i = on->first; i < on->first + on->count; i++)
        if (owner->pages[i].protection == 0)
            return FALSE;
    return TRUE;
}

static void change_protection(struct owner *owner)
{
    static const ULONG choices[] = { PAGE_READWRITE, PAGE_READONLY, PAGE_NOACCESS,
                                     PAGE_EXECUTE_READ };
    struct stretch on = choose_stretch(owner);
    volatile LONG *at = address_of(owner, on.first);
    ULONG chosen = choices[random_below(&owner->random, on.block->kind == PRIVATE ? 4 : 3)];

    if (on.block->kind == PLACEHOLDER)
        return;
    if (on.block->kind == COPIED && chosen == PAGE_READWRITE)
        chosen = PAGE_WRITECOPY;
    BOOLEAN is_committed = all_committed(owner, &on);
    expect_status("protect", protect(at, on.count, chosen),
                  is_committed ? STATUS_SUCCESS : STATUS_NOT_COMMITTED, at);
    for (SIZE_T i = on.first; is_committed && i < on.first + on.count; i++)
        owner->pages[i].protection = chosen;
}

// ---- contents -----------------------------------------------------------------------------------

static LONG value_of(const struct owner *owner, const struct block *block, SIZE_T page)
{
    const struct page *known = &owner->pages[page];
    BOOLEAN is_sections = block->kind == SHARED || (block->kind == COPIED && !known->is_copy);

    return is_sections ? owner->in_section[page - block->first] : known->value;
}

static void read_page(struct owner *owner, const struct block *block, SIZE_T page)
{
    volatile LONG *at = address_of(owner, page);
    ULONG protection = owner->pages[page].protection;
    LONG value = 0;
    NTSTATUS status = try_read(at, &value);

    expect_status("read", status,
                  protection == 0 || protection == PAGE_NOACCESS ? STATUS_ACCESS_VIOLATION
                                                                 : STATUS_SUCCESS,
                  at);
    if (NT_SUCCESS(status))
        expect_equal("what a page holds", value, value_of(owner, block, page), at);
}

// As a program does itself, or as another does to it.
static NTSTATUS write_somehow(struct owner *owner, volatile LONG *at, LONG value)
{
    SIZE_T done = 0;

    if (random_below(&owner->random, 4) != 0)
        return try_write(at, value);
    NTSTATUS status =
        NtWriteVirtualMemory(NtCurrentProcess(), (PVOID)at, &value, sizeof(value), &done);
    return status == STATUS_PARTIAL_COPY ? STATUS_ACCESS_VIOLATION : status;
}

static void write_page(struct owner *owner, const struct block *block, SIZE_T page)
{
    volatile LONG *at = address_of(owner, page);
    struct page *known = &owner->pages[page];
    BOOLEAN may_write = known->protection == PAGE_READWRITE || known->protection == PAGE_WRITECOPY;
    LONG value = fresh_value(owner);

    expect_status("write", write_somehow(owner, at, value),
                  may_write ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION, at);
    if (!may_write)
        return;
    if (block->kind == SHARED) {
        owner->in_section[page - block->first] = value;
    } else {
        known->value = value;
        known->is_copy = block->kind == COPIED;
    }
}

static void touch_pages(struct owner *owner)
{
    struct stretch on = choose_stretch(owner);
    BOOLEAN is_write = random_below(&owner->random, 2) == 0;

    for (SIZE_T i = on.first; i < on.first + on.count; i++)
        if (is_write)
            write_page(owner, on.block, i);
        else
            read_page(owner, on.block, i);
}

// In order from the start, which is what gets large pages.
static void fill_big_block(struct owner *owner)
{
    struct block *block = &owner->blocks[0];

    become_placeholder(owner, block);
    become_private(owner, block, TRUE);
    for (SIZE_T i = block->first; i < block->first + block->count; i++)
        write_page(owner, block, i);
}

static void write_to_section(struct owner *owner)
{
    SIZE_T page = random_below(&owner->random, BLOCK_PAGES);

    *page_at(owner->window, page) = owner->in_section[page] = fresh_value(owner);
}

// ---- rounds -------------------------------------------------------------------------------------

static void check_all(struct owner *owner)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        for (SIZE_T page = 0; page < owner->blocks[i].count; page++)
            read_page(owner, &owner->blocks[i], owner->blocks[i].first + page);
    for (SIZE_T page = 0; page < BLOCK_PAGES; page++)
        expect_equal("what the section holds", *page_at(owner->window, page),
                     owner->in_section[page], page_at(owner->window, page));
}

static void do_round(struct owner *owner)
{
    for (unsigned i = 0; i < 16; i++) {
        ULONG choice = random_below(&owner->random, 100);
        if (choice < 40)
            touch_pages(owner);
        else if (choice < 55)
            commit(owner);
        else if (choice < 65)
            decommit(owner);
        else if (choice < 80)
            change_protection(owner);
        else if (choice < 90)
            write_to_section(owner);
        else if (choice < 97)
            change_kind(owner, &owner->blocks[random_below(&owner->random, BLOCKS)]);
        else if (choice < 99)
            join_and_split(owner);
        else
            fill_big_block(owner);
    }
}

static void begin(struct owner *owner)
{
    SIZE_T first = 0;

    owner->base = get_placeholder(REGION);
    owner->section = make_section(BLOCK_PAGES);
    owner->window = map_view(owner->section, NULL, 0, BLOCK_PAGES, PAGE_READWRITE);
    expect("map the window", owner->window != NULL, NULL);
    for (unsigned i = 0; i < BLOCKS; i++) {
        SIZE_T count = i == 0 ? BIG_PAGES : BLOCK_PAGES;
        owner->blocks[i] = (struct block){ PLACEHOLDER, first, count };
        if (i < BLOCKS - 1) // what is left is the last one
            expect_status(
                "split a placeholder",
                free_pages(address_of(owner, first), count, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER),
                STATUS_SUCCESS, address_of(owner, first));
        first += count;
    }
    set_pages(owner, 0, REGION, (struct page){ 0 });
}

static void end(struct owner *owner)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        volatile LONG *at = address_of(owner, owner->blocks[i].first);
        become_placeholder(owner, &owner->blocks[i]);
        expect_status("release a placeholder", free_pages(at, 0, MEM_RELEASE), STATUS_SUCCESS, at);
    }
    expect_status("unmap the window",
                  NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)owner->window), STATUS_SUCCESS,
                  owner->window);
    (void)NtClose(owner->section);
}

static NTSTATUS work(void *argument)
{
    struct owner *owner = argument;

    begin(owner);
    for (ULONG round = 0; round < owner->rounds; round++) {
        do_round(owner);
        if (round % 16 == 0)
            check_all(owner);
    }
    check_all(owner);
    end(owner);
    return STATUS_SUCCESS;
}

void storm_alone(ULONG rounds, ULONG seed)
{
    for (unsigned i = 0; i < THREADS; i++) {
        owners[i] = (struct owner){ .number = i, .random = seed * 31 + i * 977, .rounds = rounds };
        for (SIZE_T page = 0; page < REGION; page++) // all are copied from the image now
            owners[i].pages[page] = (struct page){ 0 };
    }
    expect_equal("threads that failed", threads_run(THREADS, work, owners, sizeof(owners[0])), 0,
                 NULL);
}
