// SPDX-License-Identifier: MIT
// Fuzzes the resolver: the input is a table, looked up at the places where its blocks start and at
// addresses made of its last bytes. libFuzzer's sanitizers watch what is read.

#include <symbols/symbols.h>

#include <string.h>

#define LOOKUPS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbols symbols;
    struct symbol_location at;
    if (!symbols_open(&symbols, data, size))
        return 0;
    for (uint32_t i = 0; i < LOOKUPS && i < symbols.block_count; i++) {
        uint32_t start;
        memcpy(&start, symbols.blocks + (size_t)i * 8, sizeof start);
        symbols_find(&symbols, symbols.base + start, &at);
        symbols_find(&symbols, symbols.base + start + data[size - 1 - i], &at);
    }
    symbols_find(&symbols, symbols.base, &at);
    symbols_find(&symbols, symbols.base + data[size - 1] * 256u, &at);
    symbols_find(&symbols, UINT64_MAX, &at);
    return 0;
}
