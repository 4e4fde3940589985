// SPDX-License-Identifier: MIT
// The block that a program finds at PEB.ProcessParameters: its command line, environment, handles.

#pragma once

#include <kernel/types.h>
#include <nt/process.h>

struct parameters_source {
    const char *image_name;   // UTF-8, base name; the program sees it in C:\.
    const char *command_line; // UTF-8
    handle_t standard_input, standard_output, standard_error;
    unsigned processor_count;
};

struct parameters_facts {
    size_t size;               // bytes of the whole block
    size_t command_line_units; // UTF-16 units of the command line
    size_t invalid_count;      // U+FFFD that stand for invalid UTF-8
};

#define COMMAND_LINE_UNITS_MAX 32766u // as CreateProcess has it, without the final NUL

/*
 * Lays the block out with its pointers counted from its own beginning. With block NULL it only
 * measures. block must have facts->size bytes, as measured; all of them are written.
 *
 * Strings are cut at 65532 bytes, so check command_line_units first.
 */
void parameters_build(const struct parameters_source *source, void *block,
                      struct parameters_facts *facts);

// The strings of a block, in the order in which they lie in it.
#define PARAMETERS_STRINGS      8u
#define PARAMETERS_IMAGE_PATH   2u
#define PARAMETERS_RUNTIME_DATA 7u // bytes of the C runtime: its files
UNICODE_STRING *parameters_string(RTL_USER_PROCESS_PARAMETERS *block, unsigned index);

// Makes the pointers of a block absolute, as it must stand at address.
void parameters_place(RTL_USER_PROCESS_PARAMETERS *block, vaddr_t address);
