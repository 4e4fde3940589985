// SPDX-License-Identifier: MIT
/*
 * Attacks on the kernel that are no single exception (fault.c) and no random call (random/).
 *
 *   hostile code32      jumps to 32-bit code and calls the kernel from there: an access violation
 *   hostile iret        goes to the next instruction by an IRET of its own
 *   hostile selectors   looks for selectors that a program before left, and leaves some
 *   hostile memory      commits and touches all memory, twice
 *   hostile tables      touches a page in every 2 MiB, until tables and pages have used up memory
 *   hostile areas       makes 100,000 reservations, and leaves them
 *   hostile own         releases its own PEB, parameters and TEB, then goes on: exit code 77
 *   hostile texts       writes more lines to the log than a program may
 *   hostile spans       asks for and about nearly all addresses at once
 *   hostile answers     looks for what answers of the kernel must not hold
 *   hostile KIND        makes threads, ended-threads, apcs, events, names, reservations, packets,
 *                       timers, mutants or sections until the kernel has no memory: exit code 77
 *
 * After each of them the machine must be sound and have all its memory back.
 */

#include "hostile.h"

#include <user/memory.h>

static const struct subject {
    const char *name;
    int (*attack)(void);
} subjects[] = {
    { "code32", hostile_code32 },
    { "iret", hostile_iret },
    { "selectors", hostile_selectors },
    { "memory", hostile_memory },
    { "tables", hostile_tables },
    { "areas", hostile_areas },
    { "own", hostile_own },
    { "texts", hostile_texts },
    { "spans", hostile_spans },
    { "answers", hostile_answers },
};

// A text of 1,500 lines, "x" each, twice.
int hostile_texts(void)
{
    static WCHAR lines[3000];
    UNICODE_STRING text = { sizeof(lines), sizeof(lines), lines };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        lines[i] = i % 2 == 0 ? 'x' : '\n';
    check_status("a long text", NtDisplayString(&text), STATUS_SUCCESS);
    check_status("another one", NtDisplayString(&text), STATUS_SUCCESS);
    return check_summary("hostile");
}

int main(int argc, char **argv)
{
    int result;

    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
        if (argc == 2 && strcmp(argv[1], subjects[i].name) == 0)
            return subjects[i].attack();
    if (argc == 2 && hostile_exhaust(argv[1], &result))
        return result;
    print_error(
        "usage: hostile code32|iret|selectors|memory|tables|areas|own|texts|spans|answers|KIND\n");
    return 1;
}
