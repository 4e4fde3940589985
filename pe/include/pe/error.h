// SPDX-License-Identifier: MIT
// What can be wrong with an image. The library knows no NTSTATUS: its callers map these values.
// Each value is written once, in the list below, with the sentence that a person gets to read.

#pragma once

// clang-format off
#define PE_ERRORS(X)                                                                               \
    X(PE_OK,                     "success")                                                        \
    X(PE_END,                    "no more entries")                                                \
    X(PE_ERROR_ABSENT,           "the image has no such directory")                                \
    X(PE_ERROR_NOT_FOUND,        "no entry matches")                                               \
    X(PE_ERROR_READ,             "the bytes of the image could not be read")                       \
    X(PE_ERROR_TRUNCATED,        "the file ends before the data that its headers promise")         \
    X(PE_ERROR_NOT_MZ,           "the file does not begin with MZ")                                \
    X(PE_ERROR_DOS_PROGRAM,      "the file is a DOS program")                                      \
    X(PE_ERROR_NE,               "the file is a 16-bit Windows (NE) image")                        \
    X(PE_ERROR_LE,               "the file is a VxD or OS/2 (LE or LX) image")                     \
    X(PE_ERROR_HEADER_OFFSET,    "the offset of the NT headers is not a multiple of 4")            \
    X(PE_ERROR_NO_SIGNATURE,     "there is no PE signature where the MZ header points")            \
    X(PE_ERROR_PE32,             "the image is a 32-bit (PE32) image")                             \
    X(PE_ERROR_MACHINE,          "the image is for another kind of processor")                     \
    X(PE_ERROR_NOT_EXECUTABLE,   "the image is not marked executable")                             \
    X(PE_ERROR_OPTIONAL_MAGIC,   "the optional header is of an unknown kind")                      \
    X(PE_ERROR_OPTIONAL_SIZE,    "the optional header is too small for what it holds")             \
    X(PE_ERROR_FILE_ALIGNMENT,   "the file alignment is invalid")                                  \
    X(PE_ERROR_SECTION_ALIGNMENT, "the section alignment is invalid")                              \
    X(PE_ERROR_IMAGE_BASE,       "the image base is unaligned, or the image would wrap around")    \
    X(PE_ERROR_IMAGE_SIZE,       "the size of the image is zero or over 2 GiB")                    \
    X(PE_ERROR_HEADERS_SIZE,     "the size of the headers contradicts their contents")             \
    X(PE_ERROR_ENTRY_POINT,      "the entry point lies outside the image")                         \
    X(PE_ERROR_SECTION_COUNT,    "the image has more than 96 sections")                            \
    X(PE_ERROR_SECTION_ADDRESS,  "a section's address is not a multiple of the alignment")         \
    X(PE_ERROR_SECTION_OVERLAP,  "a section overlaps the headers or the section before it")        \
    X(PE_ERROR_SECTION_GAP,      "a section does not follow the section before it directly")       \
    X(PE_ERROR_SECTION_BEYOND,   "a section reaches beyond the size of the image")                 \
    X(PE_ERROR_SECTION_DATA,     "a section's data is not aligned in the file")                    \
    X(PE_ERROR_LOW_ALIGNMENT,    "an image with small alignment is not laid out as in the file")   \
    X(PE_ERROR_RVA,              "an address lies outside the image")                              \
    X(PE_ERROR_STRING,           "a string does not end within its limit")                         \
    X(PE_ERROR_DIRECTORY,        "a data directory is malformed or reaches outside the image")     \
    X(PE_ERROR_RELOCATION_BLOCK, "a relocation block is malformed")                                \
    X(PE_ERROR_RELOCATION_KIND,  "a relocation is of a kind that x86-64 images do not use")        \
    X(PE_ERROR_EXPORTS,          "the export directory is malformed")                              \
    X(PE_ERROR_IMPORTS,          "the import directory is malformed")                              \
    X(PE_ERROR_SYMBOLS,          "the COFF symbol table is malformed")                             \
    X(PE_ERROR_UNWIND_VERSION,   "the unwind information has an unknown version")                  \
    X(PE_ERROR_UNWIND_CODE,      "an unwind code is malformed")                                    \
    X(PE_ERROR_UNWIND_CHAIN,     "the chain of unwind information is too long")                    \
    X(PE_ERROR_UNWIND_STACK,     "the frame does not lie above the one that it called")
// clang-format on

enum pe_error {
#define PE_ERROR_VALUE(name, text) name,
    PE_ERRORS(PE_ERROR_VALUE)
#undef PE_ERROR_VALUE
};

// "PE_ERROR_NOT_MZ"; a value that is none gives "PE_ERROR_?".
const char *pe_error_name(enum pe_error error);

// One sentence in English, without a full stop.
const char *pe_error_text(enum pe_error error);
