// SPDX-License-Identifier: MIT
/*
 * A fixed amount of computing, to compare machines and accelerators.
 *
 *   spin [ROUNDS]   default 20, each a sieve of the primes below 2^20
 *
 * Prints a checksum on standard output, always the same for the same ROUNDS, and the time that it
 * took on standard error.
 */

#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

#define LIMIT (1u << 20)

// Counts the primes below LIMIT: 82025 of them.
static unsigned sieve(unsigned char *is_composite)
{
    unsigned count = 0;

    memset(is_composite, 0, LIMIT);
    for (unsigned n = 2; n < LIMIT; n++) {
        if (is_composite[n])
            continue;
        count++;
        for (unsigned multiple = 2 * n; multiple < LIMIT; multiple += n)
            is_composite[multiple] = 1;
    }
    return count;
}

int main(int argc, char **argv)
{
    static unsigned char is_composite[LIMIT];
    uint64_t rounds = 20;
    uint64_t checksum = 0;
    LARGE_INTEGER start, end, frequency;

    if (argc > 2 || (argc == 2 && !parse_number(argv[1], 1000000, &rounds))) {
        print_error("usage: spin [ROUNDS]\n");
        return 1;
    }
    (void)NtQueryPerformanceCounter(&start, &frequency);
    for (uint64_t i = 0; i < rounds; i++)
        checksum = checksum * 31 + sieve(is_composite);
    (void)NtQueryPerformanceCounter(&end, NULL);

    print("spin: %llu rounds, checksum %016llX\n", rounds, checksum);
    print_error("spin: %lld us\n",
                (end.QuadPart - start.QuadPart) / (frequency.QuadPart / 1000000));
    return 0;
}
