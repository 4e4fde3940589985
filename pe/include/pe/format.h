// SPDX-License-Identifier: MIT
// The structures of a PE32+ image as they lie in the file, little-endian, so that on x86-64 they
// can be copied out and used. Nothing here is checked: who needs facts asks <pe/image.h>.
// Source: Microsoft's "PE Format" and "x64 exception handling" pages.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define PE_DOS_MAGIC      0x5a4du     // MZ
#define PE_NE_MAGIC       0x454eu     // NE
#define PE_LE_MAGIC       0x454cu     // LE
#define PE_LX_MAGIC       0x584cu     // LX
#define PE_NT_SIGNATURE   0x00004550u // PE\0\0
#define PE_MACHINE_I386   0x014cu
#define PE_MACHINE_AMD64  0x8664u
#define PE_OPTIONAL_PE32  0x010bu
#define PE_OPTIONAL_PE32P 0x020bu

#define PE_FILE_RELOCS_STRIPPED  0x0001u
#define PE_FILE_EXECUTABLE_IMAGE 0x0002u
#define PE_FILE_DLL              0x2000u

#define PE_DLL_HIGH_ENTROPY_VA 0x0020u
#define PE_DLL_DYNAMIC_BASE    0x0040u
#define PE_DLL_NX_COMPAT       0x0100u
#define PE_DLL_GUARD_CF        0x4000u

#define PE_SECTION_CODE          0x00000020u
#define PE_SECTION_UNINITIALIZED 0x00000080u
#define PE_SECTION_DISCARDABLE   0x02000000u
#define PE_SECTION_SHARED        0x10000000u
#define PE_SECTION_EXECUTE       0x20000000u
#define PE_SECTION_READ          0x40000000u
#define PE_SECTION_WRITE         0x80000000u

#define PE_DIRECTORY_COUNT 16u

enum pe_directory_index {
    PE_DIRECTORY_EXPORT,
    PE_DIRECTORY_IMPORT,
    PE_DIRECTORY_RESOURCE,
    PE_DIRECTORY_EXCEPTION,
    PE_DIRECTORY_CERTIFICATE,
    PE_DIRECTORY_RELOCATION,
    PE_DIRECTORY_DEBUG,
    PE_DIRECTORY_ARCHITECTURE,
    PE_DIRECTORY_GLOBAL_POINTER,
    PE_DIRECTORY_TLS,
    PE_DIRECTORY_LOAD_CONFIG,
    PE_DIRECTORY_BOUND_IMPORT,
    PE_DIRECTORY_IMPORT_ADDRESS,
    PE_DIRECTORY_DELAY_IMPORT,
    PE_DIRECTORY_CLR,
};

struct pe_dos_header {
    uint16_t magic;
    uint16_t unused[11];
    uint16_t relocation_table; // below 0x40 in a program that is DOS only
    uint16_t unused_too[17];
    uint32_t nt_headers;
};
_Static_assert(sizeof(struct pe_dos_header) == 64, "DOS header");
_Static_assert(offsetof(struct pe_dos_header, relocation_table) == 0x18, "e_lfarlc");
_Static_assert(offsetof(struct pe_dos_header, nt_headers) == 0x3c, "e_lfanew");

struct pe_file_header {
    uint16_t machine;
    uint16_t section_count;
    uint32_t timestamp;
    uint32_t symbol_table;
    uint32_t symbol_count;
    uint16_t optional_size;
    uint16_t characteristics;
};
_Static_assert(sizeof(struct pe_file_header) == 20, "COFF file header");

struct pe_raw_directory {
    uint32_t rva;
    uint32_t size;
};

struct pe_optional_header {
    uint16_t magic;
    uint8_t linker_major;
    uint8_t linker_minor;
    uint32_t code_size;
    uint32_t initialized_size;
    uint32_t uninitialized_size;
    uint32_t entry_point;
    uint32_t code_base;
    uint64_t image_base;
    uint32_t section_alignment;
    uint32_t file_alignment;
    uint16_t os_major;
    uint16_t os_minor;
    uint16_t image_major;
    uint16_t image_minor;
    uint16_t subsystem_major;
    uint16_t subsystem_minor;
    uint32_t win32_version;
    uint32_t image_size;
    uint32_t headers_size;
    uint32_t checksum;
    uint16_t subsystem;
    uint16_t dll_characteristics;
    uint64_t stack_reserve;
    uint64_t stack_commit;
    uint64_t heap_reserve;
    uint64_t heap_commit;
    uint32_t loader_flags;
    uint32_t directory_count;
    struct pe_raw_directory directories[PE_DIRECTORY_COUNT];
};
_Static_assert(offsetof(struct pe_optional_header, image_base) == 24, "ImageBase");
_Static_assert(offsetof(struct pe_optional_header, subsystem) == 68, "Subsystem");
_Static_assert(offsetof(struct pe_optional_header, directories) == 112, "DataDirectory");
_Static_assert(sizeof(struct pe_optional_header) == 240, "PE32+ optional header");

struct pe_nt_headers {
    uint32_t signature;
    struct pe_file_header file;
    struct pe_optional_header optional;
};
_Static_assert(offsetof(struct pe_nt_headers, optional) == 24, "NT headers without padding");

struct pe_section_header {
    char name[8];
    uint32_t virtual_size;
    uint32_t rva;
    uint32_t raw_size;
    uint32_t raw_offset;
    uint32_t relocations;
    uint32_t line_numbers;
    uint16_t relocation_count;
    uint16_t line_number_count;
    uint32_t characteristics;
};
_Static_assert(sizeof(struct pe_section_header) == 40, "section header");

struct pe_raw_relocation_block {
    uint32_t page;
    uint32_t size; // of the block, with this header
};

#define PE_RELOCATION_ABSOLUTE 0u // padding
#define PE_RELOCATION_DIR64    10u

struct pe_raw_exports {
    uint32_t flags;
    uint32_t timestamp;
    uint16_t major;
    uint16_t minor;
    uint32_t name;
    uint32_t ordinal_base;
    uint32_t function_count;
    uint32_t name_count;
    uint32_t functions;
    uint32_t names;
    uint32_t ordinals;
};
_Static_assert(sizeof(struct pe_raw_exports) == 40, "export directory");

struct pe_raw_import {
    uint32_t lookup_table;
    uint32_t timestamp;
    uint32_t forwarder_chain;
    uint32_t name;
    uint32_t address_table;
};
_Static_assert(sizeof(struct pe_raw_import) == 20, "import descriptor");

struct pe_raw_delay_import {
    uint32_t attributes; // bit 0: the fields are RVAs, as they always are in PE32+
    uint32_t name;
    uint32_t module_handle;
    uint32_t address_table;
    uint32_t lookup_table;
    uint32_t bound_table;
    uint32_t unload_table;
    uint32_t timestamp;
};
_Static_assert(sizeof(struct pe_raw_delay_import) == 32, "delay import descriptor");

struct pe_raw_tls {
    uint64_t template_start; // the first four are virtual addresses, not RVAs
    uint64_t template_end;
    uint64_t index;
    uint64_t callbacks;
    uint32_t zero_fill;
    uint32_t characteristics;
};
_Static_assert(sizeof(struct pe_raw_tls) == 40, "TLS directory");

// The fields that Pekoe knows of; `size` says how many the linker knew.
struct pe_raw_load_config {
    uint32_t size;
    uint32_t timestamp;
    uint8_t unused[0x46];
    uint16_t dependent_load_flags;
    uint64_t edit_list;
    uint64_t security_cookie;
    uint64_t handler_table;
    uint64_t handler_count;
    uint64_t guard_check;
    uint64_t guard_dispatch;
    uint64_t guard_table;
    uint64_t guard_count;
    uint32_t guard_flags;
    uint32_t padding;
};
_Static_assert(offsetof(struct pe_raw_load_config, dependent_load_flags) == 0x4e, "load config");
_Static_assert(offsetof(struct pe_raw_load_config, security_cookie) == 0x58, "load config");
_Static_assert(offsetof(struct pe_raw_load_config, guard_flags) == 0x90, "load config");

struct pe_raw_debug {
    uint32_t characteristics;
    uint32_t timestamp;
    uint16_t major;
    uint16_t minor;
    uint32_t type;
    uint32_t size;
    uint32_t rva;
    uint32_t file_offset;
};
_Static_assert(sizeof(struct pe_raw_debug) == 28, "debug directory entry");

#define PE_DEBUG_CODEVIEW     2u
#define PE_CODEVIEW_SIGNATURE 0x53445352u // RSDS

struct pe_raw_codeview {
    uint32_t signature;
    uint8_t guid[16];
    uint32_t age;
};
_Static_assert(sizeof(struct pe_raw_codeview) == 24, "CodeView record, before its path");

struct pe_raw_function {
    uint32_t begin;
    uint32_t end;
    uint32_t unwind;
};
_Static_assert(sizeof(struct pe_raw_function) == 12, "RUNTIME_FUNCTION");

struct pe_raw_unwind_info {
    uint8_t version_flags; // version in bits 0..2, flags in 3..7
    uint8_t prologue_size;
    uint8_t slot_count;
    uint8_t frame; // register in bits 0..3, offset / 16 in 4..7
};
_Static_assert(sizeof(struct pe_raw_unwind_info) == 4, "UNWIND_INFO, before its codes");

#define PE_UNWIND_HANDLER_EXCEPTION 1u
#define PE_UNWIND_HANDLER_UNWIND    2u
#define PE_UNWIND_CHAINED           4u

struct pe_raw_symbol {
    union {
        char text[8];
        struct {
            uint32_t zero; // then the name stands in the string table
            uint32_t offset;
        } longer;
    } name;
    uint32_t value;
    int16_t section; // from 1; 0 undefined, negative: no address
    uint16_t type;
    uint8_t storage_class;
    uint8_t auxiliary_count;
} __attribute__((packed));
_Static_assert(sizeof(struct pe_raw_symbol) == 18, "COFF symbol");

#define PE_SYMBOL_EXTERNAL      2u
#define PE_SYMBOL_STATIC        3u
#define PE_SYMBOL_TYPE_FUNCTION 0x20u
