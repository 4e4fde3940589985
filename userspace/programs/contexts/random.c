// SPDX-License-Identifier: MIT
/*
 * Contexts of random contents, loaded one after the other. RIP is the landing or a place without
 * code, so that the program stays in charge; where RSP is no stack, nothing else may fail, as the
 * program could not be told. Everything else may be anything.
 */

#include "contexts.h"

#include <user/memory.h>

#define FLAG_TRAP 0x100u

static ULONGLONG state;

static ULONGLONG next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static unsigned below(unsigned limit)
{
    return (unsigned)(next_random() >> 33) % limit;
}

static ULONGLONG random_edge(void)
{
    static const ULONGLONG edges[] = { 0,
                                       8,
                                       0xFFF8,
                                       0x7FFE0000,
                                       0x00007FFFFFFEFFF8,
                                       0x00007FFFFFFFFFFF,
                                       0x0000800000000000,
                                       0xFFFF7FFFFFFFFFFF,
                                       0xFFFF800000000000,
                                       0xFFFFFFFF80100000,
                                       ~0ull };

    return edges[below(sizeof(edges) / sizeof(edges[0]))];
}

static void fill_random(void *bytes, size_t size)
{
    for (size_t i = 0; i < size / 8; i++)
        ((ULONGLONG *)bytes)[i] = below(8) == 0 ? random_edge() : next_random();
}

static struct extended_context context;
static UCHAR stack[0x8000] __attribute__((aligned(16)));

static void forge(void)
{
    // CONTROL is always loaded: the landing brings everything else back.
    init_extended_context(&context, 0);
    fill_random(&context.context, sizeof(CONTEXT));
    context.context.ContextFlags = ((ULONG)next_random() & 0x5F) | CONTEXT_CONTROL;
    context.context.Rip = (ULONGLONG)context_landing;
    context.context.Rsp = (ULONGLONG)stack + 0x6000 + below(0x1000);
    if (below(4) == 0) {
        context.context.Rsp = random_edge();
        context.context.EFlags &= ~FLAG_TRAP;
        context.context.ContextFlags |= CONTEXT_DEBUG_REGISTERS;
        context.context.Dr7 = 0;
    } else if (below(4) == 0) {
        context.context.Rip = random_edge();
    }
    if (below(2) == 0) {
        fill_random(&context.xstate, sizeof(context.xstate));
        fill_random(context.components, sizeof(context.components));
        context.xstate.Mask = below(2) == 0 ? 4 : next_random();
        context.xstate.CompactionMask = below(2) == 0 ? 0 : next_random();
    }
    if (below(4) == 0)
        context.places.XState.Length = below(0x1000);
    if (below(16) == 0)
        context.places.XState.Offset = (LONG)next_random();
    // Hits in this program's own data would come while it handles one.
    if (context.context.Dr7 != 0 && below(2) == 0)
        context.context.Dr0 = (ULONGLONG)context_landing;
}

// Goes on at the landing: single steps, breakpoints, and RIP where no code is.
static LONG go_on(EXCEPTION_RECORD *record, CONTEXT *at)
{
    (void)record;
    at->ContextFlags = CONTEXT_CONTROL | CONTEXT_DEBUG_REGISTERS;
    at->Rip = (ULONGLONG)context_landing;
    at->EFlags = 0x10202;
    at->Dr7 = 0;
    return EXCEPTION_CONTINUE_EXECUTION;
}

int random_contexts(ULONGLONG seed, unsigned rounds)
{
    unsigned landed = 0, refused = 0;

    state = seed * 0x9E3779B97F4A7C15ull | 1;
    print("contexts: seed %llu, %u rounds\n", seed, rounds);
    set_exception_handler(go_on);
    for (unsigned i = 0; i < rounds; i++) {
        forge();
        if (enter_context(&context.context) == LANDED)
            landed++;
        else
            refused++;
    }
    set_exception_handler(NULL);
    check("some contexts were loaded", landed > rounds / 2);
    check("all of them ended well", landed + refused == rounds);
    return check_summary("contexts");
}
