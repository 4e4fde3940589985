// SPDX-License-Identifier: MIT
// Images that MinGW built, compared with what binutils says about them: every section, export,
// import, relocation, function and symbol that objdump and nm print must be found, and no other.

#include <pe/exports.h>
#include <pe/functions.h>
#include <pe/imports.h>
#include <pe/relocations.h>
#include <pe/symbols.h>

#include <stdio.h>

#include "check.h"
#include "sample_file.h"

struct sample {
    uint8_t *bytes;
    char *dump; // objdump -p -h
    struct pe_image image;
};

static void load(struct sample *sample, const char *name)
{
    char dump_name[64];
    size_t size;
    sample->bytes = sample_load(name, &size);
    assert_ok(pe_open(&sample->image, sample->bytes, size));
    snprintf(dump_name, sizeof(dump_name), "%s.objdump", name);
    sample->dump = (char *)sample_load(dump_name, &size);
}

static void unload(struct sample *sample)
{
    free(sample->bytes);
    free(sample->dump);
}

// The next line, cut off in place; NULL behind the last.
static char *next_line(char **text)
{
    char *line = *text;
    if (*line == '\0')
        return NULL;
    size_t length = strcspn(line, "\n");
    *text = line + length + (line[length] == '\n');
    line[length] = '\0';
    return line;
}

// The text behind the first line that begins so.
static char *behind(char *text, const char *heading)
{
    char *found = strstr(text, heading);
    if (found == NULL)
        fail_msg("objdump did not print \"%s\"", heading);
    return found + strcspn(found, "\n") + 1;
}

static void check_sections(struct sample *sample)
{
    uint32_t count = 0;
    char *text = behind(sample->dump, "Sections:");
    char *line;
    while ((line = next_line(&text)) != NULL) {
        unsigned index, size, offset;
        unsigned long long vma;
        char name[32];
        if (sscanf(line, " %u %31s %x %llx %*x %x", &index, name, &size, &vma, &offset) != 5)
            continue;
        const struct pe_section *section = &sample->image.sections[index];
        assert_int_equal(index, count++);
        assert_string_equal(section->name, name);
        assert_int_equal(section->rva.v, vma - sample->image.image_base);
        assert_int_equal(section->virtual_size, size);
        assert_int_equal(section->file_offset.v, offset);
        line = next_line(&text);
        assert_non_null(line);
        bool is_readonly = strstr(line, "READONLY") != NULL;
        assert_int_equal((section->rights & PE_RIGHT_WRITE) == 0, is_readonly);
        assert_int_equal((section->rights & PE_RIGHT_EXECUTE) != 0, strstr(line, "CODE") != NULL);
        assert_int_equal(section->file_size != 0, strstr(line, "CONTENTS") != NULL);
    }
    assert_int_equal(count, sample->image.section_count);
}

static void sections_agree_with_objdump(void **state)
{
    (void)state;
    static const char *const names[] = { "sample_o2.dll", "sample_o0.dll", "tiny.exe",
                                         "tiny_low.exe" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct sample sample;
        load(&sample, names[i]);
        check_sections(&sample);
        unload(&sample);
    }
}

static void exports_agree_with_objdump(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_exports exports;
    struct pe_export export;
    load(&sample, "sample_o2.dll");
    assert_ok(pe_open_exports(&sample.image, &exports));
    uint32_t rvas[64];
    uint32_t count = 0;
    unsigned index, ordinal, rva;
    char *text = behind(sample.dump, "Export Address Table -- Ordinal Base");
    while (sscanf(text, " [ %u] +base[ %u] %x Export RVA", &index, &ordinal, &rva) == 3) {
        assert_ok(pe_export_by_ordinal(&exports, ordinal, &export));
        assert_int_equal(export.rva.v, rva);
        assert_in_range(index, 0, 63);
        rvas[index] = rva;
        count++;
        text += strcspn(text, "\n") + 1;
    }
    assert_int_equal(count, exports.function_count);
    text = behind(text, "[Ordinal/Name Pointer] Table");
    char name[64];
    count = 0;
    while (sscanf(text, " [ %u] %63s", &index, name) == 2) {
        assert_ok(pe_export_by_name(&exports, name, UINT32_MAX, &export));
        assert_int_equal(export.rva.v, rvas[index]);
        char found[64];
        assert_ok(pe_export_near(&exports, (pe_rva){ export.rva.v + 1 }, &export));
        assert_ok(pe_read_string(&sample.image, export.name, found, sizeof(found), NULL));
        assert_string_equal(found, name);
        count++;
        text += strcspn(text, "\n") + 1;
    }
    assert_int_equal(count, exports.name_count);
    assert_true(count >= 10);
    unload(&sample);
}

static void imports_agree_with_objdump(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_import_dll dll;
    struct pe_import import;
    uint32_t dll_index = 0;
    uint32_t index = 0;
    char expected[64];
    char name[64];
    load(&sample, "sample_o2.dll");
    assert_ok(pe_next_import_dll(&sample.image, &dll_index, &dll));
    assert_ok(pe_read_string(&sample.image, dll.name, name, sizeof(name), NULL));
    assert_string_equal(name, "KERNEL32.dll");
    char *text = behind(behind(sample.dump, "\tDLL Name: KERNEL32.dll"), "\tvma:");
    unsigned hint;
    while (sscanf(text, " %*x %u %63s", &hint, expected) == 2 && text[0] == '\t') {
        assert_ok(pe_next_import(&sample.image, &dll, &index, &import));
        assert_ok(pe_read_string(&sample.image, import.name, name, sizeof(name), NULL));
        assert_string_equal(name, expected);
        assert_int_equal(import.hint, hint);
        text += strcspn(text, "\n") + 1;
    }
    assert_int_equal(index, 2);
    assert_error(pe_next_import(&sample.image, &dll, &index, &import), PE_END);
    assert_error(pe_next_import_dll(&sample.image, &dll_index, &dll), PE_END);
    unload(&sample);
}

static void a_program_without_imports_has_none(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_import_dll dll;
    uint32_t index = 0;
    load(&sample, "tiny.exe");
    assert_error(pe_next_import_dll(&sample.image, &index, &dll), PE_END);
    assert_false(sample.image.is_dll);
    unload(&sample);
}

static void relocations_agree_with_objdump(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_relocations relocations;
    struct pe_relocation_iterator iterator = { 0 };
    load(&sample, "sample_o2.dll");
    assert_ok(pe_check_relocations(&sample.image, &relocations));
    assert_true(relocations.is_sorted);
    uint32_t count = 0;
    char *line;
    char *text = behind(sample.dump, "PE File Base Relocations");
    while ((line = next_line(&text)) != NULL) {
        unsigned rva;
        char kind[16];
        pe_rva found;
        if (sscanf(line, " reloc %*u offset %*x [%x] %15s", &rva, kind) == 2 &&
            strcmp(kind, "DIR64") == 0) {
            assert_ok(pe_next_relocation(&relocations, &iterator, &found));
            assert_int_equal(found.v, rva);
            count++;
        }
    }
    assert_int_equal(count, relocations.entry_count);
    assert_true(count >= 3);
    unload(&sample);
}

static void functions_agree_with_objdump(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_directory directory;
    struct pe_function function;
    load(&sample, "sample_o2.dll");
    assert_ok(pe_get_directory(&sample.image, PE_DIRECTORY_EXCEPTION, &directory));
    struct pe_rva_reader reader = pe_image_reader(&sample.image);
    uint64_t base = sample.image.image_base;
    unsigned long long begin, end, unwind;
    uint32_t count = 0;
    char *text = behind(behind(sample.dump, "The Function Table"), "vma:");
    while (sscanf(text, " %*x: %llx %llx %llx", &begin, &end, &unwind) == 3) {
        pe_rva last = { (uint32_t)(end - base - 1) };
        assert_ok(pe_find_function(&reader, &directory, last, &function));
        assert_int_equal(function.begin.v, begin - base);
        assert_int_equal(function.end.v, end - base);
        assert_int_equal(function.unwind_info.v, unwind - base);
        count++;
        text += strcspn(text, "\n") + 1;
    }
    assert_int_equal(count, pe_function_count(&directory));
    assert_true(count >= 10);
    unload(&sample);
}

static void symbols_agree_with_nm(void **state)
{
    (void)state;
    struct sample sample;
    struct pe_symbols symbols;
    struct pe_symbol symbol;
    size_t size;
    load(&sample, "sample_o2.dll");
    assert_ok(pe_open_symbols(&sample.image, &symbols));
    char *nm = (char *)sample_load("sample_o2.dll.nm", &size);
    char *text = nm;
    char *line;
    uint32_t count = 0;
    while ((line = next_line(&text)) != NULL) {
        unsigned long long address;
        char kind;
        char name[64];
        char found[64];
        if (sscanf(line, "%llx %c %63s", &address, &kind, name) != 3 ||
            (kind != 'T' && kind != 't') || name[0] == '.')
            continue;
        pe_rva rva = { (uint32_t)(address - sample.image.image_base) };
        assert_ok(pe_find_symbol(&symbols, rva, &symbol));
        assert_int_equal(symbol.rva.v, rva.v);
        assert_ok(pe_symbol_name(&symbols, &symbol, found, sizeof(found)));
        // Aliases and list ends share addresses; functions of our own do not.
        if (strcmp(name, "saves_many") == 0 || strcmp(name, "leaf") == 0) {
            assert_string_equal(found, name);
            count++;
        }
    }
    assert_int_equal(count, 2);
    free(nm);
    unload(&sample);
}

static void small_alignment_is_one_piece(void **state)
{
    (void)state;
    struct sample sample;
    load(&sample, "tiny_low.exe");
    assert_true(sample.image.is_one_piece);
    assert_true(sample.image.section_alignment < PE_PAGE_SIZE);
    uint8_t byte;
    assert_ok(pe_read(&sample.image, sample.image.entry_point, &byte, 1));
    assert_int_equal(byte, sample.bytes[sample.image.entry_point.v]);
    unload(&sample);
}

static void zeros_amid_a_small_alignment_are_refused(void **state)
{
    (void)state;
    struct pe_image image;
    size_t size;
    uint8_t *bytes = sample_load("sample_low.dll", &size);
    assert_error(pe_open(&image, bytes, size), PE_ERROR_LOW_ALIGNMENT);
    free(bytes);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sections_agree_with_objdump),
        T(exports_agree_with_objdump),
        T(imports_agree_with_objdump),
        T(a_program_without_imports_has_none),
        T(relocations_agree_with_objdump),
        T(functions_agree_with_objdump),
        T(symbols_agree_with_nm),
        T(small_alignment_is_one_piece),
        T(zeros_amid_a_small_alignment_are_refused),
    };
    return cmocka_run_group_tests_name("pe real images", tests, NULL, NULL);
}
