// SPDX-License-Identifier: MIT
// Compiled by MinGW and never run: the layouts and constants of <pe/format.h> must be those of the
// headers that Windows programs are built with.

#include <windows.h>

#include <pe/format.h>

#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(struct ours) == sizeof(theirs), #theirs)

#define SAME(ours, our_field, theirs, their_field)                                                 \
    _Static_assert(offsetof(struct ours, our_field) == offsetof(theirs, their_field) &&            \
                       sizeof(((struct ours *)0)->our_field) ==                                    \
                           sizeof(((theirs *)0)->their_field),                                     \
                   #theirs "." #their_field)

#define SAME_VALUE(ours, theirs) _Static_assert((ours) == (theirs), #theirs)

SAME_SIZE(pe_dos_header, IMAGE_DOS_HEADER);
SAME(pe_dos_header, relocation_table, IMAGE_DOS_HEADER, e_lfarlc);
SAME(pe_dos_header, nt_headers, IMAGE_DOS_HEADER, e_lfanew);

SAME_SIZE(pe_file_header, IMAGE_FILE_HEADER);
SAME(pe_file_header, machine, IMAGE_FILE_HEADER, Machine);
SAME(pe_file_header, section_count, IMAGE_FILE_HEADER, NumberOfSections);
SAME(pe_file_header, symbol_table, IMAGE_FILE_HEADER, PointerToSymbolTable);
SAME(pe_file_header, symbol_count, IMAGE_FILE_HEADER, NumberOfSymbols);
SAME(pe_file_header, optional_size, IMAGE_FILE_HEADER, SizeOfOptionalHeader);
SAME(pe_file_header, characteristics, IMAGE_FILE_HEADER, Characteristics);

SAME_SIZE(pe_optional_header, IMAGE_OPTIONAL_HEADER64);
SAME(pe_optional_header, entry_point, IMAGE_OPTIONAL_HEADER64, AddressOfEntryPoint);
SAME(pe_optional_header, image_base, IMAGE_OPTIONAL_HEADER64, ImageBase);
SAME(pe_optional_header, section_alignment, IMAGE_OPTIONAL_HEADER64, SectionAlignment);
SAME(pe_optional_header, file_alignment, IMAGE_OPTIONAL_HEADER64, FileAlignment);
SAME(pe_optional_header, subsystem_major, IMAGE_OPTIONAL_HEADER64, MajorSubsystemVersion);
SAME(pe_optional_header, image_size, IMAGE_OPTIONAL_HEADER64, SizeOfImage);
SAME(pe_optional_header, headers_size, IMAGE_OPTIONAL_HEADER64, SizeOfHeaders);
SAME(pe_optional_header, checksum, IMAGE_OPTIONAL_HEADER64, CheckSum);
SAME(pe_optional_header, subsystem, IMAGE_OPTIONAL_HEADER64, Subsystem);
SAME(pe_optional_header, dll_characteristics, IMAGE_OPTIONAL_HEADER64, DllCharacteristics);
SAME(pe_optional_header, stack_reserve, IMAGE_OPTIONAL_HEADER64, SizeOfStackReserve);
SAME(pe_optional_header, stack_commit, IMAGE_OPTIONAL_HEADER64, SizeOfStackCommit);
SAME(pe_optional_header, heap_reserve, IMAGE_OPTIONAL_HEADER64, SizeOfHeapReserve);
SAME(pe_optional_header, heap_commit, IMAGE_OPTIONAL_HEADER64, SizeOfHeapCommit);
SAME(pe_optional_header, directory_count, IMAGE_OPTIONAL_HEADER64, NumberOfRvaAndSizes);
SAME(pe_optional_header, directories, IMAGE_OPTIONAL_HEADER64, DataDirectory);
SAME_SIZE(pe_nt_headers, IMAGE_NT_HEADERS64);

SAME_SIZE(pe_section_header, IMAGE_SECTION_HEADER);
SAME(pe_section_header, virtual_size, IMAGE_SECTION_HEADER, Misc);
SAME(pe_section_header, rva, IMAGE_SECTION_HEADER, VirtualAddress);
SAME(pe_section_header, raw_size, IMAGE_SECTION_HEADER, SizeOfRawData);
SAME(pe_section_header, raw_offset, IMAGE_SECTION_HEADER, PointerToRawData);
SAME(pe_section_header, characteristics, IMAGE_SECTION_HEADER, Characteristics);

SAME_SIZE(pe_raw_relocation_block, IMAGE_BASE_RELOCATION);
SAME_SIZE(pe_raw_exports, IMAGE_EXPORT_DIRECTORY);
SAME(pe_raw_exports, ordinal_base, IMAGE_EXPORT_DIRECTORY, Base);
SAME(pe_raw_exports, ordinals, IMAGE_EXPORT_DIRECTORY, AddressOfNameOrdinals);
SAME_SIZE(pe_raw_import, IMAGE_IMPORT_DESCRIPTOR);
SAME(pe_raw_import, address_table, IMAGE_IMPORT_DESCRIPTOR, FirstThunk);
SAME_SIZE(pe_raw_tls, IMAGE_TLS_DIRECTORY64);
SAME(pe_raw_tls, callbacks, IMAGE_TLS_DIRECTORY64, AddressOfCallBacks);
SAME(pe_raw_tls, zero_fill, IMAGE_TLS_DIRECTORY64, SizeOfZeroFill);
SAME(pe_raw_load_config, security_cookie, IMAGE_LOAD_CONFIG_DIRECTORY64, SecurityCookie);
SAME(pe_raw_load_config, handler_count, IMAGE_LOAD_CONFIG_DIRECTORY64, SEHandlerCount);
SAME_SIZE(pe_raw_debug, IMAGE_DEBUG_DIRECTORY);
SAME(pe_raw_debug, rva, IMAGE_DEBUG_DIRECTORY, AddressOfRawData);
SAME_SIZE(pe_raw_function, RUNTIME_FUNCTION);
SAME(pe_raw_function, unwind, RUNTIME_FUNCTION, UnwindData);
_Static_assert(sizeof(struct pe_raw_symbol) == IMAGE_SIZEOF_SYMBOL, "IMAGE_SYMBOL");

SAME_VALUE(PE_MACHINE_AMD64, IMAGE_FILE_MACHINE_AMD64);
SAME_VALUE(PE_MACHINE_I386, IMAGE_FILE_MACHINE_I386);
SAME_VALUE(PE_FILE_RELOCS_STRIPPED, IMAGE_FILE_RELOCS_STRIPPED);
SAME_VALUE(PE_FILE_DLL, IMAGE_FILE_DLL);
SAME_VALUE(PE_DLL_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE);
SAME_VALUE(PE_DLL_NX_COMPAT, IMAGE_DLLCHARACTERISTICS_NX_COMPAT);
SAME_VALUE(PE_SECTION_SHARED, IMAGE_SCN_MEM_SHARED);
SAME_VALUE(PE_SECTION_EXECUTE, IMAGE_SCN_MEM_EXECUTE);
SAME_VALUE(PE_SECTION_READ, IMAGE_SCN_MEM_READ);
SAME_VALUE(PE_SECTION_WRITE, IMAGE_SCN_MEM_WRITE);
SAME_VALUE(PE_RELOCATION_DIR64, IMAGE_REL_BASED_DIR64);
SAME_VALUE(PE_DIRECTORY_EXCEPTION, IMAGE_DIRECTORY_ENTRY_EXCEPTION);
SAME_VALUE(PE_DIRECTORY_RELOCATION, IMAGE_DIRECTORY_ENTRY_BASERELOC);
SAME_VALUE(PE_DIRECTORY_TLS, IMAGE_DIRECTORY_ENTRY_TLS);
SAME_VALUE(PE_DIRECTORY_LOAD_CONFIG, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG);
SAME_VALUE(PE_DIRECTORY_DELAY_IMPORT, IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT);
SAME_VALUE(PE_DIRECTORY_CLR, IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR);
