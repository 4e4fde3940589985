// SPDX-License-Identifier: MIT
// Opening images: one test for each rule of the headers, and the facts that a good image yields.

#include "builder.h"
#include "check.h"

// A test that the image is refused with `expected` after `change`, in which `b` is the builder.
#define REFUSED(name, change, expected)                                                            \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        struct builder builder, *b = &builder;                                                     \
        struct pe_image image;                                                                     \
        builder_begin(b);                                                                          \
        change;                                                                                    \
        assert_error(builder_open(b, &image), expected);                                           \
        builder_end(b);                                                                            \
    }

// A test that the image still opens.
#define ACCEPTED(name, change) REFUSED(name, change, PE_OK)

#define OPTIONAL    (b->nt->optional)
#define FILE_HEADER (b->nt->file)
#define SECTION     (b->sections)

ACCEPTED(the_builders_image_is_valid, (void)0)
REFUSED(empty_file, b->size = 0, PE_ERROR_NOT_MZ)
REFUSED(one_byte, b->size = 1, PE_ERROR_NOT_MZ)
REFUSED(not_mz, b->dos->magic = 0x4d5a, PE_ERROR_NOT_MZ)
REFUSED(dos_header_cut_off, b->size = 63, PE_ERROR_TRUNCATED)
REFUSED(nt_headers_behind_file, b->dos->nt_headers = 0x7ffffffc, PE_ERROR_TRUNCATED)
REFUSED(nt_headers_at_top, b->dos->nt_headers = UINT32_MAX, PE_ERROR_TRUNCATED)
REFUSED(plain_dos_program, (b->dos->relocation_table = 0x1c, b->dos->nt_headers = UINT32_MAX),
        PE_ERROR_DOS_PROGRAM)
REFUSED(dos_program_with_chance_offset, (b->dos->relocation_table = 0x1c, b->nt->signature = 0),
        PE_ERROR_DOS_PROGRAM)
REFUSED(ne_image, b->nt->signature = 0x1234454e, PE_ERROR_NE)
REFUSED(le_image, b->nt->signature = PE_LE_MAGIC, PE_ERROR_LE)
REFUSED(lx_image, b->nt->signature = PE_LX_MAGIC, PE_ERROR_LE)
REFUSED(pe_without_its_zeros, b->nt->signature |= 0x10000, PE_ERROR_NO_SIGNATURE)
REFUSED(nt_headers_unaligned,
        (memmove(b->bytes + BUILDER_NT + 2, b->nt, 0x200), b->dos->nt_headers = BUILDER_NT + 2),
        PE_ERROR_HEADER_OFFSET)
REFUSED(nt_headers_cut_off, b->size = BUILDER_NT + 20, PE_ERROR_TRUNCATED)
REFUSED(optional_header_cut_off, b->size = BUILDER_NT + 100, PE_ERROR_TRUNCATED)
REFUSED(i386_machine, FILE_HEADER.machine = PE_MACHINE_I386, PE_ERROR_PE32)
REFUSED(pe32_magic, OPTIONAL.magic = PE_OPTIONAL_PE32, PE_ERROR_PE32)
REFUSED(arm64_machine, FILE_HEADER.machine = 0xaa64, PE_ERROR_MACHINE)
REFUSED(rom_magic, OPTIONAL.magic = 0x107, PE_ERROR_OPTIONAL_MAGIC)
REFUSED(not_executable, FILE_HEADER.characteristics = PE_FILE_DLL, PE_ERROR_NOT_EXECUTABLE)
REFUSED(optional_header_too_small, FILE_HEADER.optional_size = 111, PE_ERROR_OPTIONAL_SIZE)
REFUSED(directories_without_room, FILE_HEADER.optional_size = 239, PE_ERROR_OPTIONAL_SIZE)
REFUSED(file_alignment_zero, OPTIONAL.file_alignment = 0, PE_ERROR_FILE_ALIGNMENT)
REFUSED(file_alignment_odd, OPTIONAL.file_alignment = 0x300, PE_ERROR_FILE_ALIGNMENT)
REFUSED(file_alignment_below_sector, OPTIONAL.file_alignment = 0x100, PE_ERROR_FILE_ALIGNMENT)
REFUSED(section_alignment_zero, OPTIONAL.section_alignment = 0, PE_ERROR_SECTION_ALIGNMENT)
REFUSED(section_alignment_odd, OPTIONAL.section_alignment = 0x1800, PE_ERROR_SECTION_ALIGNMENT)
REFUSED(section_below_file_alignment, OPTIONAL.file_alignment = 0x2000, PE_ERROR_SECTION_ALIGNMENT)
REFUSED(low_alignments_differ, OPTIONAL.section_alignment = 0x800, PE_ERROR_FILE_ALIGNMENT)
REFUSED(image_size_zero, OPTIONAL.image_size = 0, PE_ERROR_IMAGE_SIZE)
REFUSED(image_size_huge, OPTIONAL.image_size = 0x80000001, PE_ERROR_IMAGE_SIZE)
REFUSED(image_base_unaligned, OPTIONAL.image_base += 0x1000, PE_ERROR_IMAGE_BASE)
REFUSED(image_base_wraps, OPTIONAL.image_base = 0xffffffffffff0000, PE_ERROR_IMAGE_BASE)
REFUSED(headers_size_below_section_table, OPTIONAL.headers_size = 0x1e7, PE_ERROR_HEADERS_SIZE)
REFUSED(headers_size_beyond_image, OPTIONAL.headers_size = 0x5001, PE_ERROR_HEADERS_SIZE)
REFUSED(headers_cut_off, b->size = 0x3ff, PE_ERROR_TRUNCATED)
REFUSED(entry_point_behind_image, OPTIONAL.entry_point = 0x5000, PE_ERROR_ENTRY_POINT)
ACCEPTED(no_entry_point, OPTIONAL.entry_point = 0)
REFUSED(too_many_sections, FILE_HEADER.section_count = 97, PE_ERROR_SECTION_COUNT)
REFUSED(section_unaligned, SECTION[1].rva = 0x2200, PE_ERROR_SECTION_ADDRESS)
REFUSED(section_over_headers, SECTION[0].rva = 0, PE_ERROR_SECTION_OVERLAP)
REFUSED(section_overlaps, SECTION[0].virtual_size = 0x1001, PE_ERROR_SECTION_OVERLAP)
REFUSED(sections_in_wrong_order, SECTION[1].rva = 0x1000, PE_ERROR_SECTION_OVERLAP)
REFUSED(section_after_gap, SECTION[1].virtual_size = 0x1000, PE_ERROR_SECTION_GAP)
REFUSED(section_beyond_image, SECTION[2].virtual_size = 0x1001, PE_ERROR_SECTION_BEYOND)
REFUSED(section_wraps, SECTION[2].virtual_size = UINT32_MAX, PE_ERROR_SECTION_BEYOND)
REFUSED(section_data_unaligned, SECTION[1].raw_offset = 0x900, PE_ERROR_SECTION_DATA)
REFUSED(section_data_behind_file, SECTION[1].raw_offset = 0x1800, PE_ERROR_TRUNCATED)
REFUSED(section_data_cut_off, b->size = BUILDER_SIZE - 1, PE_ERROR_TRUNCATED)
REFUSED(section_data_wraps, (SECTION[1].raw_offset = 0xfffffe00, SECTION[1].raw_size = 0xfffffe00),
        PE_ERROR_TRUNCATED)
ACCEPTED(section_without_virtual_size, (SECTION[0].virtual_size = 0))
ACCEPTED(size_without_data_is_bss, SECTION[2].raw_size = 0x1000)
ACCEPTED(empty_section, (SECTION[2].virtual_size = 0, OPTIONAL.image_size = 0x4000))
ACCEPTED(image_larger_than_sections, OPTIONAL.image_size = 0x9000)

static void facts_are_those_of_the_headers(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder.nt->optional.image_size = 0x4801;
    builder.sections[2].virtual_size = 0x800;
    builder_must_open(&builder, &image);
    assert_int_equal(image.machine, PE_MACHINE_AMD64);
    assert_int_equal(image.subsystem, 3);
    assert_int_equal(image.image_base, BUILDER_BASE);
    assert_int_equal(image.image_size, 0x5000);
    assert_int_equal(image.entry_point.v, 0x1000);
    assert_int_equal(image.stack_reserve, 0x200000);
    assert_int_equal(image.stack_commit, 0x1000);
    assert_int_equal(image.heap_reserve, 0x100000);
    assert_int_equal(image.heap_commit, 0x2000);
    assert_int_equal(image.section_count, 3);
    assert_false(image.is_dll);
    assert_true(image.may_relocate);
    assert_true(image.wants_relocation);
    assert_false(image.is_one_piece);
    builder_end(&builder);
}

static void stripped_relocations_pin_the_image(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder.nt->file.characteristics |= PE_FILE_RELOCS_STRIPPED | PE_FILE_DLL;
    builder_must_open(&builder, &image);
    assert_false(image.may_relocate);
    assert_false(image.wants_relocation);
    assert_true(image.is_dll);
    builder_end(&builder);
}

static void sections_say_rights_and_what_is_in_the_file(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    memcpy(builder.sections[1].name, ".eightch", 8);
    builder.sections[2].characteristics |= PE_SECTION_SHARED | PE_SECTION_DISCARDABLE;
    builder_must_open(&builder, &image);
    assert_string_equal(image.sections[0].name, ".text");
    assert_string_equal(image.sections[1].name, ".eightch");
    assert_int_equal(image.sections[0].rights, PE_RIGHT_READ | PE_RIGHT_EXECUTE);
    assert_int_equal(image.sections[1].rights, PE_RIGHT_READ | PE_RIGHT_WRITE);
    assert_int_equal(image.sections[1].file_offset.v, 0x800);
    assert_int_equal(image.sections[1].file_size, 0x1000);
    assert_int_equal(image.sections[1].virtual_size, 0x2000);
    assert_int_equal(image.sections[2].file_size, 0);
    assert_true(image.sections[2].is_shared);
    assert_true(image.sections[2].is_discardable);
    assert_false(image.sections[0].is_shared);
    builder_end(&builder);
}

static void data_longer_than_its_section_is_cut_at_a_page(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder.sections[0].raw_size = 0x1200;
    builder_must_open(&builder, &image);
    assert_int_equal(image.sections[0].file_size, 0x1000);
    builder_end(&builder);
}

static void directories_may_be_fewer_or_more_than_sixteen(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_directory directory;
    builder_begin(&builder);
    builder_set_directory(&builder, PE_DIRECTORY_EXPORT, 0x2000, 40);
    builder_set_directory(&builder, PE_DIRECTORY_TLS, 0x2000, 40);
    builder.nt->optional.directory_count = UINT32_MAX;
    builder_must_open(&builder, &image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_TLS, &directory));
    builder.nt->optional.directory_count = 2;
    builder_must_open(&builder, &image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_EXPORT, &directory));
    assert_error(pe_get_directory(&image, PE_DIRECTORY_TLS, &directory), PE_ERROR_ABSENT);
    builder_end(&builder);
}

static void directories_are_proven_inside(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_directory directory;
    builder_begin(&builder);
    builder_set_directory(&builder, PE_DIRECTORY_RESOURCE, 0x4ff0, 16);
    builder_set_directory(&builder, PE_DIRECTORY_TLS, 0x4ff0, 17);
    builder_set_directory(&builder, PE_DIRECTORY_DEBUG, UINT32_MAX, UINT32_MAX);
    builder_set_directory(&builder, PE_DIRECTORY_CERTIFICATE, 0x400, 8);
    builder_must_open(&builder, &image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_RESOURCE, &directory));
    assert_int_equal(directory.rva.v, 0x4ff0);
    assert_int_equal(directory.size, 16);
    assert_error(pe_get_directory(&image, PE_DIRECTORY_TLS, &directory), PE_ERROR_DIRECTORY);
    assert_error(pe_get_directory(&image, PE_DIRECTORY_DEBUG, &directory), PE_ERROR_DIRECTORY);
    assert_error(pe_get_directory(&image, PE_DIRECTORY_CERTIFICATE, &directory), PE_ERROR_ABSENT);
    assert_error(pe_get_directory(&image, PE_DIRECTORY_COUNT, &directory), PE_ERROR_ABSENT);
    builder_end(&builder);
}

static void directories_may_be_missing_altogether(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder.nt->optional.directory_count = 0;
    builder.nt->file.optional_size = offsetof(struct pe_optional_header, directories);
    memmove(builder.nt->optional.directories, builder.sections, 3 * sizeof(*builder.sections));
    builder_must_open(&builder, &image);
    assert_int_equal(image.section_count, 3);
    assert_int_equal(image.directories[0].rva.v, 0);
    builder_end(&builder);
}

static void ninety_six_sections_are_accepted(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder.nt->file.section_count = PE_SECTION_MAX;
    builder.nt->optional.headers_size = 0x1200;
    builder.nt->optional.image_size = 0x2000 + PE_SECTION_MAX * 0x1000;
    for (uint32_t i = 0; i < PE_SECTION_MAX; i++) {
        builder.sections[i] = (struct pe_section_header){ .virtual_size = 0x1000,
                                                          .rva = 0x2000 + i * 0x1000,
                                                          .characteristics = PE_SECTION_READ };
    }
    builder_must_open(&builder, &image);
    for (uint32_t i = 0; i < PE_SECTION_MAX; i++) {
        pe_rva last = { 0x2fff + i * 0x1000 };
        assert_ptr_equal(pe_section_at(&image, last), &image.sections[i]);
    }
    builder_end(&builder);
}

static void section_at_knows_edges(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_null(pe_section_at(&image, (pe_rva){ 0xfff }));
    assert_ptr_equal(pe_section_at(&image, (pe_rva){ 0x1000 }), &image.sections[0]);
    assert_ptr_equal(pe_section_at(&image, (pe_rva){ 0x12ff }), &image.sections[0]);
    assert_null(pe_section_at(&image, (pe_rva){ 0x1300 }));
    assert_ptr_equal(pe_section_at(&image, (pe_rva){ 0x4fff }), &image.sections[2]);
    assert_null(pe_section_at(&image, (pe_rva){ UINT32_MAX }));
    builder_end(&builder);
}

static void every_error_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    assert_string_equal(pe_error_name(PE_ERROR_NOT_MZ), "PE_ERROR_NOT_MZ");
    for (int error = PE_OK; error <= PE_ERROR_UNWIND_STACK; error++) {
        assert_memory_equal(pe_error_name(error), "PE_", 3);
        assert_true(strlen(pe_error_text(error)) > 5);
    }
    assert_string_equal(pe_error_name(PE_ERROR_UNWIND_STACK + 1), "PE_ERROR_?");
    assert_string_equal(pe_error_text((enum pe_error) - 1), "an unknown error");
}

// Every length of file from nothing to whole is refused or opens; the sanitizer sees the rest.
static void truncation_anywhere_is_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    for (builder.size = 0; builder.size < BUILDER_SIZE; builder.size++)
        assert_int_not_equal(builder_open(&builder, &image), PE_OK);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_builders_image_is_valid),
        T(empty_file),
        T(one_byte),
        T(not_mz),
        T(dos_header_cut_off),
        T(nt_headers_behind_file),
        T(nt_headers_at_top),
        T(plain_dos_program),
        T(dos_program_with_chance_offset),
        T(ne_image),
        T(le_image),
        T(lx_image),
        T(pe_without_its_zeros),
        T(nt_headers_unaligned),
        T(nt_headers_cut_off),
        T(optional_header_cut_off),
        T(i386_machine),
        T(pe32_magic),
        T(arm64_machine),
        T(rom_magic),
        T(not_executable),
        T(optional_header_too_small),
        T(directories_without_room),
        T(file_alignment_zero),
        T(file_alignment_odd),
        T(file_alignment_below_sector),
        T(section_alignment_zero),
        T(section_alignment_odd),
        T(section_below_file_alignment),
        T(low_alignments_differ),
        T(image_size_zero),
        T(image_size_huge),
        T(image_base_unaligned),
        T(image_base_wraps),
        T(headers_size_below_section_table),
        T(headers_size_beyond_image),
        T(headers_cut_off),
        T(entry_point_behind_image),
        T(no_entry_point),
        T(too_many_sections),
        T(section_unaligned),
        T(section_over_headers),
        T(section_overlaps),
        T(sections_in_wrong_order),
        T(section_after_gap),
        T(section_beyond_image),
        T(section_wraps),
        T(section_data_unaligned),
        T(section_data_behind_file),
        T(section_data_cut_off),
        T(section_data_wraps),
        T(section_without_virtual_size),
        T(size_without_data_is_bss),
        T(empty_section),
        T(image_larger_than_sections),
        T(facts_are_those_of_the_headers),
        T(stripped_relocations_pin_the_image),
        T(sections_say_rights_and_what_is_in_the_file),
        T(data_longer_than_its_section_is_cut_at_a_page),
        T(directories_may_be_fewer_or_more_than_sixteen),
        T(directories_are_proven_inside),
        T(directories_may_be_missing_altogether),
        T(ninety_six_sections_are_accepted),
        T(section_at_knows_edges),
        T(every_error_has_a_name_and_a_sentence),
        T(truncation_anywhere_is_refused),
    };
    return cmocka_run_group_tests_name("pe image", tests, NULL, NULL);
}
