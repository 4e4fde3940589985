// SPDX-License-Identifier: MIT
// The exports by which a program, or its ntdll, tells the kernel where to enter it.

#include "dispatchers.h"

#include <pe/exports.h>

// The address of an exported function; 0: there is none, or it is in another image (a forwarder).
static vaddr_t find(const struct pe_exports *exports, vaddr_t base, const char *name)
{
    struct pe_export found;
    if (pe_export_by_name(exports, name, 0, &found) != PE_OK || found.rva.v == 0)
        return 0;
    return base + found.rva.v;
}

void dispatchers_find(const struct image *image, vaddr_t base, struct nt_dispatchers *out)
{
    struct pe_exports exports;
    *out = (struct nt_dispatchers){ 0 };
    if (pe_open_exports(&image->pe, &exports) != PE_OK)
        return;
    out->exception = find(&exports, base, "KiUserExceptionDispatcher");
    out->apc = find(&exports, base, "KiUserApcDispatcher");
    out->loader_thunk = find(&exports, base, "LdrInitializeThunk");
    out->thread_start = find(&exports, base, "RtlUserThreadStart");
}
