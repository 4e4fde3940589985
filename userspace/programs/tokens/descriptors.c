// SPDX-License-Identifier: MIT
// Security descriptors of objects: the default one, one that the maker gives, changes, and that a
// DACL decides who may open.

#include "tokens.h"

#include <user/memory.h>

#define ALL (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)

static NTSTATUS query(HANDLE handle, SECURITY_INFORMATION which, ULONG room, ULONG *length)
{
    *length = 0;
    return NtQuerySecurityObject(handle, which, buffer, room, length);
}

static const void *part(ULONG offset)
{
    return offset != 0 ? buffer + offset : NULL;
}

static void test_default(void)
{
    const SECURITY_DESCRIPTOR_RELATIVE *d = (void *)buffer;
    HANDLE event = NULL;
    ULONG length, needed;

    (void)NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    check_status("no room for a descriptor", query(event, ALL, 0, &needed),
                 STATUS_BUFFER_TOO_SMALL);
    check_status("the default descriptor", query(event, ALL, needed, &length), STATUS_SUCCESS);
    check_equal("as long as was said", length, needed);
    check_equal("self-relative, with a DACL", d->Control & (SE_SELF_RELATIVE | SE_DACL_PRESENT),
                SE_SELF_RELATIVE | SE_DACL_PRESENT);
    check("the user owns it", is_sid(part(d->Owner), &sid_user));
    check("it has a group", d->Group != 0 && d->Dacl != 0 && d->Sacl == 0);
    const ACL *acl = part(d->Dacl);
    const ACCESS_ALLOWED_ACE *ace = (const void *)(acl + 1);
    check("the user may do everything",
          acl->AceCount >= 1 && is_sid(&ace->SidStart, &sid_user) && ace->Mask == EVENT_ALL_ACCESS);
    check_status("the owner alone", query(event, OWNER_SECURITY_INFORMATION, BUFFER_SIZE, &length),
                 STATUS_SUCCESS);
    check("is the owner alone", d->Owner != 0 && d->Group == 0 && d->Dacl == 0 && length == 48);
    check_status("who is watched takes a right that nobody has",
                 query(event, SACL_SECURITY_INFORMATION, BUFFER_SIZE, &length),
                 STATUS_ACCESS_DENIED);
    check_status("processes have one, too", query(NtCurrentProcess(), ALL, BUFFER_SIZE, &length),
                 STATUS_SUCCESS);
    check_status("nothing has none", query((HANDLE)0x7770, ALL, BUFFER_SIZE, &length),
                 STATUS_INVALID_HANDLE);
    (void)NtClose(event);
}

// An absolute descriptor with a DACL for Everyone.
static _Alignas(8) UCHAR dacl[256];
static SECURITY_DESCRIPTOR descriptor;

static void make_descriptor(UCHAR type, ACCESS_MASK mask)
{
    ACL *acl = (ACL *)dacl;
    acl_begin(acl, sizeof(dacl));
    acl_add(acl, type, mask, &sid_everyone);
    memset(&descriptor, 0, sizeof(descriptor));
    descriptor.Revision = SECURITY_DESCRIPTOR_REVISION;
    descriptor.Control = SE_DACL_PRESENT;
    descriptor.Dacl = acl;
}

static void test_enforcement(void)
{
    WCHAR text[] = u"\\BaseNamedObjects\\tokens_guarded";
    UNICODE_STRING name = { sizeof(text) - 2, sizeof(text), text };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    OBJECT_ATTRIBUTES guarded = attributes;
    HANDLE event = NULL, second = NULL;
    LONG state;

    make_descriptor(ACCESS_ALLOWED_ACE_TYPE, EVENT_QUERY_STATE | GENERIC_READ);
    guarded.SecurityDescriptor = &descriptor;
    check_status("an event that may only be looked at",
                 NtCreateEvent(&event, EVENT_ALL_ACCESS, &guarded, NotificationEvent, FALSE),
                 STATUS_SUCCESS);
    check_status("its maker got what was asked for", NtSetEvent(event, &state), STATUS_SUCCESS);
    check_status("opening it to look", NtOpenEvent(&second, EVENT_QUERY_STATE, &attributes),
                 STATUS_SUCCESS);
    (void)NtClose(second);
    check_status("opening it to set", NtOpenEvent(&second, EVENT_MODIFY_STATE, &attributes),
                 STATUS_ACCESS_DENIED);
    check_status("creating it again is opening it",
                 NtCreateEvent(&second, EVENT_MODIFY_STATE,
                               &(OBJECT_ATTRIBUTES){ .Length = sizeof(attributes),
                                                     .ObjectName = &name,
                                                     .Attributes = OBJ_OPENIF },
                               NotificationEvent, FALSE),
                 STATUS_ACCESS_DENIED);
    check_status("all that is allowed", NtOpenEvent(&second, MAXIMUM_ALLOWED, &attributes),
                 STATUS_SUCCESS);
    check_status("is not setting it", NtSetEvent(second, &state), STATUS_ACCESS_DENIED);
    check_status("a duplicate gets no more",
                 NtDuplicateObject(NtCurrentProcess(), second, NtCurrentProcess(), &second,
                                   EVENT_ALL_ACCESS, 0, 0),
                 STATUS_ACCESS_DENIED);
    make_descriptor(ACCESS_ALLOWED_ACE_TYPE, EVENT_ALL_ACCESS);
    check_status("its owner may change that",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_SUCCESS);
    (void)NtClose(second);
    check_status("now it can be opened", NtOpenEvent(&second, EVENT_MODIFY_STATE, &attributes),
                 STATUS_SUCCESS);
    (void)NtClose(second);
    (void)NtClose(event);
}

static void test_setting(void)
{
    const SECURITY_DESCRIPTOR_RELATIVE *d = (void *)buffer;
    HANDLE event = NULL;
    ULONG length;

    (void)NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    make_descriptor(ACCESS_DENIED_ACE_TYPE, EVENT_MODIFY_STATE);
    check_status("set a DACL", NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_SUCCESS);
    (void)query(event, ALL, BUFFER_SIZE, &length);
    check("it is there, and the owner still is",
          memcmp(part(d->Dacl), dacl, ((ACL *)dacl)->AclSize) == 0 &&
              is_sid(part(d->Owner), &sid_user));
    memcpy(buffer + 1024, buffer, length); // what was told can be given back
    check_status("a self-relative one", NtSetSecurityObject(event, ALL, buffer + 1024),
                 STATUS_SUCCESS);
    descriptor.Owner = sid_of(&sid_system);
    check_status("somebody else as the owner",
                 NtSetSecurityObject(event, OWNER_SECURITY_INFORMATION, &descriptor),
                 STATUS_INVALID_OWNER);
    check_status("no group", NtSetSecurityObject(event, GROUP_SECURITY_INFORMATION, &descriptor),
                 STATUS_INVALID_PRIMARY_GROUP);
    (void)NtClose(event);
}

static void test_broken(void)
{
    HANDLE event = NULL;
    ACL *acl = (ACL *)dacl;

    (void)NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    check_status("no descriptor", NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("one in the kernel",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, KERNEL_ADDRESS),
                 STATUS_ACCESS_VIOLATION);
    make_descriptor(ACCESS_ALLOWED_ACE_TYPE, 1);
    descriptor.Revision = 2;
    check_status("another revision",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_UNKNOWN_REVISION);
    descriptor.Revision = 1;
    acl->AceCount = 2;
    check_status("more entries than there are",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_INVALID_ACL);
    acl->AceCount = 1;
    ((ACE_HEADER *)(acl + 1))->AceSize = 0xFFFC;
    check_status("an entry that leaves the list",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_INVALID_ACL);
    acl->AclSize = 4;
    check_status("a list shorter than its head",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_INVALID_ACL);
    descriptor.Dacl = KERNEL_ADDRESS;
    check_status("a list in the kernel",
                 NtSetSecurityObject(event, DACL_SECURITY_INFORMATION, &descriptor),
                 STATUS_ACCESS_VIOLATION);
    (void)NtClose(event);
}

void test_descriptors(void)
{
    test_default();
    test_enforcement();
    test_setting();
    test_broken();
}
