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

bool context_has_xstate(ULONG flags)
{
    return (flags & CONTEXT_XSTATE & ~CONTEXT_AMD64) != 0 && fpu_layout.mask != 0;
}

status_t context_find_extension(const CONTEXT USER *at, struct context_extension *out)
{
    CONTEXT_EX places;
    vaddr_t base = (vaddr_t)(at + 1);
    status_t status = get_user(&places, (const CONTEXT_EX USER *)base);
    if (status != STATUS_SUCCESS)
        return status;
    if (places.XState.Length < sizeof(XSTATE))
        return STATUS_INVALID_PARAMETER;
    out->xstate = base + (vaddr_t)(int64_t)places.XState.Offset;
    out->room = places.XState.Length;
    return get_user(&out->header, (const XSTATE USER *)out->xstate);
}

static bool is_compacted(const struct context_extension *extension)
{
    return (extension->header.CompactionMask & XSTATE_COMPACTION_ENABLE) != 0;
}

/*
 * Calls copy for each component in mask, with its places in the program and in standard form.
 * Fails    STATUS_BUFFER_OVERFLOW: it reaches beyond the extension; or what copy says
 */
static status_t for_each_component(const struct context_extension *extension, uint64_t mask,
                                   uint8_t *components,
                                   status_t (*copy)(vaddr_t user, uint8_t *kernel, uint32_t size))
{
    uint32_t compacted_at = sizeof(XSTATE);
    for (unsigned i = FPU_COMPONENT_FIRST; i < FPU_COMPONENT_LIMIT; i++) {
        uint32_t size = fpu_layout.components[i].size;
        uint32_t at = fpu_layout.components[i].offset;
        if (is_compacted(extension)) {
            if ((extension->header.CompactionMask & fpu_layout.mask) >> i & 1) {
                if (fpu_layout.components[i].is_aligned)
                    compacted_at = ROUND_UP(compacted_at, 64u);
                at = compacted_at;
                compacted_at += size;
            }
        }
        if ((mask >> i & 1) == 0)
            continue;
        if (at > extension->room || size > extension->room - at)
            return STATUS_BUFFER_OVERFLOW;
        status_t status =
            copy(extension->xstate + at, components + fpu_layout.components[i].offset, size);
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

status_t context_read_xstate(const struct context_extension *extension, struct context_xstate *out)
{
    out->affected = fpu_layout.mask;
    if (is_compacted(extension))
        out->affected &= extension->header.CompactionMask;
    out->present = extension->header.Mask & out->affected;
    return for_each_component(extension, out->present, out->components, copy_in);
}

status_t context_write_xstate(const struct context_extension *extension,
                              const struct context_xstate *xstate)
{
    uint64_t wanted =
        is_compacted(extension) ? extension->header.CompactionMask : extension->header.Mask;
    XSTATE header = { .Mask = wanted & xstate->present };
    if (is_compacted(extension))
        header.CompactionMask = XSTATE_COMPACTION_ENABLE | (wanted & fpu_layout.mask);
    status_t status = put_user((XSTATE USER *)extension->xstate, &header);
    if (status != STATUS_SUCCESS)
        return status;
    return for_each_component(extension, header.Mask, (uint8_t *)xstate->components, copy_out);
}

void context_capture_xstate(struct context_xstate *out)
{
    const uint8_t *extended = fpu_read_extended(&out->present);
    out->affected = fpu_layout.mask;
    memcpy(out->components, extended, fpu_layout.size);
}

void context_apply_xstate(const struct context_xstate *xstate)
{
    fpu_write_extended(xstate->components, xstate->affected, xstate->present);
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
