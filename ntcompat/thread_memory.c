// SPDX-License-Identifier: MIT
/*
 * What a thread has in its program's memory: a stack, and a TEB.
 *
 * TEBs are taken from blocks of 64 KiB, four in each; a block stays until the process ends, and a
 * TEB that has become free is the next one to be used, so that threads that come and go touch
 * no fresh memory. The process' first block begins with the PEB.
 *
 * The program can do to these pages what it likes. Whatever it does, the kernel writes and releases
 * them as the program itself could, by checked copies and ordinary requests.
 *
 * Source: learn.microsoft.com, "Thread Stack Size"
 */

#include "thread_memory.h"

#include <arch/user.h>
#include <kernel/apc.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/context.h>
#include <nt/thread.h>

#include "context.h"
#include "exception.h"
#include "image.h"
#include "nt_process.h"

#define STACK_RESERVE_DEFAULT (1 * MIB)
#define STACK_RESERVE_UNIT    (64 * KIB)
#define STACK_RESERVE_MIN     (64 * KIB)

// Wine's ntdll clears 960 KiB of a new thread's stack, from below: so much must be there, and may be
// touched in any order.
#define LOADER_STACK (1 * MIB)
#define THUNK_CLEARS (960 * KIB) // up to the page that the thread's start CONTEXT lies in

// The TEB, and at +3000h a buffer for ntdll's debug output. The PEB: +2000h a page that it reads.
#define TEB_STRIDE     0x4000u
#define TEBS_PER_BLOCK (ALLOCATION_GRANULARITY / TEB_STRIDE)

#define HOME_AREA_SIZE 0x28u // four home slots and the return address, above the first RSP
#define FLAGS_AT_START (RFLAGS_IF | 2) // bit 1 is always set

struct teb_block {
    struct list link;
    vaddr_t base;
    uint8_t used; // bit by TEB
};

// ---- TEBs -------------------------------------------------------------------------------------

static vaddr_t take_free(struct process *process)
{
    vaddr_t teb = 0;
    struct teb_block *block;
    irq_state_t state = spin_lock(&process->lock);
    list_for_each(block, &nt_process_of(process)->teb_blocks, link) {
        unsigned place = 0;
        while (place < TEBS_PER_BLOCK && (block->used >> place & 1) != 0)
            place++;
        if (place < TEBS_PER_BLOCK) {
            block->used |= (uint8_t)(1u << place);
            teb = block->base + place * TEB_STRIDE;
            break;
        }
    }
    spin_unlock(&process->lock, state);
    return teb;
}

// Adds a block, whose first TEB is the caller's.
static status_t add_block(struct process *process, vaddr_t *teb)
{
    struct teb_block *block = heap_alloc_zeroed(sizeof(*block));
    if (block == NULL)
        return STATUS_NO_MEMORY;
    struct space_reservation what = {
        .size = ALLOCATION_GRANULARITY,
        .top_down = true,
        .commit = true,
        .rights = RIGHTS_READ | RIGHTS_WRITE,
        .kind = AREA_PRIVATE,
    };
    status_t status = space_reserve(process->space, &what, &block->base);
    if (status != STATUS_SUCCESS) {
        heap_free(block);
        return status;
    }
    block->used = 1;
    *teb = block->base;
    irq_state_t state = spin_lock(&process->lock);
    list_append(&nt_process_of(process)->teb_blocks, &block->link);
    spin_unlock(&process->lock, state);
    return STATUS_SUCCESS;
}

status_t teb_alloc(struct process *process, vaddr_t *out)
{
    *out = take_free(process);
    return *out != 0 ? STATUS_SUCCESS : add_block(process, out);
}

void teb_free(struct process *process, vaddr_t teb)
{
    struct teb_block *block;
    irq_state_t state = spin_lock(&process->lock);
    list_for_each(block, &nt_process_of(process)->teb_blocks, link)
        if (teb >= block->base && teb - block->base < ALLOCATION_GRANULARITY)
            block->used &= (uint8_t) ~(1u << (teb - block->base) / TEB_STRIDE);
    spin_unlock(&process->lock, state);
}

// A TEB that was used before is cleared: what its thread left there is nobody's business.
static status_t clear_teb(vaddr_t teb)
{
    static const uint8_t zeroes[PAGE_SIZE];
    status_t status = copy_to_user((void USER *)teb, zeroes, PAGE_SIZE);
    if (status == STATUS_SUCCESS)
        status = copy_to_user((void USER *)(teb + PAGE_SIZE), zeroes, sizeof(TEB) - PAGE_SIZE);
    return status;
}

// Copies value to a member of the TEB at `at`: most of a TEB stays zero, so it is not built as a whole.
#define PUT_TEB(at, member, value)                                                                 \
    copy_to_user((void USER *)((at) + offsetof(TEB, member)), &(value), sizeof(value))

// The members that a TEB begins with, up to the PEB's address.
struct teb_head {
    NT_TIB tib;
    PVOID environment;
    CLIENT_ID client_id;
    PVOID rpc_handle;
    PVOID tls_pointer;
    PPEB peb;
};

static_assert(offsetof(struct teb_head, client_id) == offsetof(TEB, ClientId), "teb_head");
static_assert(offsetof(struct teb_head, peb) == offsetof(TEB, ProcessEnvironmentBlock), "teb_head");

static status_t write_head(const struct thread *thread, const struct thread_memory *memory)
{
    struct teb_head head = {
        // The end of a chain that Wine's DLLs compare with stack addresses: it must be above them.
        .tib.ExceptionList = (PVOID)~0ull,
        .tib.StackBase = (PVOID)memory->stack_base,
        .tib.StackLimit = (PVOID)memory->stack_limit,
        .tib.Self = (PNT_TIB)memory->teb,
        .client_id = nt_client_id(thread),
        .peb = (PPEB)nt_process_of(thread->process)->peb,
    };
    return PUT_TEB(memory->teb, NtTib, head);
}

static status_t write_teb(const struct thread *thread, const struct thread_memory *memory)
{
    vaddr_t at = memory->teb;
    CLIENT_ID client_id = nt_client_id(thread);
    PLIST_ENTRY cache = (PLIST_ENTRY)(at + offsetof(TEB, ActivationStack.FrameListCache));
    LIST_ENTRY empty = { cache, cache };
    PVOID activation_stack = (PVOID)(at + offsetof(TEB, ActivationStack));
    USHORT buffer_bytes = sizeof(((TEB *)0)->StaticUnicodeBuffer);
    PWSTR buffer = (PWSTR)(at + offsetof(TEB, StaticUnicodeBuffer));
    status_t status = clear_teb(at);
    if (status == STATUS_SUCCESS)
        status = write_head(thread, memory);
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, ActivationStack.FrameListCache, empty);
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, ActivationContextStackPointer, activation_stack);
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, RealClientId, client_id);
    // One by one: the gap between them stays 0.
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, StaticUnicodeString.MaximumLength, buffer_bytes);
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, StaticUnicodeString.Buffer, buffer);
    if (status == STATUS_SUCCESS)
        status = PUT_TEB(at, DeallocationStack, memory->stack_bottom);
    return status;
}

// ---- stacks -----------------------------------------------------------------------------------

// The header's figures where the caller has none; a reserve that is too small grows as documented.
static status_t reserve_stack(struct process *process, uint64_t reserve, uint64_t commit,
                              struct thread_memory *memory)
{
    const struct pe_image *pe = &nt_process_of(process)->image->pe;
    if (reserve == 0)
        reserve = pe->stack_reserve != 0 ? pe->stack_reserve : STACK_RESERVE_DEFAULT;
    if (commit == 0)
        commit = pe->stack_commit;
    commit = MAX(commit, PAGE_SIZE);
    if (reserve > USER_HIGHEST || commit > USER_HIGHEST)
        return STATUS_NO_MEMORY;
    if (reserve <= commit)
        reserve = ROUND_UP(commit + 1, MIB);
    reserve = MAX(ROUND_UP(reserve, STACK_RESERVE_UNIT), STACK_RESERVE_MIN);
    commit = ROUND_UP(commit, PAGE_SIZE);
    if (nt_process_of(process)->dispatchers.loader_thunk != 0) {
        reserve = MAX(reserve, LOADER_STACK);
        commit = reserve;
    }
    // Below the committed part: the guard page, and the page that is never given out.
    commit = MIN(commit, reserve - 2 * PAGE_SIZE);

    status_t status = space_reserve_stack(process->space, reserve, commit, &memory->stack_bottom);
    memory->stack_base = memory->stack_bottom + reserve;
    memory->stack_limit = memory->stack_base - commit;
    return status;
}

static void release_stack(struct address_space *space, vaddr_t bottom)
{
    vaddr_t start, end;
    // The address may be the program's own invention; what cannot be released stays.
    status_t status = STATUS_SUCCESS;
    if (bottom != 0 && bottom % PAGE_SIZE == 0 && user_range_is_plausible(bottom, 1))
        status = space_release(space, bottom, bottom, &start, &end);
    (void)status;
}

void thread_stack_grew(vaddr_t limit)
{
    vaddr_t teb = current_thread()->user_gs_base;
    if (teb == 0)
        return;
    // A program that has made its own TEB unwritable gets no news of its stack.
    status_t lost = put_user((vaddr_t USER *)(teb + offsetof(NT_TIB, StackLimit)), &limit);
    (void)lost;
}

// ---- both together ----------------------------------------------------------------------------

status_t thread_memory_create(struct process *process, uint64_t reserve, uint64_t commit,
                              struct thread_memory *out)
{
    status_t status = teb_alloc(process, &out->teb);
    if (status != STATUS_SUCCESS)
        return status;
    status = reserve_stack(process, reserve, commit, out);
    if (status != STATUS_SUCCESS)
        teb_free(process, out->teb);
    return status;
}

void thread_memory_destroy(struct process *process, const struct thread_memory *memory)
{
    release_stack(process->space, memory->stack_bottom);
    teb_free(process, memory->teb);
}

// IRETQ itself would fail on an address that has no place in either half of the address space; the
// kernel's last byte gives the program the access violation that it asked for.
static vaddr_t start_or_fault(vaddr_t start)
{
    return start < USER_END ? start : ~0ull;
}

status_t thread_prepare(struct thread *thread, const struct thread_memory *memory, vaddr_t start,
                        vaddr_t argument)
{
    const struct nt_process *nt = nt_process_of(thread->process);
    struct trap_frame frame = {
        .rip = start_or_fault(start),
        .rcx = argument,
        .rsp = memory->stack_base - HOME_AREA_SIZE,
        .cs = SELECTOR_USER_CODE,
        .ss = SELECTOR_USER_DATA,
        .rflags = FLAGS_AT_START,
    };
    status_t status = write_teb(thread, memory);
    if (status != STATUS_SUCCESS)
        return status;
    if (nt->dispatchers.loader_thunk != 0) {
        if (nt->dispatchers.thread_start != 0)
            frame.rip = nt->dispatchers.thread_start;
        frame.rcx = start;
        frame.rdx = argument;
        thread_ask_begin(thread);
    }
    thread->user_gs_base = memory->teb;
    nt_thread_of(thread)->teb = memory->teb;
    *thread_user_frame(thread) = frame;
    return STATUS_SUCCESS;
}

/*
 * What LdrInitializeThunk gets is a CONTEXT below the stack's end, with which it continues when it is
 * done. Only now: until here others could read and change the registers that it is made of.
 */
void thread_enter_thunk(struct trap_frame *frame)
{
    CONTEXT context = { .SegDs = SELECTOR_USER_DATA,
                        .SegEs = SELECTOR_USER_DATA,
                        .SegGs = SELECTOR_USER_DATA };
    vaddr_t at = ROUND_DOWN(frame->rsp, 16ull) - sizeof(context);
    context_capture(frame, CONTEXT_FULL, &context);
    status_t status = copy_to_user((void USER *)at, &context, sizeof(context));
    if (status != STATUS_SUCCESS) {
        exception_of_stack(frame, status); // somebody has taken its stack away
        return;
    }
    nt_thread_of(current_thread())->start_context = at;
    *frame = (struct trap_frame){
        .rip = current_nt_process()->dispatchers.loader_thunk,
        .rcx = at,
        .rdx = context.Rdx,
        .rsp = at - sizeof(uint64_t), // as after a call, with 0 as the return address
        .cs = SELECTOR_USER_CODE,
        .ss = SELECTOR_USER_DATA,
        .rflags = FLAGS_AT_START,
    };
}

void thread_left_thunk(const struct trap_frame *frame)
{
    struct nt_thread *nt = nt_thread_of(current_thread());
    vaddr_t end = ROUND_DOWN(nt->start_context, PAGE_SIZE);
    nt->start_context = 0;
    if (frame->rsp >= end && end > THUNK_CLEARS)
        space_discard(current_process()->space, end - THUNK_CLEARS, end);
}

// The stack that the TEB names now, which need not be the one that the thread began with: fibers.
static void release_thread_memory(struct thread *thread, vaddr_t teb)
{
    vaddr_t bottom = 0;
    status_t status =
        get_user(&bottom, (const vaddr_t USER *)(teb + offsetof(TEB, DeallocationStack)));
    if (status == STATUS_SUCCESS)
        release_stack(thread->process->space, bottom);
    teb_free(thread->process, teb);
}

// Where the whole process ends its memory goes as a whole.
void nt_thread_ended(struct thread *thread)
{
    struct nt_thread *nt = nt_thread_of(thread);
    if (nt != NULL && nt->teb != 0 && !thread->process->is_ending)
        release_thread_memory(thread, nt->teb);
}

void teb_free_blocks(struct process *process)
{
    struct teb_block *block, *next;
    list_for_each_safe(block, next, &nt_process_of(process)->teb_blocks, link) {
        list_remove(&block->link);
        heap_free(block);
    }
}
