// SPDX-License-Identifier: MIT
// Mutants and semaphores. Source: learn.microsoft.com, CreateMutex, ReleaseMutex, KeReleaseMutant,
// CreateSemaphore, ReleaseSemaphore, KeReleaseSemaphore.

#include "sync.h"

#include <user/start.h>

static MUTANT_BASIC_INFORMATION query(HANDLE mutant)
{
    MUTANT_BASIC_INFORMATION information = { 0 };

    check_status(
        "query a mutant",
        NtQueryMutant(mutant, MutantBasicInformation, &information, sizeof(information), NULL),
        STATUS_SUCCESS);
    return information;
}

static void test_owner(HANDLE mutant)
{
    MUTANT_OWNER_INFORMATION owner;

    check_status("ask who owns a mutant",
                 NtQueryMutant(mutant, MutantOwnerInformation, &owner, sizeof(owner), NULL),
                 STATUS_SUCCESS);
    check("this thread does",
          owner.ClientId.UniqueThread == current_teb()->ClientId.UniqueThread &&
              owner.ClientId.UniqueProcess == current_teb()->ClientId.UniqueProcess);
}

void test_mutants(void)
{
    HANDLE mutant = NULL;
    LONG previous = 9;

    check_status("make a mutant that is taken",
                 NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE), STATUS_SUCCESS);
    check_equal("it is taken once", (ULONG)query(mutant).CurrentCount, 0);
    check("by the caller", query(mutant).OwnedByCaller);
    test_owner(mutant);
    check_status("its owner takes it again", try_wait(mutant), STATUS_WAIT_0);
    check_equal("it is taken twice", (ULONG)query(mutant).CurrentCount, (ULONG)-1);
    check_status("give it back", NtReleaseMutant(mutant, &previous), STATUS_SUCCESS);
    check_equal("it had been taken twice", (ULONG)previous, (ULONG)-1);
    check_status("and again", NtReleaseMutant(mutant, &previous), STATUS_SUCCESS);
    check_equal("once", (ULONG)previous, 0);
    check_status("too often", NtReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED);
    check_equal("it is free", (ULONG)query(mutant).CurrentCount, 1);
    check("nobody's", !query(mutant).OwnedByCaller && !query(mutant).AbandonedState);
    check_status("query no class",
                 NtQueryMutant(mutant, (MUTANT_INFORMATION_CLASS)2, &previous, 8, NULL),
                 STATUS_INVALID_INFO_CLASS);
    check_status("query a wrong length",
                 NtQueryMutant(mutant, MutantOwnerInformation, &previous, 8, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    NtClose(mutant);

    // Whoever owns it may release it; the handle needs no right for that.
    check_status("a mutant to be waited for only",
                 NtCreateMutant(&mutant, SYNCHRONIZE, NULL, FALSE), STATUS_SUCCESS);
    check_status("take it", try_wait(mutant), STATUS_WAIT_0);
    check_status("give it back without rights", NtReleaseMutant(mutant, NULL), STATUS_SUCCESS);
    check_status("take it, and close it while it is taken", try_wait(mutant), STATUS_WAIT_0);
    NtClose(mutant);
    check_status("release an event", NtReleaseMutant(NtCurrentThread(), NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
}

static void test_semaphore_refusals(void)
{
    static const struct {
        LONG initial, maximum;
    } wrong[] = { { 0, 0 }, { 0, -1 }, { -1, 1 }, { 2, 1 }, { 1, 0 } };
    HANDLE semaphore = NULL;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_status("a semaphore of wrong counts",
                     NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, wrong[i].initial,
                                       wrong[i].maximum),
                     STATUS_INVALID_PARAMETER);
    check_status("a semaphore that cannot be released",
                 NtCreateSemaphore(&semaphore, SYNCHRONIZE, NULL, 1, 2), STATUS_SUCCESS);
    check_status("cannot", NtReleaseSemaphore(semaphore, 1, NULL), STATUS_ACCESS_DENIED);
    NtClose(semaphore);
}

void test_semaphores(void)
{
    HANDLE semaphore = NULL;
    LONG previous = 9;
    SEMAPHORE_BASIC_INFORMATION information = { 0 };

    test_semaphore_refusals();
    check_status("make a semaphore",
                 NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 3), STATUS_SUCCESS);
    check_status("the first of two", try_wait(semaphore), STATUS_WAIT_0);
    check_status("the second of two", try_wait(semaphore), STATUS_WAIT_0);
    check_status("there is no third", try_wait(semaphore), STATUS_TIMEOUT);
    check_status("release three", NtReleaseSemaphore(semaphore, 3, &previous), STATUS_SUCCESS);
    check_equal("there were none", (ULONG)previous, 0);
    previous = 9;
    check_status("one too many", NtReleaseSemaphore(semaphore, 1, &previous),
                 STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    check_equal("leaves the result alone", (ULONG)previous, 9);
    check_status("far too many", NtReleaseSemaphore(semaphore, INT32_MAX, NULL),
                 STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    check_status("release none", NtReleaseSemaphore(semaphore, 0, NULL), STATUS_INVALID_PARAMETER);
    check_status("release fewer", NtReleaseSemaphore(semaphore, -1, NULL),
                 STATUS_INVALID_PARAMETER);
    check_status("query a semaphore",
                 NtQuerySemaphore(semaphore, SemaphoreBasicInformation, &information,
                                  sizeof(information), NULL),
                 STATUS_SUCCESS);
    check_equal("its count", (ULONG)information.CurrentCount, 3);
    check_equal("its limit", (ULONG)information.MaximumCount, 3);
    NtClose(semaphore);
}
