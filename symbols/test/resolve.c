// SPDX-License-Identifier: MIT
/*
 * The resolver as a host program: addresses in, locations out. pack_symbols.py --verify compares
 * its answers with nm's and addr2line's, so that the code which the kernel runs is what gets
 * verified.
 *
 *   resolve TABLE < addresses (hexadecimal, one a line)
 *
 * Prints for each address a line of fields with tabs between: offset, size, line, name, file; for
 * an address that is not found a line with "?".
 */

#include <symbols/symbols.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    void *data = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        if (end > 0 && fseek(file, 0, SEEK_SET) == 0 && (data = malloc((size_t)end)) != NULL)
            *size = fread(data, 1, (size_t)end, file);
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s TABLE < addresses\n", argv[0]);
        return 2;
    }
    size_t size = 0;
    void *table = read_whole(argv[1], &size);
    struct symbols symbols;
    if (table == NULL || !symbols_open(&symbols, table, size)) {
        fprintf(stderr, "%s: not a symbol table that can be read\n", argv[1]);
        free(table);
        return 1;
    }
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct symbol_location at;
        if (symbols_find(&symbols, strtoull(line, NULL, 16), &at))
            printf("%" PRIu64 "\t%" PRIu64 "\t%" PRIu32 "\t%s\t%s\n", at.offset, at.size, at.line,
                   at.name, at.file);
        else
            printf("?\n");
    }
    free(table);
    return ferror(stdin) || fflush(stdout) != 0;
}
