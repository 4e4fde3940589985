// SPDX-License-Identifier: MIT
// A program for test_image: code, constants, data with addresses to relocate in each, and bss.

static int counter = 7;
static int zeroes[5000];

static const void *const constants[] = { &counter, zeroes, &constants };
static void *variables[] = { &zeroes[4999], &variables };

// A table over a page, so that relocations fill whole blocks and cross into the next.
#define FOUR(x)    x, x, x, x
#define SIXTEEN(x) FOUR(x), FOUR(x), FOUR(x), FOUR(x)
#define MANY(x)    SIXTEEN(x), SIXTEEN(x), SIXTEEN(x), SIXTEEN(x)
static void *table[] = { MANY(&counter), MANY(zeroes), MANY(&counter), MANY(zeroes),
                         MANY(&counter), MANY(zeroes), MANY(&counter), MANY(zeroes),
                         MANY(&counter), MANY(zeroes), MANY(&counter), MANY(zeroes) };

#ifdef IMPORTS
__declspec(dllimport) int lstrlenA(const char *text);
#endif

#ifdef EXPORTS
__declspec(dllexport)
#endif
    int entry(int n)
{
#ifdef IMPORTS
    n += lstrlenA("x");
#endif
    return *(const int *)constants[n % 3] + *(int *)variables[n % 2] + *(int *)table[n % 768];
}
