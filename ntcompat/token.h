// SPDX-License-Identifier: MIT
/*
 * Access tokens: for whom a process or a thread works. Every process has a primary token of its
 * own, at first a copy of its parent's; a thread may work with an impersonation token instead.
 *
 * A token's state changes under its lock, so whoever wants to look at it takes a copy.
 */

#pragma once

#include <kernel/mutex.h>
#include <kernel/object.h>
#include <nt/token.h>

#include "logon.h"

struct nt_process;
struct process;
struct thread;

#define TOKEN_DYNAMIC_SIZE 500u // bytes for the default DACL, as on NT

struct token_state {
    TOKEN_TYPE type;
    SECURITY_IMPERSONATION_LEVEL level; // of impersonation tokens
    LUID id, modified_id;
    ULONG integrity; // SECURITY_MANDATORY_..._RID
    ULONG user_attributes;
    bool is_filtered;             // by NtFilterToken
    uint8_t owner, primary_group; // enum logon_sid
    uint8_t group_count, privilege_count;
    struct {
        uint8_t sid; // enum logon_sid
        ULONG attributes;
    } groups[LOGON_GROUP_COUNT];
    LUID_AND_ATTRIBUTES privileges[LOGON_PRIVILEGE_COUNT];
    ULONG dacl_length; // 0: none, everybody may do everything
    _Alignas(4) UCHAR dacl[TOKEN_DYNAMIC_SIZE];
};

struct token {
    struct object object;
    struct mutex lock;
    struct token_state state; // [lock]
};

extern const struct object_type token_type; // "Token"

// A new token in that state, with an id of its own. STATUS_INSUFFICIENT_RESOURCES.
status_t token_create(const struct token_state *state, struct token **out) MUST_CHECK;

// The token of a new process, with one reference. parent: NULL, or the one that it is a child of.
status_t token_for_process(const struct nt_process *parent, struct object **out) MUST_CHECK;

/*
 * The token behind a handle of the running process, with a reference. NtCurrentProcessToken() and
 * its like are good for queries only.
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 *          STATUS_NO_TOKEN
 */
status_t token_of_handle(HANDLE handle, ACCESS_MASK access, struct token **out) MUST_CHECK;

// The thread's impersonation token, or NULL; its process' token. With a reference.
struct token *token_of_thread(struct thread *thread);
struct token *token_of_process(const struct process *process);

// For whom the running thread works.
struct token *token_effective(void);

void token_read(struct token *token, struct token_state *out);

static inline void token_put(struct token *token)
{
    object_put(&token->object);
}

/*
 * Lets thread work with another token from now on; 0: with that of its process.
 * Fails    as token_of_handle; STATUS_BAD_TOKEN_TYPE: not an impersonation token
 */
status_t token_impersonate(struct thread *thread, HANDLE handle) MUST_CHECK;

// Whether a SID is the user or a group, and counts. For denials, more SIDs count than for grants.
bool token_has_sid(const struct token_state *state, const SID *sid, bool for_denial);

// The privilege's entry, or NULL. It counts if it is SE_PRIVILEGE_ENABLED.
LUID_AND_ATTRIBUTES *token_find_privilege(struct token_state *state, LUID privilege);

// Whether the running thread holds a privilege (SE_..._PRIVILEGE), and has it enabled.
bool token_is_privileged(ULONG privilege);

// A number that no other caller gets.
LUID luid_next(void);
