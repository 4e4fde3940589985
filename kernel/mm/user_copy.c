// SPDX-License-Identifier: MIT
/*
 * Copies to and from programs (user_copy.h). The range is checked against the user half here; what
 * is mapped in it is found out by touching it, in arch's instructions that may fault.
 */

#include <kernel/user_copy.h>

#include <arch/user.h>

#include <kernel/status.h>
#include <kernel/thread.h>

bool user_range_is_plausible(vaddr_t start, uint64_t size)
{
    return size == 0 || (start < USER_END && size <= USER_END - start);
}

// The address of user memory as arch wants it, for its eyes only.
static void *raw(const void USER *pointer)
{
    return (void *)(vaddr_t)pointer;
}

static status_t result(bool is_done)
{
    return likely(is_done) ? STATUS_SUCCESS : current_thread()->copy_fault_status;
}

status_t copy_from_user(void *to, const void USER *from, size_t size)
{
    if (unlikely(!user_range_is_plausible((vaddr_t)from, size)))
        return STATUS_ACCESS_VIOLATION;
    return result(arch_copy_user(to, raw(from), size));
}

status_t copy_to_user(void USER *to, const void *from, size_t size)
{
    if (unlikely(!user_range_is_plausible((vaddr_t)to, size)))
        return STATUS_ACCESS_VIOLATION;
    return result(arch_copy_user(raw(to), from, size));
}

// Whether eight bytes at an address lie in the user's half.
static bool is_user_word(const void USER *pointer)
{
    return likely((vaddr_t)pointer <= USER_END - sizeof(uint64_t));
}

status_t copy_word_from_user(void *to, const void USER *from)
{
    if (!is_user_word(from))
        return STATUS_ACCESS_VIOLATION;
    return result(arch_copy_user64(to, raw(from)));
}

status_t copy_word_to_user(void USER *to, const void *from)
{
    if (!is_user_word(to))
        return STATUS_ACCESS_VIOLATION;
    return result(arch_copy_user64(raw(to), from));
}
