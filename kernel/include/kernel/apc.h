// SPDX-License-Identifier: MIT
/*
 * Asynchronous procedure calls: work that is done in the context of a chosen thread.
 *
 * Kernel APCs run in the kernel at the thread's next safe point: before it returns to user mode, or
 * out of a wait that is a program's, which is entered again afterwards. They serve to read or
 * change a thread's registers, which nobody else can do while it may be running.
 *
 * User APCs are functions of the program. They run when the thread waits alertably or tests for
 * them, in order of arrival; special ones (NtQueueApcThreadEx) on the next return to user mode. The
 * personality turns them into calls.
 */

#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct thread;
struct trap_frame;

/*
 * Runs function in the context of thread, and waits until it has. frame is what thread's user mode
 * goes on with; function may change it. For the running thread it is called at once.
 * Fails    STATUS_THREAD_IS_TERMINATING: thread has ended, or is to end
 *          STATUS_CANCELLED: the running thread is to end; function was not called
 * Context  thread, no lock held. function: no lock held, may sleep
 */
status_t thread_run(struct thread *thread,
                    void (*function)(struct trap_frame *frame, void *context),
                    void *context) MUST_CHECK;

/*
 * Has the personality's thread_begins called before thread, which has not been in user mode yet,
 * goes there. Until then it can be suspended, and its registers read and changed, as the
 * personality has prepared them.
 * Context  the maker of a thread that does not run yet, or the thread itself
 */
void thread_ask_begin(struct thread *thread);

struct user_apc {
    struct list link;
    struct thread *thread; // [s] whose queue it is in; NULL: none
    uint64_t routine;      // address in the program
    uint64_t arguments[3];
    bool is_special;
    void (*release)(struct user_apc *apc); // frees it: it has been delivered, or never will be
};

// false: the thread has ended, and apc is still the caller's.
bool thread_queue_user_apc(struct thread *thread, struct user_apc *apc) MUST_CHECK;
bool thread_queue_user_apc_locked(struct thread *thread, struct user_apc *apc) MUST_CHECK;

// Takes an APC back that has not been delivered. false: it is not queued any more.
bool user_apc_cancel_locked(struct user_apc *apc);

// Makes all user APCs of the running thread due, as at the end of an alertable wait. Returns
// whether there are any (NtTestAlert).
bool thread_test_user_apcs(void);

// The next user APC of the running thread that is due, or NULL. The caller releases it.
struct user_apc *thread_take_user_apc(void);

// Ends an alertable wait of thread with STATUS_ALERTED, now or when it begins (NtAlertThread).
void thread_alert(struct thread *thread);
// Whether the running thread was alerted; forgets it.
bool thread_test_alert(void);
