// SPDX-License-Identifier: MIT
// The small directories: thread-local storage, load configuration, debug information. Virtual
// addresses in them are turned into RVAs, and are then proven to lie in the image.

#pragma once

#include <pe/image.h>

struct pe_tls {
    pe_rva template_start; // what every thread's block begins with ...
    uint32_t template_size;
    uint32_t zero_fill; // ... followed by so many zero bytes
    uint32_t alignment; // 1 to 8192; 0 if the linker did not say
    pe_rva index;       // where the loader writes the module's index, 4 bytes; 0: nowhere
    pe_rva callbacks;   // array of virtual addresses, ended by 0; 0: none
};

enum pe_error pe_get_tls(const struct pe_image *image, struct pe_tls *out);

// PE_OK and the callback number *number, which counts up from 0; PE_END after the last.
enum pe_error pe_next_tls_callback(const struct pe_image *image, const struct pe_tls *tls,
                                   uint32_t *number, pe_rva *out);

// Fields that the image's linker did not know are 0, as are RVAs of things that it left out.
struct pe_load_config {
    uint32_t size; // as the image says
    uint16_t dependent_load_flags;
    pe_rva security_cookie; // 8 bytes that the loader randomises
    pe_rva guard_check;     // pointers that the loader may replace
    pe_rva guard_dispatch;
    pe_rva guard_table; // control-flow guard's list of call targets
    uint32_t guard_count;
    uint32_t guard_flags;
};

enum pe_error pe_get_load_config(const struct pe_image *image, struct pe_load_config *out);

struct pe_debug_entry {
    uint32_t type;
    uint32_t timestamp;
    uint32_t size;
    pe_rva rva; // 0: not mapped, only in the file
    pe_fileoff file_offset;
};

// Linkers write fewer than ten; a directory as large as its image would keep a reader busy for
// long.
#define PE_DEBUG_ENTRIES_MAX 256u

// PE_OK and the entry number *index, which counts up from 0; PE_END after the last.
// PE_ERROR_DIRECTORY: more than PE_DEBUG_ENTRIES_MAX, or one that lies outside the image.
enum pe_error pe_next_debug_entry(const struct pe_image *image, uint32_t *index,
                                  struct pe_debug_entry *out);

struct pe_codeview {
    uint8_t guid[16]; // as in the file: the first three fields little-endian
    uint32_t age;
    pe_rva path; // of the PDB, zero-terminated
};

// The first CodeView record of the RSDS kind, which names the image's build and its PDB.
enum pe_error pe_get_codeview(const struct pe_image *image, struct pe_codeview *out);
