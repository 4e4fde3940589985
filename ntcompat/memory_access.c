// SPDX-License-Identifier: MIT
/*
 * Services on memory that exists: reading and writing another process's, locking, flushing, and the
 * list of pages that were written.
 *
 * Source: learn.microsoft.com, ReadProcessMemory, NtReadVirtualMemory, VirtualLock, GetWriteWatch,
 * ResetWriteWatch, FlushViewOfFile, FlushInstructionCache
 */

#include "services_generated.h"

#include <kernel/frames.h>
#include <kernel/memory_object.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "service.h"
#include "virtual_memory.h"

// One transfer between the caller's buffer and another process.
struct transfer {
    struct address_space *space;
    vaddr_t address; // there
    vaddr_t buffer;  // here
    bool is_write;   // to there
    size_t done;
};

// Moves at most a page through `page`. *moved falls short of size only with a failure.
static status_t move_piece(struct transfer *transfer, void *page, size_t size, size_t *moved)
{
    vaddr_t there = transfer->address + transfer->done, here = transfer->buffer + transfer->done;
    status_t status = STATUS_SUCCESS, copied = STATUS_SUCCESS;
    *moved = 0;
    if (transfer->is_write) {
        status = copy_from_user(page, (const void USER *)here, size);
        if (status == STATUS_SUCCESS)
            copied = space_write(transfer->space, there, page, size, moved);
    } else {
        copied = space_read(transfer->space, there, page, size, moved);
        if (*moved != 0)
            status = copy_to_user((void USER *)here, page, *moved);
    }
    if (status != STATUS_SUCCESS) {
        *moved = 0;
        return STATUS_ACCESS_VIOLATION; // the caller's own buffer
    }
    return copied == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static status_t move_all(struct transfer *transfer, size_t size)
{
    struct frame *frame = frame_alloc(FRAME_TAG_HEAP);
    status_t status = STATUS_SUCCESS;
    if (frame == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (transfer->done < size && status == STATUS_SUCCESS) {
        size_t moved;
        status = move_piece(transfer, frame_address(frame), MIN(size - transfer->done, PAGE_SIZE),
                            &moved);
        transfer->done += moved;
        if (status == STATUS_SUCCESS && thread_is_terminating(current_thread()))
            status = STATUS_CANCELLED;
    }
    frames_free(frame);
    return status;
}

static status_t move_memory(HANDLE process, ACCESS_MASK access, const void USER *address,
                            const void USER *buffer, SIZE_T size, SIZE_T USER *NumberOfBytes)
{
    struct transfer transfer = { .address = (vaddr_t)address,
                                 .buffer = (vaddr_t)buffer,
                                 .is_write = access == PROCESS_VM_WRITE };
    if (!user_range_is_plausible((vaddr_t)address, size) ||
        !user_range_is_plausible((vaddr_t)buffer, size))
        return STATUS_ACCESS_VIOLATION;
    status_t status = STATUS_SUCCESS;
    if (NumberOfBytes != NULL) {
        SIZE_T old;
        status = capture_inout(&old, NumberOfBytes);
    }
    struct nt_memory memory;
    if (status == STATUS_SUCCESS)
        status = nt_memory_of_handle(process, access, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    transfer.space = memory.space;
    if (size != 0)
        status = move_all(&transfer, size);
    nt_memory_release(&memory);
    if (NumberOfBytes != NULL) {
        SIZE_T done = transfer.done;
        status_t lost = put_user(NumberOfBytes, &done);
        (void)lost;
    }
    return status;
}

NTSTATUS NtReadVirtualMemory(HANDLE ProcessHandle, void USER *BaseAddress, void USER *Buffer,
                             SIZE_T NumberOfBytesToRead, SIZE_T USER *NumberOfBytesRead)
{
    return move_memory(ProcessHandle, PROCESS_VM_READ, BaseAddress, Buffer, NumberOfBytesToRead,
                       NumberOfBytesRead);
}

NTSTATUS NtWriteVirtualMemory(HANDLE ProcessHandle, void USER *BaseAddress, void USER *Buffer,
                              SIZE_T NumberOfBytesToWrite, SIZE_T USER *NumberOfBytesWritten)
{
    return move_memory(ProcessHandle, PROCESS_VM_WRITE, BaseAddress, Buffer, NumberOfBytesToWrite,
                       NumberOfBytesWritten);
}

NTSTATUS NtFlushInstructionCache(HANDLE ProcessHandle, void USER *BaseAddress, SIZE_T Length)
{
    (void)BaseAddress;
    (void)Length;
    // The processors see to it themselves; only the handle can be wrong.
    struct nt_memory memory;
    status_t status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_WRITE, &memory);
    if (status == STATUS_SUCCESS)
        nt_memory_release(&memory);
    return status;
}

// The arguments that locking and flushing have in common, checked; memory is to be released.
static status_t begin(HANDLE ProcessHandle, PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                      struct nt_range *range, struct nt_memory *memory)
{
    status_t status = nt_capture_range(BaseAddress, RegionSize, range);
    if (status == STATUS_SUCCESS)
        status = nt_check_range(range, STATUS_INVALID_PARAMETER_3);
    if (status == STATUS_SUCCESS)
        status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, memory);
    return status;
}

// Nothing is ever paged out, so a page that is there stays.
static status_t touch_all(struct address_space *space, vaddr_t start, vaddr_t end)
{
    status_t status = STATUS_SUCCESS;
    while (start < end && status == STATUS_SUCCESS) {
        vaddr_t stop = start + MIN(end - start, MIB);
        status = space_touch(space, start, stop);
        if (status == STATUS_SUCCESS && thread_is_terminating(current_thread()))
            status = STATUS_CANCELLED;
        start = stop;
    }
    return status;
}

static status_t lock_or_unlock(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                               SIZE_T USER *RegionSize, ULONG MapType, bool is_lock)
{
    struct nt_range range;
    struct nt_memory memory;
    if (MapType == 0 || (MapType & ~(MAP_PROCESS | MAP_SYSTEM)) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((MapType & MAP_SYSTEM) != 0)
        return STATUS_PRIVILEGE_NOT_HELD;
    status_t status = begin(ProcessHandle, BaseAddress, RegionSize, &range, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t start = nt_first_page(&range), end = nt_end_of_pages(&range);
    if (range.size == 0)
        status = STATUS_INVALID_PARAMETER_3;
    else if (is_lock)
        status = touch_all(memory.space, start, end);
    nt_memory_release(&memory);
    if (status == STATUS_SUCCESS)
        nt_publish_range(BaseAddress, RegionSize, start, end);
    return status;
}

NTSTATUS NtLockVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress, SIZE_T USER *RegionSize,
                             ULONG MapType)
{
    return lock_or_unlock(ProcessHandle, BaseAddress, RegionSize, MapType, true);
}

NTSTATUS NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                               SIZE_T USER *RegionSize, ULONG MapType)
{
    return lock_or_unlock(ProcessHandle, BaseAddress, RegionSize, MapType, false);
}

NTSTATUS NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID USER *BaseAddress,
                              SIZE_T USER *RegionSize, IO_STATUS_BLOCK USER *IoStatus)
{
    struct nt_range range;
    struct nt_memory memory;
    struct space_view view;
    status_t status = begin(ProcessHandle, BaseAddress, RegionSize, &range, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    if (!space_find_view(memory.space, range.base, &view)) {
        status = STATUS_NOT_MAPPED_VIEW;
    } else if (view.object == NULL || memory_object_is_zeroed(view.object)) {
        status = STATUS_NOT_MAPPED_DATA;
    }
    // No file of today can be written to, so there is nothing to write back.
    if (status != STATUS_NOT_MAPPED_VIEW && view.object != NULL)
        memory_object_put(view.object);
    nt_memory_release(&memory);
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t start = nt_first_page(&range);
    vaddr_t end = range.size == 0 ? view.area_end : MIN(nt_end_of_pages(&range), view.area_end);
    nt_publish_range(BaseAddress, RegionSize, start, end);
    IO_STATUS_BLOCK block = { .Pointer = NULL, .Information = 0 };
    return put_user(IoStatus, &block);
}

#define WATCH_PIECE 64u // addresses that are copied out at once

// Copies the addresses of written pages out, or with to == NULL only forgets them.
static status_t take_written(struct address_space *space, vaddr_t start, vaddr_t end, bool clear,
                             PVOID USER *to, ULONG_PTR room, ULONG_PTR *total)
{
    vaddr_t pages[WATCH_PIECE];
    status_t status = STATUS_SUCCESS;
    *total = 0;
    while (start < end && (to == NULL || *total < room) && status == STATUS_SUCCESS) {
        size_t count, piece = to == NULL ? WATCH_PIECE : MIN(WATCH_PIECE, room - *total);
        status = space_take_written(space, start, end, clear, pages, piece, &count, &start);
        if (status == STATUS_SUCCESS && to != NULL)
            status = copy_to_user(to + *total, pages, count * sizeof(pages[0]));
        *total += count;
        if (status == STATUS_SUCCESS && thread_is_terminating(current_thread()))
            status = STATUS_CANCELLED;
    }
    return status;
}

NTSTATUS NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, void USER *BaseAddress,
                         SIZE_T RegionSize, PVOID USER *UserAddressArray,
                         ULONG_PTR USER *EntriesInUserAddressArray, ULONG USER *Granularity)
{
    struct nt_range range = { (vaddr_t)BaseAddress, RegionSize };
    const ULONG granularity = PAGE_SIZE;
    ULONG_PTR room, total;
    if ((Flags & ~WRITE_WATCH_FLAG_RESET) != 0)
        return STATUS_INVALID_PARAMETER;
    status_t status = capture_inout(&room, EntriesInUserAddressArray);
    if (status == STATUS_SUCCESS)
        status = put_user(Granularity, &granularity);
    if (status != STATUS_SUCCESS)
        return status;
    if (RegionSize == 0 || room == 0 ||
        nt_check_range(&range, STATUS_INVALID_PARAMETER) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    if (UserAddressArray == NULL)
        return STATUS_ACCESS_VIOLATION;
    struct nt_memory memory;
    status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    status = take_written(memory.space, nt_first_page(&range), nt_end_of_pages(&range),
                          (Flags & WRITE_WATCH_FLAG_RESET) != 0, UserAddressArray, room, &total);
    nt_memory_release(&memory);
    return status == STATUS_SUCCESS ? put_user(EntriesInUserAddressArray, &total) : status;
}

NTSTATUS NtResetWriteWatch(HANDLE ProcessHandle, void USER *BaseAddress, SIZE_T RegionSize)
{
    struct nt_range range = { (vaddr_t)BaseAddress, RegionSize };
    ULONG_PTR ignored;
    if (RegionSize == 0 || nt_check_range(&range, STATUS_INVALID_PARAMETER) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    struct nt_memory memory;
    status_t status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    status = take_written(memory.space, nt_first_page(&range), nt_end_of_pages(&range), true, NULL,
                          0, &ignored);
    nt_memory_release(&memory);
    return status;
}
