// SPDX-License-Identifier: MIT
/*
 * The services about object directories and symbolic links.
 *
 * Source: learn.microsoft.com, ZwCreateDirectoryObject, NtOpenDirectoryObject,
 * NtQueryDirectoryObject, NtOpenSymbolicLinkObject, NtQuerySymbolicLinkObject
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "object_attributes.h"
#include "service.h"

// The most that one call lists; a caller with more room gets the rest by its next call. Any one
// entry fits.
#define LIST_ROOM_MAX ((size_t)128 * KIB)

// ---- directories -------------------------------------------------------------------------------

NTSTATUS NtCreateDirectoryObject(HANDLE USER *DirectoryHandle, ACCESS_MASK DesiredAccess,
                                 OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    struct object *directory;
    status_t status = directory_create(&directory);
    if (status != STATUS_SUCCESS)
        return status;
    return nt_create_object(DirectoryHandle, DesiredAccess, ObjectAttributes, directory);
}

NTSTATUS NtCreateDirectoryObjectEx(HANDLE USER *DirectoryHandle, ACCESS_MASK DesiredAccess,
                                   OBJECT_ATTRIBUTES USER *ObjectAttributes,
                                   HANDLE ShadowDirectoryHandle, ULONG Flags)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (ShadowDirectoryHandle != NULL)
        return service_lacks("NtCreateDirectoryObjectEx", "shadow directory",
                             (uint64_t)ShadowDirectoryHandle);
    return NtCreateDirectoryObject(DirectoryHandle, DesiredAccess, ObjectAttributes);
}

NTSTATUS NtOpenDirectoryObject(HANDLE USER *DirectoryHandle, ACCESS_MASK DesiredAccess,
                               OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(DirectoryHandle, DesiredAccess, ObjectAttributes, &directory_type);
}

/*
 * A list in the making: entries grow from the start of the buffer, their texts from its end; when it
 * is complete the texts move down behind the entry of zeroes that ends the list.
 */
struct listing {
    uint8_t *buffer;
    size_t room;
    size_t entry_count;
    size_t texts;      // offset of the first text
    size_t needed;     // bytes that the entry needed that did not fit; 0: all did
    uint32_t position; // of the last entry that is in
    bool is_single;    // one entry is enough
    bool has_more;     // there is one behind those
};

static OBJECT_DIRECTORY_INFORMATION *entry_of(struct listing *listing, size_t index)
{
    return (OBJECT_DIRECTORY_INFORMATION *)listing->buffer + index;
}

// Puts a text with its NUL in front of the others. Its Buffer is an offset for now.
static void add_text(struct listing *listing, size_t length, UNICODE_STRING *out)
{
    size_t bytes = length * sizeof(WCHAR);
    listing->texts -= bytes + sizeof(WCHAR);
    WCHAR *text = (WCHAR *)(listing->buffer + listing->texts);
    text[length] = 0;
    nt_set_string(out, bytes, listing->texts);
}

static bool list_entry_of(uint32_t position, struct name name, const struct object_type *type,
                          void *context)
{
    struct listing *listing = context;
    size_t type_length = strlen(type->name);
    size_t text_bytes = (name.length + 1 + type_length + 1) * sizeof(WCHAR);
    // With this entry and the one that ends the list.
    size_t entry_bytes = (listing->entry_count + 2) * sizeof(OBJECT_DIRECTORY_INFORMATION);
    if (listing->is_single && listing->entry_count == 1) {
        listing->has_more = true;
        return false;
    }
    if (entry_bytes > listing->texts || text_bytes > listing->texts - entry_bytes) {
        listing->has_more = true;
        listing->needed = entry_bytes + text_bytes;
        return false;
    }
    OBJECT_DIRECTORY_INFORMATION *entry = entry_of(listing, listing->entry_count++);
    memset(entry, 0, sizeof(*entry));
    add_text(listing, type_length, &entry->TypeName);
    WCHAR *text = (WCHAR *)(listing->buffer + listing->texts);
    for (size_t i = 0; i < type_length; i++)
        text[i] = (uint8_t)type->name[i];
    add_text(listing, name.length, &entry->Name);
    memcpy(listing->buffer + listing->texts, name.text, name.length * sizeof(WCHAR));
    listing->position = position;
    return true;
}

// Ends the list and turns offsets into the program's addresses. Returns its length.
static size_t finish_listing(struct listing *listing, vaddr_t address)
{
    size_t entry_bytes = (listing->entry_count + 1) * sizeof(OBJECT_DIRECTORY_INFORMATION);
    size_t text_bytes = listing->room - listing->texts;
    vaddr_t moved = address + entry_bytes - listing->texts;
    for (size_t i = 0; i < listing->entry_count; i++) {
        OBJECT_DIRECTORY_INFORMATION *entry = entry_of(listing, i);
        entry->Name.Buffer = (PWSTR)((vaddr_t)entry->Name.Buffer + moved);
        entry->TypeName.Buffer = (PWSTR)((vaddr_t)entry->TypeName.Buffer + moved);
    }
    *entry_of(listing, listing->entry_count) = (OBJECT_DIRECTORY_INFORMATION){ 0 };
    memmove(listing->buffer + entry_bytes, listing->buffer + listing->texts, text_bytes);
    return entry_bytes + text_bytes;
}

static status_t listing_status(const struct listing *listing)
{
    if (listing->entry_count == 0 && !listing->has_more)
        return STATUS_NO_MORE_ENTRIES;
    if (listing->is_single)
        return listing->entry_count != 0 ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    return listing->has_more ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
}

// Lists into listing and the program's buffer at `address`. *length: bytes written, or needed.
static status_t list_directory(struct object *directory, uint32_t after, struct listing *listing,
                               vaddr_t address, ULONG *length)
{
    listing->buffer = heap_alloc(listing->room);
    if (listing->buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    listing->texts = listing->room;
    listing->position = after;
    directory_list(directory, after, list_entry_of, listing);
    status_t status = listing_status(listing);
    if (listing->entry_count != 0) {
        *length = (ULONG)finish_listing(listing, address);
        status_t copied = copy_to_user((void USER *)address, listing->buffer, *length);
        if (copied != STATUS_SUCCESS)
            status = copied;
    } else {
        *length = (ULONG)MAX(listing->needed, sizeof(OBJECT_DIRECTORY_INFORMATION));
    }
    heap_free(listing->buffer);
    return status;
}

NTSTATUS NtQueryDirectoryObject(HANDLE DirectoryHandle, void USER *Buffer, ULONG Length,
                                BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, ULONG USER *Context,
                                ULONG USER *ReturnLength)
{
    struct object *directory;
    ULONG after = 0, length = 0;
    status_t status = RestartScan ? STATUS_SUCCESS : get_user(&after, Context);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_find_object(DirectoryHandle, &directory_type, DIRECTORY_QUERY, &directory);
    if (status != STATUS_SUCCESS)
        return status;
    struct listing listing = { .room =
                                   ROUND_DOWN(MIN((size_t)Length, LIST_ROOM_MAX), sizeof(WCHAR)),
                               .is_single = ReturnSingleEntry != 0 };
    // Even a list of nothing is built somewhere.
    listing.room = MAX(listing.room, sizeof(WCHAR));
    status = list_directory(directory, after, &listing, (vaddr_t)Buffer, &length);
    object_put(directory);

    if (status_is_success(status)) {
        status_t published = put_user(Context, &listing.position);
        if (published != STATUS_SUCCESS)
            return published;
    }
    bool is_told = status_is_success(status) || status == STATUS_BUFFER_TOO_SMALL ||
                   status == STATUS_NO_MORE_ENTRIES;
    if (is_told)
        status = nt_publish_length(status, length, ReturnLength);
    return status;
}

// ---- symbolic links ----------------------------------------------------------------------------

NTSTATUS NtCreateSymbolicLinkObject(HANDLE USER *LinkHandle, ACCESS_MASK DesiredAccess,
                                    OBJECT_ATTRIBUTES USER *ObjectAttributes,
                                    UNICODE_STRING USER *LinkTarget)
{
    UNICODE_STRING target;
    status_t status = get_user(&target, LinkTarget);
    if (status != STATUS_SUCCESS)
        return status;
    if (target.MaximumLength == 0 || target.Length > target.MaximumLength ||
        target.Length % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    uint16_t *text = heap_alloc(MAX(target.Length, sizeof(WCHAR)));
    if (text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct object *link;
    status = copy_from_user(text, (const void USER *)target.Buffer, target.Length);
    if (status == STATUS_SUCCESS)
        status = link_create((struct name){ text, target.Length / sizeof(WCHAR) }, &link);
    heap_free(text);
    if (status != STATUS_SUCCESS)
        return status;
    return nt_create_object(LinkHandle, DesiredAccess, ObjectAttributes, link);
}

NTSTATUS NtOpenSymbolicLinkObject(HANDLE USER *LinkHandle, ACCESS_MASK DesiredAccess,
                                  OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(LinkHandle, DesiredAccess, ObjectAttributes, &link_type);
}

// Copies the target into the program's string. A caller that asks for the length gets, and must have
// room for, the NUL behind it, too.
static status_t copy_target(struct name target, UNICODE_STRING USER *to, ULONG USER *ReturnedLength)
{
    static const WCHAR end = 0;
    UNICODE_STRING string;
    ULONG bytes = (ULONG)(target.length * sizeof(WCHAR)), whole = bytes + (ULONG)sizeof(WCHAR);
    status_t status = get_user(&string, to);
    if (status != STATUS_SUCCESS)
        return status;
    vaddr_t at = (vaddr_t)string.Buffer;
    if (string.MaximumLength < (ReturnedLength != NULL ? whole : bytes)) {
        status = STATUS_BUFFER_TOO_SMALL;
    } else {
        string.Length = (USHORT)bytes;
        status = copy_to_user((void USER *)at, target.text, bytes);
        if (status == STATUS_SUCCESS && string.MaximumLength >= whole)
            status = copy_to_user((void USER *)(at + bytes), &end, sizeof(end));
        if (status == STATUS_SUCCESS)
            status = put_user(&to->Length, &string.Length);
    }
    if (ReturnedLength != NULL && (status == STATUS_SUCCESS || status == STATUS_BUFFER_TOO_SMALL)) {
        status_t published = put_user(ReturnedLength, &whole);
        if (published != STATUS_SUCCESS)
            status = published;
    }
    return status;
}

NTSTATUS NtQuerySymbolicLinkObject(HANDLE LinkHandle, UNICODE_STRING USER *LinkTarget,
                                   ULONG USER *ReturnedLength)
{
    struct object *link;
    status_t status = nt_find_object(LinkHandle, &link_type, SYMBOLIC_LINK_QUERY, &link);
    if (status != STATUS_SUCCESS)
        return status;
    status = copy_target(link_target(link), LinkTarget, ReturnedLength);
    object_put(link);
    return status;
}
