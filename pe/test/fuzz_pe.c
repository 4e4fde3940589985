// SPDX-License-Identifier: MIT
/*
 * The fuzz target over the whole library: whatever the bytes are, every parser is run on them, as a
 * file and as a mapped image, and the unwinder walks through their functions with their own bytes
 * as the stack. Loops are cut short, so that an input costs little; the parsers' own bounds are
 * tested by the sanitizers and by libFuzzer's time limit.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pe/directories.h>
#include <pe/exports.h>
#include <pe/imports.h>
#include <pe/relocations.h>
#include <pe/symbols.h>
#include <pe/unwind.h>

#define ENTRIES_MAX 64u
#define FRAMES_MAX  16u
#define BASE        0x7ff600000000ull

struct input {
    const uint8_t *bytes;
    size_t size;
    const struct pe_image *image;
};

static bool read_input(const void *context, uint64_t offset, void *to, size_t size)
{
    const struct input *input = context;
    if (offset > input->size || size > input->size - offset)
        abort(); // the parser asked for what it was told does not exist
    memcpy(to, input->bytes + offset, size);
    return true;
}

static void use_string(const struct pe_image *image, pe_rva rva)
{
    char text[80];
    memset(text, 'x', sizeof(text));
    pe_read_string(image, rva, text, sizeof(text), NULL);
    if (memchr(text, '\0', sizeof(text)) == NULL)
        abort();
}

static void use_sections(const struct pe_image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        if (section->virtual_size != 0 && pe_section_at(image, section->rva) != section)
            abort();
        uint8_t edge[32];
        pe_read(image, section->rva, edge, sizeof(edge));
        pe_read(image, (pe_rva){ section->rva.v + section->virtual_size - 16 }, edge, sizeof(edge));
    }
}

static void use_relocations(const struct pe_image *image)
{
    struct pe_relocations relocations;
    if (pe_check_relocations(image, &relocations) != PE_OK)
        return;
    static uint8_t page[PE_PAGE_SIZE];
    struct pe_relocation_cursor cursor = { 0 };
    for (uint32_t i = 0; i < 8 && i < image->image_size / PE_PAGE_SIZE; i++) {
        pe_rva rva = { i * PE_PAGE_SIZE };
        // The check was passed and the bytes stay, so nothing may fail now.
        if (pe_relocate_page(&relocations, &cursor, rva, 0x10000, page) != PE_OK)
            abort();
    }
    struct pe_relocation_iterator iterator = { 0 };
    pe_rva rva;
    for (uint32_t i = 0; i < relocations.entry_count; i++) {
        if (pe_next_relocation(&relocations, &iterator, &rva) != PE_OK)
            abort();
    }
}

static void use_exports(const struct pe_image *image)
{
    struct pe_exports exports;
    struct pe_export export;
    if (pe_open_exports(image, &exports) != PE_OK)
        return;
    use_string(image, exports.dll_name);
    for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
        pe_export_at(&exports, i, &export);
        if (pe_export_name_at(&exports, i, &export) != PE_OK)
            continue;
        char name[64];
        char found[64];
        if (i >= 4 || pe_read_string(image, export.name, name, sizeof(name), NULL) != PE_OK)
            continue;
        // Of several equal names another one may be found, but never another name.
        if (pe_export_by_name(&exports, name, UINT32_MAX, &export) == PE_OK &&
            (pe_read_string(image, export.name, found, sizeof(found), NULL) != PE_OK ||
             strcmp(name, found) != 0))
            abort();
    }
    pe_export_by_name(&exports, "start", 0, &export);
    pe_export_by_ordinal(&exports, exports.ordinal_base + 1, &export);
    pe_export_near(&exports, image->entry_point, &export);
}

typedef enum pe_error next_dll(const struct pe_image *image, uint32_t *index,
                               struct pe_import_dll *out);

static void use_imports(const struct pe_image *image, next_dll *next)
{
    uint32_t dll_index = 0;
    struct pe_import_dll dll;
    while (dll_index < 8 && next(image, &dll_index, &dll) == PE_OK) {
        use_string(image, dll.name);
        uint32_t index = 0;
        struct pe_import import;
        while (index < ENTRIES_MAX && pe_next_import(image, &dll, &index, &import) == PE_OK)
            use_string(image, import.name);
    }
}

static void use_small_directories(const struct pe_image *image)
{
    struct pe_tls tls;
    if (pe_get_tls(image, &tls) == PE_OK) {
        uint32_t number = 0;
        pe_rva callback;
        while (number < ENTRIES_MAX &&
               pe_next_tls_callback(image, &tls, &number, &callback) == PE_OK) {
        }
    }
    struct pe_load_config config;
    pe_get_load_config(image, &config);
    struct pe_codeview codeview;
    if (pe_get_codeview(image, &codeview) == PE_OK)
        use_string(image, codeview.path);
    struct pe_directory directory;
    pe_get_directory(image, PE_DIRECTORY_RESOURCE, &directory);
}

static void use_symbols(const struct pe_image *image)
{
    struct pe_symbols symbols;
    if (pe_open_symbols(image, &symbols) != PE_OK)
        return;
    struct pe_symbol symbol;
    char text[24];
    uint32_t index = 0;
    for (uint32_t i = 0; i < ENTRIES_MAX && pe_next_symbol(&symbols, &index, &symbol) == PE_OK; i++)
        pe_symbol_name(&symbols, &symbol, text, sizeof(text));
    if (pe_find_symbol(&symbols, image->entry_point, &symbol) == PE_OK &&
        symbol.rva.v > image->entry_point.v)
        abort();
}

// The program's memory: the image at BASE, and the input's bytes, as a stack, from 0 on.
static bool read_program(const void *context, uint64_t address, void *to, size_t size)
{
    const struct input *input = context;
    if (address >= BASE && address - BASE < input->image->image_size)
        return pe_read(input->image, (pe_rva){ (uint32_t)(address - BASE) }, to, size) == PE_OK;
    if (address > input->size || size > input->size - address)
        return false;
    memcpy(to, input->bytes + address, size);
    return true;
}

static bool find_module(const void *context, uint64_t address, struct pe_unwind_module *out)
{
    const struct input *input = context;
    if (address < BASE || address - BASE >= input->image->image_size)
        return false;
    *out = (struct pe_unwind_module){ .base = BASE, .size = input->image->image_size };
    pe_get_directory(input->image, PE_DIRECTORY_EXCEPTION, &out->exceptions);
    return true;
}

static void walk(const struct input *input, uint32_t rip)
{
    const struct pe_unwind_memory memory = { input, read_program, find_module };
    struct pe_unwind_context context = { .rip = BASE + rip };
    struct pe_frame frame;
    for (uint32_t i = 0; i < FRAMES_MAX; i++) {
        uint64_t rsp = context.gpr[PE_RSP];
        if (pe_unwind_step(&memory, &context, &frame) != PE_OK)
            return;
        if (!frame.is_machine_frame && context.gpr[PE_RSP] <= rsp)
            abort();
    }
}

static void use_functions(const struct input *input)
{
    struct pe_directory directory;
    if (pe_get_directory(input->image, PE_DIRECTORY_EXCEPTION, &directory) != PE_OK)
        return;
    struct pe_rva_reader reader = pe_image_reader(input->image);
    struct pe_function function;
    for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
        if (pe_function_at(&reader, &directory, i, &function) != PE_OK)
            break;
        static struct pe_unwind_info info;
        struct pe_unwind_code code;
        uint32_t slot = 0;
        if (pe_get_unwind_info(&reader, &function, &info) == PE_OK) {
            while (pe_next_unwind_code(&info, &slot, &code) == PE_OK) {
            }
        }
        pe_primary_function(&reader, &function, &function);
        for (uint32_t offset = 0; offset < 32; offset += 5)
            walk(input, function.begin.v + offset);
        walk(input, function.end.v - 1);
    }
}

static void use_image(struct input *input, const struct pe_image *image)
{
    input->image = image;
    use_sections(image);
    use_relocations(image);
    use_exports(image);
    use_imports(image, pe_next_import_dll);
    use_imports(image, pe_next_delay_import_dll);
    use_small_directories(image);
    use_symbols(image);
    use_functions(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = { bytes, size, NULL };
    struct pe_image image;
    enum pe_error error = pe_open_file(&image, read_input, &input, size);
    if (pe_error_text(error)[0] == '\0')
        abort();
    if (error == PE_OK)
        use_image(&input, &image);
    if (pe_open_mapped(&image, read_input, &input, size, BASE) == PE_OK)
        use_image(&input, &image);
    return 0;
}
