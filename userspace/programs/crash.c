// SPDX-License-Identifier: MIT
// Crashes at the end of a known chain of calls, main -> outer -> middle -> inner, for the report
// that names them. Each frame has another shape: none, saved registers, a large one.

#include <user/print.h>
#include <user/start.h>

// Called as written: neither inlined nor given another name by the optimiser.
#define NOIPA __attribute__((noipa))

static volatile int sink;

static NOIPA void inner(volatile int *where)
{
    *where = 1;
}

static NOIPA void middle(volatile int *where)
{
    volatile char large[0x3000];

    large[0] = 1;
    inner(where);
    sink += large[0];
}

static NOIPA int outer(int a, int b, int c, volatile int *where)
{
    int sum = sink + a;

    middle(where);
    sum = sum * b + sink;
    middle(where);
    return sum * c;
}

int main(int argc, char **argv)
{
    (void)argv;
    print("crash: main -> outer -> middle -> inner, which writes to address 0\n");
    sink = outer(argc, 2, 3, NULL);
    print("crash: nothing happened\n");
    return 1;
}
