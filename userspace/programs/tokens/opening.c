// SPDX-License-Identifier: MIT
// Opening the tokens of processes and threads, and the handles that need no opening.

#include "tokens.h"

static void test_process_tokens(void)
{
    HANDLE token = NULL, query = NULL;
    ULONG length;

    check_status("open the process' token",
                 NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &query), STATUS_SUCCESS);
    check_status("it can be asked", ask(query, TokenUser, BUFFER_SIZE, &length), STATUS_SUCCESS);
    check_status("without the right it cannot be changed",
                 NtAdjustPrivilegesToken(query, TRUE, NULL, 0, NULL, NULL), STATUS_ACCESS_DENIED);
    check_status("its source takes a right of its own",
                 ask(query, TokenSource, BUFFER_SIZE, &length), STATUS_ACCESS_DENIED);
    check_status("the other form of opening",
                 NtOpenProcessTokenEx(NtCurrentProcess(), MAXIMUM_ALLOWED, 0, &token),
                 STATUS_SUCCESS);
    check_status("all that is allowed includes the source",
                 ask(token, TokenSource, BUFFER_SIZE, &length), STATUS_SUCCESS);
    (void)NtClose(query);
    (void)NtClose(token);
    check_status("a token of nothing", NtOpenProcessToken((HANDLE)0x7770, TOKEN_QUERY, &token),
                 STATUS_INVALID_HANDLE);
    check_status("of a thread as if it were a process",
                 NtOpenProcessToken(NtCurrentThread(), TOKEN_QUERY, &token),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("into the kernel",
                 NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, KERNEL_ADDRESS),
                 STATUS_ACCESS_VIOLATION);
}

static void test_thread_tokens(void)
{
    HANDLE token = NULL;

    check_status("a thread has none at first",
                 NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, FALSE, &token), STATUS_NO_TOKEN);
    check_status("by the other form, too",
                 NtOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, 0, &token),
                 STATUS_NO_TOKEN);
    check_status("nobody becomes anonymous", NtImpersonateAnonymousToken(NtCurrentThread()),
                 STATUS_ACCESS_DENIED);
}

static void test_pseudo_handles(void)
{
    ULONG length;

    check_status("the process' token without opening it",
                 ask(NtCurrentProcessToken(), TokenUser, BUFFER_SIZE, &length), STATUS_SUCCESS);
    check_status("the effective one",
                 ask(NtCurrentEffectiveToken(), TokenUser, BUFFER_SIZE, &length), STATUS_SUCCESS);
    check_status("the thread's, which is not there",
                 ask(NtCurrentThreadToken(), TokenUser, BUFFER_SIZE, &length), STATUS_NO_TOKEN);
    check_status("such a handle changes nothing",
                 NtAdjustPrivilegesToken(NtCurrentProcessToken(), TRUE, NULL, 0, NULL, NULL),
                 STATUS_ACCESS_DENIED);
    check_status("closing it does nothing", NtClose(NtCurrentProcessToken()), STATUS_SUCCESS);
}

void test_opening(void)
{
    test_process_tokens();
    test_thread_tokens();
    test_pseudo_handles();
}
