// SPDX-License-Identifier: MIT
// Threads that change, duplicate, impersonate and guard the same things at once: whatever they see
// was true at some moment.

#include "tokens.h"

#include <user/thread.h>

#define THREADS 6
#define ROUNDS  300

static HANDLE shared_token, impersonation, guarded, threads[THREADS];
static volatile LONG are_ready, finished;

struct one_privilege {
    ULONG count;
    LUID_AND_ATTRIBUTES entry;
};

// The list of privileges must be whole whenever it is read: five, each with known attributes.
static NTSTATUS read_privileges(HANDLE token)
{
    struct {
        ULONG count;
        LUID_AND_ATTRIBUTES entries[5];
    } list;
    ULONG length;

    if (NtQueryInformationToken(token, TokenPrivileges, &list, sizeof(list), &length) !=
            STATUS_SUCCESS ||
        list.count != 5 || length != sizeof(list))
        return 1;
    for (unsigned i = 0; i < 5; i++)
        if (list.entries[i].Attributes & ~3u)
            return 1;
    return 0;
}

// What an adjustment says about the state before it must differ from what it asked for.
static NTSTATUS toggle(ULONG attributes)
{
    struct one_privilege wanted = { 1, { { SE_SHUTDOWN_PRIVILEGE, 0 }, attributes } }, previous;
    ULONG length;

    if (NtAdjustPrivilegesToken(shared_token, FALSE, (PTOKEN_PRIVILEGES)&wanted, sizeof(previous),
                                (PTOKEN_PRIVILEGES)&previous, &length) != STATUS_SUCCESS)
        return 1;
    return previous.count == 0 || previous.entry.Attributes != attributes ? 0 : 1;
}

// Gives and takes another thread's token, while that one asks what it works with.
static NTSTATUS impersonate_another(unsigned number, unsigned round)
{
    HANDLE thread = threads[(number + round) % THREADS];
    HANDLE token = round & 1 ? impersonation : NULL, opened;
    ULONG length;
    TOKEN_TYPE type;

    if (NtSetInformationThread(thread, ThreadImpersonationToken, &token, sizeof(token)) !=
        STATUS_SUCCESS)
        return 1;
    NTSTATUS status = NtOpenThreadToken(thread, TOKEN_QUERY, TRUE, &opened);
    if (status == STATUS_NO_TOKEN)
        return 0;
    if (status != STATUS_SUCCESS ||
        NtQueryInformationToken(opened, TokenType, &type, sizeof(type), &length) !=
            STATUS_SUCCESS ||
        type != TokenImpersonation)
        return 1;
    return NtClose(opened) == STATUS_SUCCESS ? 0 : 1;
}

// Replaces the descriptor of an object that others ask for at the same time.
static NTSTATUS guard(unsigned round)
{
    _Alignas(8) UCHAR room[64];
    SECURITY_DESCRIPTOR descriptor = { .Revision = 1, .Control = SE_DACL_PRESENT };
    _Alignas(8) char answer[256];
    ULONG length;

    acl_begin((ACL *)room, sizeof(room));
    acl_add((ACL *)room, ACCESS_ALLOWED_ACE_TYPE, EVENT_ALL_ACCESS >> (round & 1), &sid_everyone);
    descriptor.Dacl = (ACL *)room;
    if (NtSetSecurityObject(guarded, DACL_SECURITY_INFORMATION, &descriptor) != STATUS_SUCCESS)
        return 1;
    return NtQuerySecurityObject(guarded, DACL_SECURITY_INFORMATION, answer, sizeof(answer),
                                 &length) == STATUS_SUCCESS
               ? 0
               : 1;
}

static NTSTATUS race(void *argument)
{
    unsigned number = (unsigned)(ULONG_PTR)argument;
    NTSTATUS failures = 0;

    while (!atomic_load(&are_ready))
        NtYieldExecution();
    for (unsigned round = 0; round < ROUNDS; round++) {
        failures += toggle(round & 1 ? SE_PRIVILEGE_ENABLED : 0);
        failures += read_privileges(shared_token);
        failures += impersonate_another(number, round);
        failures += guard(round);
        HANDLE copy = NULL;
        if (NtDuplicateToken(shared_token, 0, NULL, FALSE, TokenPrimary, &copy) == STATUS_SUCCESS)
            failures += read_privileges(copy);
        (void)NtClose(copy);
    }
    // The others still use this thread's handle.
    atomic_add(&finished, 1);
    while (atomic_load(&finished) < THREADS)
        NtYieldExecution();
    return failures;
}

void test_races(void)
{
    HANDLE own = open_own_token();
    NTSTATUS failures = 0;

    (void)NtDuplicateToken(own, 0, NULL, FALSE, TokenPrimary, &shared_token);
    impersonation = duplicate_as(own, SecurityImpersonation);
    (void)NtCreateEvent(&guarded, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = thread_start(race, (void *)(ULONG_PTR)i);
    atomic_store(&are_ready, 1);
    for (unsigned i = 0; i < THREADS; i++)
        failures += thread_join(threads[i]);
    check_equal("threads at the same token, thread and object", (ULONGLONG)failures, 0);
    (void)NtClose(guarded);
    (void)NtClose(impersonation);
    (void)NtClose(shared_token);
    (void)NtClose(own);
}
