// SPDX-License-Identifier: MIT
/*
 * Names for code addresses, out of the image's file. The program cannot have changed those bytes,
 * but whoever made the image chose the names, so they are cut and cleaned before they reach the
 * log.
 */

#include "symbolise.h"

#include <kernel/string.h>
#include <pe/exports.h>
#include <pe/symbols.h>

#include "image.h"
#include "unicode.h"

#define NAME_ROOM 96u

// Finds the function that holds rva among the COFF symbols, which MinGW leaves in a program.
static bool find_symbol(const struct pe_image *pe, pe_rva rva, char *name, pe_rva *start)
{
    struct pe_symbols symbols;
    struct pe_symbol symbol;
    if (pe_open_symbols(pe, &symbols) != PE_OK || pe_find_symbol(&symbols, rva, &symbol) != PE_OK)
        return false;
    enum pe_error error = pe_symbol_name(&symbols, &symbol, name, NAME_ROOM);
    *start = symbol.rva;
    // A name that was cut is still a name.
    return (error == PE_OK || error == PE_ERROR_STRING) && name[0] != '\0';
}

static bool find_export(const struct pe_image *pe, pe_rva rva, char *name, pe_rva *start)
{
    struct pe_exports exports;
    struct pe_export nearest;
    if (pe_open_exports(pe, &exports) != PE_OK ||
        pe_export_near(&exports, rva, &nearest) != PE_OK || nearest.name.v == 0)
        return false;
    enum pe_error error = pe_read_string(pe, nearest.name, name, NAME_ROOM, NULL);
    *start = nearest.rva;
    return (error == PE_OK || error == PE_ERROR_STRING) && name[0] != '\0';
}

void symbolise(const struct nt_process *process, vaddr_t address, bool is_return, char *to,
               size_t room)
{
    const struct nt_module *module = nt_process_module_at(process, address);
    if (module == NULL) {
        copy_string(to, room, "");
        return;
    }
    const struct image *image = module->image;
    pe_rva rva = { (uint32_t)(address - module->base) };
    // A call that never returns may be the last instruction of its function.
    pe_rva looked_up = { is_return && rva.v != 0 ? rva.v - 1 : rva.v };
    char name[NAME_ROOM];
    pe_rva start;
    if (find_symbol(&image->pe, looked_up, name, &start) ||
        find_export(&image->pe, looked_up, name, &start)) {
        make_printable(name);
        format_string(to, room, "%s!%s+0x%x", image->name, name, rva.v - start.v);
    } else {
        format_string(to, room, "%s+0x%x", image->name, rva.v);
    }
}
