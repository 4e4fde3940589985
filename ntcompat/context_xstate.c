// SPDX-License-Identifier: MIT
/*
 * The extended state of a CONTEXT: where a program has put it, and in which form. In standard form
 * every component has the place that XSAVE gives it; in compacted form those that are there follow
 * one another, which programs may use whether or not the processor can. The kernel keeps the
 * standard form.
 *
 * Source: learn.microsoft.com, "Working with XState Context"; Intel SDM vol. 1, 13.4.3
 */

#include "context.h"

#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

status_t context_find_extension(const CONTEXT USER *at, struct context_extension *out)
{
    const CONTEXT_EX USER *places = (const CONTEXT_EX USER *)(at + 1);
    CONTEXT_CHUNK chunk;
    ULONG64 masks[2];
    status_t status = get_user(&chunk, &places->XState);
    if (status != STATUS_SUCCESS)
        return status;
    if (chunk.Length < sizeof(XSTATE))
        return STATUS_INVALID_PARAMETER;
    out->xstate = (vaddr_t)places + (vaddr_t)(int64_t)chunk.Offset;
    out->room = chunk.Length;
    status = copy_from_user(masks, (const void USER *)out->xstate, sizeof(masks));
    out->mask = masks[0];
    out->compaction = masks[1];
    return status;
}

static bool is_compacted(const struct context_extension *extension)
{
    return (extension->compaction & XSTATE_COMPACTION_ENABLE) != 0;
}

// Where a component stands in compacted form: behind those before it that are there.
static uint32_t compacted_place(uint64_t there, unsigned number)
{
    uint32_t at = sizeof(XSTATE);
    for (unsigned i = FPU_COMPONENT_FIRST;; i++) {
        if ((there >> i & 1) && fpu_layout.components[i].is_aligned)
            at = ROUND_UP(at, 64u);
        if (i == number)
            return at;
        if (there >> i & 1)
            at += fpu_layout.components[i].size;
    }
}

/*
 * Calls copy for each component in mask, with its places in the program and in standard form.
 * Fails    STATUS_BUFFER_OVERFLOW: it reaches beyond the extension; or what copy says
 */
static ALWAYS_INLINE status_t for_each_component(const struct context_extension *extension,
                                                 uint64_t mask, uint8_t *extended,
                                                 status_t (*copy)(vaddr_t user, uint8_t *kernel,
                                                                  uint32_t size))
{
    for (; mask != 0; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctzll(mask);
        uint32_t size = fpu_layout.components[i].size;
        uint32_t place = fpu_layout.components[i].offset;
        uint32_t at = place;
        if (is_compacted(extension))
            at = compacted_place(extension->compaction & fpu_layout.mask, i);
        if (at > extension->room || size > extension->room - at)
            return STATUS_BUFFER_OVERFLOW;
        status_t status = copy(extension->xstate + at, extended + place, size);
        if (status != STATUS_SUCCESS)
            return status;
    }
    return STATUS_SUCCESS;
}

static status_t copy_in(vaddr_t user, uint8_t *kernel, uint32_t size)
{
    return copy_from_user(kernel, (const void USER *)user, size);
}

static status_t copy_out(vaddr_t user, uint8_t *kernel, uint32_t size)
{
    return copy_to_user((void USER *)user, kernel, size);
}

status_t context_read_extended(const struct context_extension *extension, uint8_t *extended,
                               uint64_t *components, uint64_t *present)
{
    *components = fpu_layout.mask;
    if (is_compacted(extension))
        *components &= extension->compaction;
    *present = extension->mask & *components;
    return for_each_component(extension, *present, extended, copy_in);
}

status_t context_write_extended(const struct context_extension *extension, uint8_t *extended,
                                uint64_t present)
{
    uint64_t wanted = is_compacted(extension) ? extension->compaction : extension->mask;
    XSTATE header = { .Mask = wanted & present };
    if (is_compacted(extension))
        header.CompactionMask = XSTATE_COMPACTION_ENABLE | (wanted & fpu_layout.mask);
    status_t status = put_user((XSTATE USER *)extension->xstate, &header);
    if (status != STATUS_SUCCESS)
        return status;
    return for_each_component(extension, header.Mask, extended, copy_out);
}

void context_fill_places(CONTEXT_EX *places, vaddr_t at, vaddr_t xstate)
{
    LONG context_size = sizeof(CONTEXT);
    *places = (CONTEXT_EX){
        .All = { -context_size, sizeof(CONTEXT) + sizeof(CONTEXT_EX) },
        .Legacy = { -context_size, sizeof(CONTEXT) },
        .XState = { sizeof(CONTEXT_EX) + 1, 0 }, // what Windows' functions write for "none"
    };
    if (xstate == 0)
        return;
    places->XState = (CONTEXT_CHUNK){ (LONG)(xstate - at), fpu_layout.size };
    places->All.Length = (ULONG)(sizeof(CONTEXT) + (xstate - at) + fpu_layout.size);
}

status_t context_push_xstate(vaddr_t xstate)
{
    XSTATE header = { 0 };
    const uint8_t *extended = fpu_read_extended(&header.Mask);
    status_t status = put_user((XSTATE USER *)xstate, &header);
    if (status == STATUS_SUCCESS && header.Mask != 0)
        status = copy_to_user((void USER *)(xstate + sizeof(header)), extended + sizeof(header),
                              fpu_layout.size - sizeof(header));
    return status;
}
