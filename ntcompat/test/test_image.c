// SPDX-License-Identifier: MIT
/*
 * Opening, refusing and mapping images, with programs that MinGW made for this test. The kernel's
 * part is played by the few functions below: a heap that the sanitizer watches, and an address
 * space that only remembers what it was asked.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/log.h>
#include <kernel/status.h>

#include "image.h"
#include "processor.h"

// ---- the kernel's part ------------------------------------------------------------------------

static struct {
    struct area area; // what was reserved last
    struct space_reservation asked;
    unsigned refusals; // so many reservations at an address fail
    bool is_full;      // all do
    bool fails_protect;
    bool fails_charge;
    uint8_t rights[64]; // by page
    bool keeps_base;    // the boot option aslr=off
} world;

void *heap_alloc_zeroed(size_t size)
{
    return calloc(1, size);
}

void heap_free(void *block)
{
    free(block);
}

status_t memory_object_init(struct memory_object *object, const struct memory_object_ops *ops,
                            uint64_t page_count, uint64_t charge)
{
    assert_int_equal(page_count, charge);
    object->ops = ops;
    object->references = 1;
    object->page_count = page_count;
    return world.fails_charge ? STATUS_COMMITMENT_LIMIT : STATUS_SUCCESS;
}

void memory_object_get(struct memory_object *object)
{
    object->references++;
}

void memory_object_put(struct memory_object *object)
{
    if (--object->references == 0)
        object->ops->destroy(object);
}

struct memory_object *file_memory_find(struct file_memory *file, struct memory_object **which)
{
    (void)file;
    if (*which != NULL)
        memory_object_get(*which);
    return *which;
}

struct memory_object *file_memory_enter(struct file_memory *file, struct memory_object **which,
                                        struct memory_object *object)
{
    (void)file;
    assert_null(*which);
    *which = object;
    return object;
}

void file_memory_leave(struct file_memory *file, struct memory_object **which,
                       struct memory_object *object)
{
    (void)file;
    assert_ptr_equal(*which, object);
    *which = NULL;
}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
    *mutex = (struct mutex){ .name = name, .rank = (uint8_t)rank };
}

void mutex_lock(struct mutex *mutex)
{
    assert_null(mutex->owner);
    mutex->owner = (struct thread *)mutex;
}

void mutex_unlock(struct mutex *mutex)
{
    assert_non_null(mutex->owner);
    mutex->owner = NULL;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
    (void)level;
    (void)subsystem;
    (void)format;
}

bool boot_option(const char *name, char *value, size_t room)
{
    if (strcmp(name, "aslr") != 0 || !world.keeps_base)
        return false;
    snprintf(value, room, "off");
    return true;
}

uint64_t processor_random(void)
{
    static uint64_t state = 1;
    return state = state * 6364136223846793005ull + 1442695040888963407ull;
}

status_t space_reserve(struct address_space *space, const struct space_reservation *what,
                       vaddr_t *address)
{
    (void)space;
    if (world.is_full)
        return STATUS_NO_MEMORY;
    if (what->address != 0 && world.refusals != 0) {
        world.refusals--;
        return STATUS_CONFLICTING_ADDRESSES;
    }
    *address = what->address != 0 ? what->address : 0x7FFF00000000ull;
    world.asked = *what;
    world.area =
        (struct area){ .start = *address, .end = *address + what->size, .object = what->object };
    memory_object_get(what->object);
    memset(world.rights, what->rights, sizeof(world.rights));
    return STATUS_SUCCESS;
}

status_t space_protect(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights,
                       uint8_t *old_rights)
{
    (void)space;
    assert_true(start >= world.area.start && end <= world.area.end && start < end);
    assert_int_equal((start | end) & PAGE_MASK, 0);
    if (world.fails_protect)
        return STATUS_NO_MEMORY;
    *old_rights = world.rights[(start - world.area.start) / PAGE_SIZE];
    for (vaddr_t at = start; at < end; at += PAGE_SIZE)
        world.rights[(at - world.area.start) / PAGE_SIZE] = rights;
    return STATUS_SUCCESS;
}

status_t space_unmap(struct address_space *space, vaddr_t address, bool keep_placeholder)
{
    (void)space;
    assert_false(keep_placeholder);
    assert_int_equal(address, world.area.start);
    memory_object_put(world.area.object);
    world.area.object = NULL;
    return STATUS_SUCCESS;
}

static const struct image_view anywhere;

// ---- helpers ----------------------------------------------------------------------------------

static const char *sample_folder;
static char reason_text[256];
static struct reason reason = { reason_text, sizeof(reason_text) };

// Loads a sample into a block of exactly its size.
static struct boot_file load(const char *name)
{
    static struct file_memory memory; // of the file that was loaded last

    char path[512];
    snprintf(path, sizeof(path), "%s/%s", sample_folder, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("cannot open %s", path);
    fseek(stream, 0, SEEK_END);
    size_t size = (size_t)ftell(stream);
    rewind(stream);
    uint8_t *data = malloc(size);
    assert_int_equal(fread(data, 1, size, stream), size);
    fclose(stream);
    assert_null(memory.image);
    memory = (struct file_memory){ 0 };
    return (struct boot_file){ name, data, size, &memory };
}

static uint8_t *bytes_of(const struct boot_file *file)
{
    return (uint8_t *)(uintptr_t)file->data;
}

static struct pe_nt_headers *headers_of(uint8_t *bytes)
{
    return (struct pe_nt_headers *)(void *)(bytes +
                                            ((struct pe_dos_header *)(void *)bytes)->nt_headers);
}

static void check_refusal(const struct boot_file *file, status_t expected, const char *words)
{
    struct image *image;
    reason_text[0] = '\0';
    status_t status = image_open(file, &image, &reason);
    if (status == STATUS_SUCCESS) {
        status = image_check_program(image, &reason);
        image_put(image);
    }
    assert_int_equal(status, expected);
    assert_non_null(strstr(reason_text, words));
    assert_int_equal(strncmp(reason_text, file->name, strlen(file->name)), 0);
}

/*
 * The image as it must stand at base, made in the plainest way: copy sections, walk relocations.
 */
static uint8_t *reference_mapping(const struct boot_file *file, uint64_t base)
{
    uint8_t *bytes = bytes_of(file);
    const struct pe_nt_headers *nt = headers_of(bytes);
    uint8_t *memory = calloc(1, ROUND_UP(nt->optional.image_size, 4096u));
    memcpy(memory, bytes, nt->optional.headers_size);
    const struct pe_section_header *section =
        (const void *)((const uint8_t *)&nt->optional + nt->file.optional_size);
    for (unsigned i = 0; i < nt->file.section_count; i++, section++)
        if (section->raw_offset != 0)
            memcpy(memory + section->rva, bytes + section->raw_offset,
                   MIN(section->raw_size, ROUND_UP(section->virtual_size, 4096u)));
    uint64_t delta = base - nt->optional.image_base;
    struct pe_raw_directory where = nt->optional.directories[PE_DIRECTORY_RELOCATION];
    for (uint32_t at = 0; at < where.size;) {
        struct pe_raw_relocation_block block;
        memcpy(&block, memory + where.rva + at, sizeof(block));
        for (uint32_t i = sizeof(block); i < block.size; i += 2) {
            uint16_t entry;
            memcpy(&entry, memory + where.rva + at + i, 2);
            uint64_t value;
            if (entry >> 12 != PE_RELOCATION_DIR64)
                continue;
            memcpy(&value, memory + block.page + (entry & 0xFFF), 8);
            value += delta;
            memcpy(memory + block.page + (entry & 0xFFF), &value, 8);
        }
        at += block.size;
    }
    headers_of(memory)->optional.image_base = base;
    return memory;
}

static void check_mapping(const struct boot_file *file, vaddr_t base)
{
    uint8_t *expected = reference_mapping(file, base);
    uint8_t page[PAGE_SIZE];
    // Backwards, as pages are touched in any order.
    for (vaddr_t at = world.area.end; at > world.area.start;) {
        at -= PAGE_SIZE;
        memset(page, 0xCC, sizeof(page));
        assert_int_equal(image_memory_ops.fill(world.area.object, (at - base) / PAGE_SIZE, page),
                         STATUS_SUCCESS);
        assert_memory_equal(page, expected + (at - base), PAGE_SIZE);
    }
    free(expected);
}

static void map_and_check(const char *name, vaddr_t expected_base)
{
    struct boot_file file = load(name);
    struct image *image;
    vaddr_t base;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_SUCCESS);
    image_put(image); // the mapping holds a reference of its own
    if (expected_base != 0)
        assert_int_equal(base, expected_base);
    assert_int_equal(base % 0x10000, 0);
    check_mapping(&file, base);
    memory_object_put(world.area.object);
    free(bytes_of(&file));
}

// ---- tests ------------------------------------------------------------------------------------

static int start_fresh(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    return 0;
}

static void a_freestanding_program_is_accepted(void **state)
{
    (void)state;
    struct boot_file file = load("program.exe");
    struct image *image;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    assert_int_equal(image_check_program(image, &reason), STATUS_SUCCESS);
    assert_string_equal(image->name, "program.exe");
    image_put(image);
    free(bytes_of(&file));
}

static void a_program_with_imports_is_told_which_dll_it_needs(void **state)
{
    (void)state;
    struct boot_file file = load("importing.exe");
    check_refusal(&file, STATUS_DLL_NOT_FOUND, "needs KERNEL32.dll");
    free(bytes_of(&file));
}

static void a_dll_is_no_program(void **state)
{
    (void)state;
    struct boot_file file = load("program.dll");
    check_refusal(&file, STATUS_INVALID_IMAGE_FORMAT, "DLL");
    free(bytes_of(&file));
}

static void other_kinds_of_files_get_the_status_that_nt_gives(void **state)
{
    (void)state;
    struct boot_file file = load("program.exe");
    uint8_t *bytes = bytes_of(&file);
    struct pe_nt_headers saved = *headers_of(bytes), *nt = headers_of(bytes);

    nt->file.machine = 0xAA64;
    check_refusal(&file, STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE, "processor");
    nt->file.machine = PE_MACHINE_I386;
    nt->optional.magic = PE_OPTIONAL_PE32;
    check_refusal(&file, STATUS_INVALID_IMAGE_WIN_32, "32-bit");
    *nt = saved;
    nt->optional.subsystem = 10;
    check_refusal(&file, STATUS_INVALID_IMAGE_FORMAT, "subsystem 10");
    *nt = saved;
    nt->signature = 0x454E;
    check_refusal(&file, STATUS_INVALID_IMAGE_NE_FORMAT, "16-bit");
    *nt = saved;
    bytes[0] = '#';
    check_refusal(&file, STATUS_INVALID_IMAGE_NOT_MZ, "MZ");
    bytes[0] = 'M';

    struct boot_file cut = { "cut.exe", malloc(1000), 1000, file.memory };
    memcpy(bytes_of(&cut), bytes, 1000);
    check_refusal(&cut, STATUS_INVALID_IMAGE_FORMAT, ": ");
    free(bytes_of(&cut));
    free(bytes);
}

static void every_page_is_filled_and_relocated(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        map_and_check("program.exe", 0);
    world.keeps_base = true;
    map_and_check("program.exe", 0x140000000ull);
    map_and_check("program.dll", 0);
}

static void an_image_without_aslr_stands_at_its_base_or_not_at_all(void **state)
{
    (void)state;
    map_and_check("fixed.exe", 0x140000000ull);

    struct boot_file file = load("fixed.exe");
    struct image *image;
    vaddr_t base;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    world.refusals = 1;
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(image->memory.references, 1);
    image_put(image);
    free(bytes_of(&file));
}

static void a_crowded_space_only_moves_the_image(void **state)
{
    (void)state;
    world.refusals = 3;
    map_and_check("program.exe", 0);
    world.refusals = 9; // all tries at random
    map_and_check("program.exe", 0x140000000ull);
    world.refusals = 10; // and its base
    map_and_check("program.exe", 0x7FFF00000000ull);
}

static void sections_get_the_rights_of_their_headers(void **state)
{
    (void)state;
    struct boot_file file = load("program.exe");
    struct image *image;
    vaddr_t base;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_SUCCESS);
    assert_int_equal(world.rights[0], RIGHTS_READ);
    unsigned seen = 0;
    for (uint32_t i = 0; i < image->pe.section_count; i++) {
        const struct pe_section *section = &image->pe.sections[i];
        uint8_t rights = world.rights[section->rva.v / PAGE_SIZE];
        if (strcmp(section->name, ".text") == 0 && ++seen)
            assert_int_equal(rights, RIGHTS_READ | RIGHTS_EXECUTE);
        if (strcmp(section->name, ".rdata") == 0 && ++seen)
            assert_int_equal(rights, RIGHTS_READ);
        if ((strcmp(section->name, ".data") == 0 || strcmp(section->name, ".bss") == 0) && ++seen)
            assert_int_equal(rights, RIGHTS_READ | RIGHTS_WRITE | RIGHTS_COPY);
    }
    assert_int_equal(seen, 4);
    assert_int_equal(world.asked.kind, AREA_IMAGE);
    memory_object_put(world.area.object);
    image_put(image);
    free(bytes_of(&file));
}

// The sanitizer's leak check proves the rest.
static void a_failure_gives_everything_back(void **state)
{
    (void)state;
    struct boot_file file = load("program.exe");
    struct image *image;
    vaddr_t base;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    struct image *again;
    assert_int_equal(image_open(&file, &again, &reason), STATUS_SUCCESS);
    assert_ptr_equal(again, image); // whoever opens it gets the same one
    image_put(again);
    world.is_full = true;
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_NO_MEMORY);
    world.is_full = false;
    world.fails_protect = true;
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_NO_MEMORY);
    assert_null(world.area.object);
    assert_int_equal(image->memory.references, 1);
    image_put(image);
    world.fails_charge = true;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_COMMITMENT_LIMIT);
    free(bytes_of(&file));
}

// The first process decides; the others follow, or relocate the image themselves.
static void the_base_is_chosen_once(void **state)
{
    (void)state;
    struct boot_file file = load("program.exe");
    struct image *image;
    vaddr_t first, base;
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    assert_int_equal(image_map(image, NULL, &anywhere, &first), STATUS_SUCCESS);
    assert_int_equal(image->base, first);
    memory_object_put(world.area.object);
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_SUCCESS);
    assert_int_equal(base, first);
    memory_object_put(world.area.object);
    world.refusals = 1;
    assert_int_equal(image_map(image, NULL, &anywhere, &base), STATUS_SUCCESS);
    assert_int_equal(image->base, first);
    assert_int_not_equal(base, first);
    memory_object_put(world.area.object);
    world.refusals = 1;
    assert_int_equal(image_map_program(image, NULL, &base), STATUS_CONFLICTING_ADDRESSES);
    image_put(image);
    // The file remembers.
    assert_int_equal(image_open(&file, &image, &reason), STATUS_SUCCESS);
    assert_int_equal(image->base, first);
    image_put(image);
    free(bytes_of(&file));
}

int main(int argc, char **argv)
{
    (void)argc;
    // The samples lie beside this program.
    static char folder[512];
    snprintf(folder, sizeof(folder), "%s", argv[0]);
    char *slash = strrchr(folder, '/');
    snprintf(slash != NULL ? slash : folder, sizeof(folder) / 2, "%s",
             slash != NULL ? "/samples" : "samples");
    sample_folder = folder;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_freestanding_program_is_accepted, start_fresh),
        cmocka_unit_test_setup(a_program_with_imports_is_told_which_dll_it_needs, start_fresh),
        cmocka_unit_test_setup(a_dll_is_no_program, start_fresh),
        cmocka_unit_test_setup(other_kinds_of_files_get_the_status_that_nt_gives, start_fresh),
        cmocka_unit_test_setup(every_page_is_filled_and_relocated, start_fresh),
        cmocka_unit_test_setup(an_image_without_aslr_stands_at_its_base_or_not_at_all, start_fresh),
        cmocka_unit_test_setup(a_crowded_space_only_moves_the_image, start_fresh),
        cmocka_unit_test_setup(sections_get_the_rights_of_their_headers, start_fresh),
        cmocka_unit_test_setup(the_base_is_chosen_once, start_fresh),
        cmocka_unit_test_setup(a_failure_gives_everything_back, start_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
