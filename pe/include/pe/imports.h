// SPDX-License-Identifier: MIT
// What an image imports: the DLLs, and for each DLL its functions. On NT binding is ntdll's work in
// user mode; the kernel asks here mostly which DLL it would need first.

#pragma once

#include <pe/image.h>

struct pe_import_dll {
    pe_rva name;
    pe_rva lookup_table;  // names and ordinals; the address table where the linker left it out
    pe_rva address_table; // what binding fills in
    uint32_t timestamp;   // 0: not bound, 0xffffffff: see the bound import directory
    pe_rva module_handle; // delay imports only, as the three below
    pe_rva bound_table;
    pe_rva unload_table;
    bool is_delayed;
};

struct pe_import {
    bool is_ordinal;
    uint16_t ordinal;
    uint16_t hint;
    pe_rva name; // 0 for an import by ordinal
    pe_rva slot; // the entry of the address table, 8 bytes
};

/*
 * PE_OK and the DLL number *index, which counts up from 0; PE_END after the last, also for an image
 * without the directory. As NT does, the terminator ends the list and not the directory's size.
 */
enum pe_error pe_next_import_dll(const struct pe_image *image, uint32_t *index,
                                 struct pe_import_dll *out);
enum pe_error pe_next_delay_import_dll(const struct pe_image *image, uint32_t *index,
                                       struct pe_import_dll *out);

// PE_OK and the import number *index of a DLL, which counts up from 0; PE_END after the last.
enum pe_error pe_next_import(const struct pe_image *image, const struct pe_import_dll *dll,
                             uint32_t *index, struct pe_import *out);
