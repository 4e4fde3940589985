// SPDX-License-Identifier: MIT
/*
 * The life of tokens, and the services that make and open them.
 *
 * A process holds a reference to its primary token as long as the process object exists; a thread
 * to its impersonation token until it is given another or is destroyed. Handles hold the others.
 *
 * Source: learn.microsoft.com, OpenProcessToken, OpenThreadToken, DuplicateTokenEx,
 * SetThreadToken, "Impersonation Levels"
 */

#include "token.h"

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "object_attributes.h"

#define QUERY_RIGHTS (TOKEN_QUERY | TOKEN_QUERY_SOURCE)

static void destroy_token(struct object *object)
{
    heap_free(container_of(object, struct token, object));
}

OBJECT_TYPE(token_type, "Token",
            .access = { TOKEN_ALL_ACCESS, STANDARD_RIGHTS_READ | TOKEN_QUERY | TOKEN_DUPLICATE,
                        STANDARD_RIGHTS_WRITE | TOKEN_ADJUST_PRIVILEGES | TOKEN_ADJUST_GROUPS |
                            TOKEN_ADJUST_DEFAULT,
                        STANDARD_RIGHTS_EXECUTE | TOKEN_ASSIGN_PRIMARY | TOKEN_IMPERSONATE },
            .destroy = destroy_token);

// ---- making and finding ------------------------------------------------------------------------

status_t token_create(const struct token_state *state, struct token **out)
{
    struct token *token = heap_alloc(sizeof(*token));
    if (token == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&token->object, &token_type);
    mutex_init(&token->lock, "token", LOCK_RANK_TOKEN);
    token->state = *state;
    token->state.id = luid_next();
    *out = token;
    return STATUS_SUCCESS;
}

static void describe_logon(struct token_state *state)
{
    memset(state, 0, sizeof(*state));
    state->type = TokenPrimary;
    state->modified_id = luid_next();
    state->integrity = SECURITY_MANDATORY_MEDIUM_RID;
    state->owner = LOGON_USER;
    state->primary_group = LOGON_PRIMARY_GROUP;
    state->group_count = LOGON_GROUP_COUNT;
    for (unsigned i = 0; i < LOGON_GROUP_COUNT; i++) {
        enum logon_sid which = LOGON_FIRST_GROUP + i;
        state->groups[i].sid = (uint8_t)which;
        state->groups[i].attributes = logon_group_attributes(which);
    }
    state->privilege_count = LOGON_PRIVILEGE_COUNT;
    memcpy(state->privileges, logon_privileges, sizeof(state->privileges));
    static_assert(LOGON_DACL_MAX <= TOKEN_DYNAMIC_SIZE, "it has room");
    state->dacl_length = logon_default_dacl(state->dacl);
}

status_t token_for_process(const struct nt_process *parent, struct object **out)
{
    struct token_state state;
    struct token *token;
    if (parent != NULL)
        token_read(container_of(parent->token, struct token, object), &state);
    else
        describe_logon(&state);
    status_t status = token_create(&state, &token);
    if (status == STATUS_SUCCESS)
        *out = &token->object;
    return status;
}

void token_read(struct token *token, struct token_state *out)
{
    mutex_lock(&token->lock);
    *out = token->state;
    mutex_unlock(&token->lock);
}

struct token *token_of_process(const struct process *process)
{
    struct token *token = container_of(nt_process_of(process)->token, struct token, object);
    object_get(&token->object);
    return token;
}

struct token *token_of_thread(struct thread *thread)
{
    struct nt_thread *nt = nt_thread_of(thread);
    struct token *token = NULL;
    if (nt == NULL)
        return NULL;
    irq_state_t state = spin_lock(&thread->process->lock);
    if (nt->token != NULL) {
        token = container_of(nt->token, struct token, object);
        object_get(&token->object);
    }
    spin_unlock(&thread->process->lock, state);
    return token;
}

struct token *token_effective(void)
{
    struct token *token = token_of_thread(current_thread());
    return token != NULL ? token : token_of_process(current_process());
}

// What NtCurrentProcessToken() and its like mean.
static status_t find_pseudo(HANDLE handle, ACCESS_MASK access, struct token **out)
{
    struct token *token;
    if (handle == NtCurrentProcessToken())
        token = token_of_process(current_process());
    else if (handle == NtCurrentThreadToken())
        token = token_of_thread(current_thread());
    else
        token = token_effective();
    if (token == NULL)
        return STATUS_NO_TOKEN;
    if (access & ~QUERY_RIGHTS) {
        token_put(token);
        return STATUS_ACCESS_DENIED;
    }
    *out = token;
    return STATUS_SUCCESS;
}

status_t token_of_handle(HANDLE handle, ACCESS_MASK access, struct token **out)
{
    struct object *object;
    if (handle == NtCurrentProcessToken() || handle == NtCurrentThreadToken() ||
        handle == NtCurrentEffectiveToken())
        return find_pseudo(handle, access, out);
    status_t status = nt_find_object(handle, &token_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct token, object);
    return status;
}

// ---- impersonation -----------------------------------------------------------------------------

// Takes over the caller's reference to token, which may be NULL.
static status_t set_impersonation(struct thread *thread, struct token *token)
{
    struct nt_thread *nt = nt_thread_of(thread);
    struct object *old = token != NULL ? &token->object : NULL;
    status_t status = STATUS_INVALID_HANDLE; // the thread is still being made
    if (nt != NULL) {
        irq_state_t state = spin_lock(&thread->process->lock);
        struct object *replaced = nt->token;
        nt->token = old;
        old = replaced;
        spin_unlock(&thread->process->lock, state);
        status = STATUS_SUCCESS;
    }
    if (old != NULL)
        object_put(old);
    return status;
}

status_t token_impersonate(struct thread *thread, HANDLE handle)
{
    struct token *token;
    if (handle == NULL)
        return set_impersonation(thread, NULL);
    status_t status = token_of_handle(handle, TOKEN_IMPERSONATE, &token);
    if (status != STATUS_SUCCESS)
        return status;
    if (token->state.type != TokenImpersonation) { // never changes
        token_put(token);
        return STATUS_BAD_TOKEN_TYPE;
    }
    return set_impersonation(thread, token);
}

// There is nobody else whom a thread could work for.
NTSTATUS NtImpersonateAnonymousToken(HANDLE ThreadHandle)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_IMPERSONATE, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    object_put(&thread->object);
    return STATUS_ACCESS_DENIED;
}

// ---- opening -----------------------------------------------------------------------------------

// Makes a handle for a token; takes over the caller's reference.
static status_t make_handle(HANDLE USER *handle, ACCESS_MASK access, ULONG attributes,
                            struct token *token)
{
    object_open(&token->object);
    return nt_make_handle(handle, access, attributes, &token->object);
}

NTSTATUS NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                              ULONG HandleAttributes, HANDLE USER *TokenHandle)
{
    struct process *process;
    status_t status =
        nt_process_of_handle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct token *token = token_of_process(process);
    object_put(&process->object);
    return make_handle(TokenHandle, DesiredAccess, HandleAttributes, token);
}

NTSTATUS NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                            HANDLE USER *TokenHandle)
{
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

// OpenAsSelf would matter if there were users who differ in what they may open.
NTSTATUS NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                             ULONG HandleAttributes, HANDLE USER *TokenHandle)
{
    struct thread *thread;
    (void)OpenAsSelf;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    struct token *token = token_of_thread(thread);
    object_put(&thread->object);
    if (token == NULL)
        return STATUS_NO_TOKEN;
    if (token->state.level == SecurityAnonymous) {
        token_put(token);
        return STATUS_CANT_OPEN_ANONYMOUS;
    }
    return make_handle(TokenHandle, DesiredAccess, HandleAttributes, token);
}

NTSTATUS NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                           HANDLE USER *TokenHandle)
{
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}
