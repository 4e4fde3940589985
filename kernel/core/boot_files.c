// SPDX-License-Identifier: MIT
/*
 * The files that came with the kernel. A module is a cpio archive ("newc", as an initrd is) whose
 * members are the files, or a file by itself, named by the first word of its command line.
 *
 * Source of the format: cpio(5), "New ASCII Format": a header of 8-digit hexadecimal fields, the
 * name, padding to 4, the data, padding to 4; the member TRAILER!!! is the end.
 */

#include <kernel/boot.h>

#include <kernel/frames.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/memory_object.h>
#include <kernel/string.h>

#define FILES_MAX 64

static struct {
    struct boot_file list[FILES_MAX];
    struct file_memory memory[FILES_MAX];
    size_t count;
} files;

struct cpio_header {
    char magic[6];
    char fields[13][8];
};
static_assert(sizeof(struct cpio_header) == 110, "cpio(5)");

enum {
    CPIO_FILE_SIZE = 6,
    CPIO_NAME_SIZE = 11
};

static bool read_hex(const char *digits, uint64_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        char c = digits[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit > 15)
            return false;
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

static const char *base_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

static void add_file(const char *name, const void *data, uint64_t size)
{
    if (files.count == FILES_MAX) {
        log_warn("boot", "more than %d files; %s is left out", FILES_MAX, name);
        return;
    }
    struct file_memory *memory = &files.memory[files.count];
    file_memory_init(memory);
    files.list[files.count++] = (struct boot_file){ base_name(name), data, size, memory };
}

enum member {
    MEMBER_READ,
    MEMBER_TRAILER,
    MEMBER_DAMAGED
};

// Reads the member at *offset and moves on to the next.
static enum member read_member(const char *archive, uint64_t size, uint64_t *offset)
{
    struct cpio_header header;
    uint64_t name_size, file_size;
    if (size - *offset < sizeof(header))
        return MEMBER_DAMAGED;
    memcpy(&header, archive + *offset, sizeof(header));
    if (memcmp(header.magic, "070701", 6) != 0 ||
        !read_hex(header.fields[CPIO_NAME_SIZE], &name_size) ||
        !read_hex(header.fields[CPIO_FILE_SIZE], &file_size))
        return MEMBER_DAMAGED;
    uint64_t name_at = *offset + sizeof(header);
    if (name_size == 0 || name_size > size - name_at)
        return MEMBER_DAMAGED;
    const char *name = archive + name_at;
    uint64_t data_at = ROUND_UP(name_at + name_size, 4);
    if (name[name_size - 1] != '\0' || data_at > size || file_size > size - data_at)
        return MEMBER_DAMAGED;
    if (strcmp(name, "TRAILER!!!") == 0)
        return MEMBER_TRAILER;
    add_file(name, archive + data_at, file_size);
    *offset = ROUND_UP(data_at + file_size, 4);
    return *offset <= size ? MEMBER_READ : MEMBER_DAMAGED;
}

static bool is_archive(const char *data, uint64_t size)
{
    return size >= 6 && memcmp(data, "070701", 6) == 0;
}

// What the boot menu calls a module; GRUB passes the words behind its file name.
static const char *module_name(const struct boot_module *module)
{
    return *module->name ? module->name : "unnamed";
}

static void read_modules(void)
{
    for (size_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];
        const char *data = direct_map(module->start);
        if (!is_archive(data, module->size)) {
            add_file(module_name(module), data, module->size);
            continue;
        }
        uint64_t offset = 0;
        enum member member;
        do {
            member = read_member(data, module->size, &offset);
        } while (member == MEMBER_READ);
        if (member == MEMBER_DAMAGED)
            log_warn("boot", "the archive %s is damaged at byte %lu; what follows is lost",
                     module_name(module), offset);
    }
    for (size_t i = 0; i < files.count; i++)
        log_debug("boot", "file %s, %lu bytes", files.list[i].name, files.list[i].size);
}
INITCALL(30_HEAP, read_modules);

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

const struct boot_file *boot_file_find(const char *name, size_t name_length)
{
    for (size_t i = 0; i < files.count; i++) {
        const char *have = files.list[i].name;
        size_t n = 0;
        while (n < name_length && have[n] && fold(have[n]) == fold(name[n]))
            n++;
        if (n == name_length && have[n] == '\0')
            return &files.list[i];
    }
    return NULL;
}
