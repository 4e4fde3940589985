// SPDX-License-Identifier: MIT
// What the pointers among good arguments point to.

#include "good.h"

#include <nt/context.h>
#include <nt/create.h>
#include <nt/memory.h>
#include <nt/object.h>
#include <nt/process.h>
#include <nt/section.h>
#include <nt/security.h>
#include <user/services.h>
#include <user/start.h>

static void fill_attributes(ULONGLONG slot, const struct service *service)
{
    OBJECT_ATTRIBUTES *attributes = (OBJECT_ATTRIBUTES *)slot;
    UNICODE_STRING *name = (UNICODE_STRING *)(attributes + 1);

    *attributes = (OBJECT_ATTRIBUTES){ .Length = sizeof(*attributes) };
    if (begins_with(service->name, "NtCreate") && !is(service->name, "NtCreateSymbolicLinkObject"))
        return; // a new one without a name
    if (is(service->name, "NtOpenProcess") || is(service->name, "NtOpenThread") ||
        is(service->name, "NtDuplicateToken"))
        return; // found by id, or nameless
    set_string(name, object_for(service->arguments[0].name)->path);
    if (begins_with(service->name, "NtCreate"))
        set_string(name, u"\\BaseNamedObjects\\table-new");
    if (is(service->name, "NtOpenFile"))
        set_string(name, own_path);
    attributes->ObjectName = name;
    attributes->Attributes = OBJ_CASE_INSENSITIVE;
}

static void fill_address(ULONGLONG *slot, const char *service)
{
    bool makes_new = is(service, "NtAllocateVirtualMemory") ||
                     is(service, "NtAllocateVirtualMemoryEx") || begins_with(service, "NtMap");

    *slot = makes_new ? 0 : is(service, "NtFlushVirtualMemory") ? world.view : world.scratch;
}

static void fill_time(LARGE_INTEGER *slot, const char *name)
{
    if (is(name, "SystemTime"))
        (void)NtQuerySystemTime(slot); // for who sets it
    else if (is(name, "MaximumSize") || is(name, "NewSectionSize"))
        slot->QuadPart = SLOT;
    else if (is(name, "DueTime"))
        slot->QuadPart = -36000000000; // an hour
}

static void fill_extended_parameter(ULONGLONG slot)
{
    MEM_EXTENDED_PARAMETER *parameter = (MEM_EXTENDED_PARAMETER *)slot;

    *parameter = (MEM_EXTENDED_PARAMETER){ .Type = MemExtendedParameterAddressRequirements };
    parameter->Pointer = parameter + 1; // a MEM_ADDRESS_REQUIREMENTS of zeroes: none
}

// A child that runs this program, if it ever ran, with no service to test.
static void fill_for_process(void *slot, const char *name)
{
    struct {
        PS_ATTRIBUTE_LIST list;
        PS_ATTRIBUTE image;
    } *attributes = slot;
    RTL_USER_PROCESS_PARAMETERS *parameters = slot;

    if (is(name, "CreateInfo")) {
        ((PS_CREATE_INFO *)slot)->Size = sizeof(PS_CREATE_INFO);
    } else if (is(name, "AttributeList")) {
        attributes->list.TotalLength = sizeof(*attributes);
        attributes->image = (PS_ATTRIBUTE){
            PS_ATTRIBUTE_IMAGE_NAME, sizeof(own_path) - 2, { .ValuePtr = (PVOID)own_path }, NULL
        };
    } else if (is(name, "ProcessParameters")) {
        *parameters = *current_peb()->ProcessParameters;
        set_string(&parameters->CommandLine, u"table none");
    }
}

// A descriptor that lets everybody do everything: no list. World, S-1-1-0, owns it.
static void fill_descriptor(ULONGLONG slot)
{
    static const UCHAR world_sid[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
    SECURITY_DESCRIPTOR_RELATIVE *descriptor = (SECURITY_DESCRIPTOR_RELATIVE *)slot;

    *descriptor = (SECURITY_DESCRIPTOR_RELATIVE){
        .Revision = 1,
        .Control = SE_SELF_RELATIVE | SE_DACL_PRESENT,
        .Owner = sizeof(*descriptor),
        .Group = sizeof(*descriptor),
    };
    memcpy(descriptor + 1, world_sid, sizeof(world_sid));
}

static void fill_privileges(ULONGLONG slot)
{
    PRIVILEGE_SET *set = (PRIVILEGE_SET *)slot;

    *set = (PRIVILEGE_SET){ .PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY };
    set->Privilege[0].Luid.LowPart = SE_CHANGE_NOTIFY_PRIVILEGE;
}

void fill_slot(ULONGLONG slot, const struct service *service, unsigned index)
{
    const char *type = service->arguments[index].type;
    const char *name = service->arguments[index].name;
    UNICODE_STRING *string = (UNICODE_STRING *)slot;

    memset((void *)slot, 0, 0x1000);
    if (is(type, "POBJECT_ATTRIBUTES"))
        fill_attributes(slot, service);
    else if (is(type, "PVOID *"))
        fill_address((ULONGLONG *)slot, service->name);
    else if (is(type, "PSIZE_T"))
        *(SIZE_T *)slot = PAGE;
    else if (is(type, "PLARGE_INTEGER"))
        fill_time((LARGE_INTEGER *)slot, name);
    else if (is(type, "PHANDLE") && !is_output(service, index))
        *(HANDLE *)slot = objects[EVENT].handle;
    else if (is(type, "PUNICODE_STRING"))
        *string = (UNICODE_STRING){ 8, 0x200, (PWSTR)(string + 1) };
    else if (is(type, "PCLIENT_ID") && !is_output(service, index))
        *(CLIENT_ID *)slot = (CLIENT_ID){ current_teb()->ClientId.UniqueProcess,
                                          current_teb()->ClientId.UniqueThread };
    else if (is(type, "PCONTEXT"))
        ((CONTEXT *)slot)->ContextFlags = CONTEXT_INTEGER;
    else if (is(type, "PULONG_PTR"))
        *(ULONG_PTR *)slot = 1;
    else if (is(type, "PMEM_EXTENDED_PARAMETER"))
        fill_extended_parameter(slot);
    else if (is(type, "PSECURITY_DESCRIPTOR"))
        fill_descriptor(slot);
    else if (is(name, "RequiredPrivileges"))
        fill_privileges(slot);
    else if (is(name, "PrivilegeSetLength"))
        *(ULONG *)slot = BUFFER_BYTES;
    else if (is(name, "AtomName"))
        memcpy((void *)slot, atom_name, sizeof(atom_name));
    else if (is(service->name, "NtCreateUserProcess"))
        fill_for_process((void *)slot, name);
    else if (is(service->name, "NtWriteFile"))
        memset((void *)slot, '.', BUFFER_BYTES);
    if (is(type, "PUNICODE_STRING"))
        memcpy(string + 1, u"\\abc", 8);
}
