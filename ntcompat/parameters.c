// SPDX-License-Identifier: MIT
/*
 * The process parameters, see parameters.h. The structure comes first, then its strings, each ended
 * by a NUL that its Length does not count, then the environment.
 *
 * The environment is short and true: what programs look for first, and nothing about the host.
 */

#include "parameters.h"

#include <kernel/string.h>

#include "unicode.h"

#define DOS_PATH_ROOM     0x208u // MaximumLength of the current directory: MAX_PATH units
#define STRING_UNITS_MAX  32766u
#define CONSOLE_OF_PARENT ((HANDLE)(LONG_PTR)-4) // "no console of its own, streams are given"

// Writes behind what it has written, or only counts.
struct writer {
    uint8_t *block; // NULL: only count
    size_t used;
    size_t invalid_count;
};

static WCHAR *units_at(const struct writer *writer)
{
    return writer->block != NULL ? (WCHAR *)(void *)(writer->block + writer->used) : NULL;
}

// Appends text without a NUL and returns how many units it took.
static size_t append(struct writer *writer, const char *text)
{
    size_t room = writer->block != NULL ? STRING_UNITS_MAX : 0;
    struct utf_result result = utf16_from_utf8(text, strlen(text), units_at(writer), room);
    size_t count = MIN(result.length, STRING_UNITS_MAX);
    writer->used += count * sizeof(WCHAR);
    writer->invalid_count += result.invalid_count;
    return result.length;
}

static void append_nul(struct writer *writer)
{
    if (writer->block != NULL)
        *units_at(writer) = 0;
    writer->used += sizeof(WCHAR);
}

// Appends "before" and "text" as one string with at least room bytes, and describes it.
static size_t append_string(struct writer *writer, const char *before, const char *text,
                            size_t room, UNICODE_STRING *out)
{
    size_t start = writer->used;
    size_t units = append(writer, before) + append(writer, text);
    size_t length = writer->used - start;
    append_nul(writer);
    while (writer->used - start < room)
        append_nul(writer);
    writer->used = ROUND_UP(writer->used, sizeof(uint64_t));
    // One by one: the gap between them stays 0.
    out->Length = (USHORT)length;
    out->MaximumLength = (USHORT)MAX(length + sizeof(WCHAR), room);
    out->Buffer = (PWSTR)start;
    return units;
}

// Sorted by name without regard to case, as Windows keeps it.
static void append_environment(struct writer *writer, unsigned processor_count)
{
    char processors[40];
    format_string(processors, sizeof(processors), "NUMBER_OF_PROCESSORS=%u", processor_count);
    const char *const entries[] = {
        processors,
        "OS=Windows_NT",
        "PATH=C:\\windows\\system32;C:\\windows",
        "PATHEXT=.COM;.EXE;.BAT;.CMD",
        "PROCESSOR_ARCHITECTURE=AMD64",
        "SystemDrive=C:",
        "SystemRoot=C:\\windows",
        "TEMP=C:\\windows\\temp",
        "TMP=C:\\windows\\temp",
        "windir=C:\\windows",
    };
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        append(writer, entries[i]);
        append_nul(writer);
    }
    append_nul(writer);
}

void parameters_build(const struct parameters_source *source, void *block,
                      struct parameters_facts *facts)
{
    RTL_USER_PROCESS_PARAMETERS parameters;
    memset(&parameters, 0, sizeof(parameters)); // its gaps, too
    parameters.Flags = RTL_USER_PROC_PARAMS_NORMALIZED;
    parameters.ConsoleHandle = CONSOLE_OF_PARENT;
    parameters.StandardInput = (HANDLE)source->standard_input;
    parameters.StandardOutput = (HANDLE)source->standard_output;
    parameters.StandardError = (HANDLE)source->standard_error;
    struct writer writer = { .block = block, .used = sizeof(parameters) };
    if (block != NULL)
        memset(block, 0, facts->size);

    append_string(&writer, "C:\\", "", DOS_PATH_ROOM, &parameters.CurrentDirectory.DosPath);
    append_string(&writer, "C:\\", source->image_name, 0, &parameters.ImagePathName);
    facts->command_line_units =
        append_string(&writer, "", source->command_line, 0, &parameters.CommandLine);
    append_string(&writer, "C:\\", source->image_name, 0, &parameters.WindowTitle);
    append_string(&writer, "WinSta0\\Default", "", 0, &parameters.DesktopInfo);
    append_string(&writer, "", "", 0, &parameters.ShellInfo);

    size_t environment = writer.used;
    parameters.Environment = (PVOID)environment;
    append_environment(&writer, source->processor_count);
    parameters.EnvironmentSize = writer.used - environment;

    parameters.MaximumLength = (ULONG)ROUND_UP(writer.used, PAGE_SIZE);
    parameters.Length = (ULONG)environment;
    if (block != NULL)
        memcpy(block, &parameters, sizeof(parameters));
    facts->size = writer.used;
    facts->invalid_count = writer.invalid_count;
}

static void place(void *pointer, vaddr_t address)
{
    vaddr_t *value = pointer;
    if (*value != 0)
        *value += address;
}

UNICODE_STRING *parameters_string(RTL_USER_PROCESS_PARAMETERS *block, unsigned index)
{
    UNICODE_STRING *const strings[PARAMETERS_STRINGS] = {
        &block->CurrentDirectory.DosPath,
        &block->DllPath,
        &block->ImagePathName,
        &block->CommandLine,
        &block->WindowTitle,
        &block->DesktopInfo,
        &block->ShellInfo,
        &block->RuntimeData,
    };
    return strings[index];
}

void parameters_place(RTL_USER_PROCESS_PARAMETERS *block, vaddr_t address)
{
    for (unsigned i = 0; i < PARAMETERS_STRINGS; i++)
        place(&parameters_string(block, i)->Buffer, address);
    place(&block->Environment, address);
}
