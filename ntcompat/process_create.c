// SPDX-License-Identifier: MIT
/*
 * NtCreateUserProcess: a process with its first thread, from an image name, process parameters and
 * a list of attributes. The work is start.c's; here is what comes from the program and goes back.
 *
 * PS_CREATE_INFO is filled in where its Size is right. Callers are known that pass uninitialised
 * memory, so it is no input.
 *
 * Source: learn.microsoft.com, CreateProcess, UpdateProcThreadAttribute,
 * STARTUPINFO; traced on Wine 8: flags and attributes of CreateProcess
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "image.h"
#include "job.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "object_attributes.h"
#include "parameters_capture.h"
#include "paths.h"
#include "programs.h"
#include "ps_attributes.h"
#include "section.h"
#include "service.h"
#include "start.h"
#include "system_text.h"

#define NAME_BYTES_MAX  0xFFFEu
#define HANDLE_LIST_MAX 1024u // handles
#define REASON_ROOM     160u
#define JOB_LIST_MAX    16u

#define PROCESS_FLAGS_KNOWN                                                                        \
    (PROCESS_CREATE_FLAGS_BREAKAWAY | PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT |                      \
     PROCESS_CREATE_FLAGS_INHERIT_HANDLES | PROCESS_CREATE_FLAGS_SUSPENDED)
#define THREAD_FLAGS_KNOWN                                                                         \
    (THREAD_CREATE_FLAGS_CREATE_SUSPENDED | THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER |               \
     THREAD_CREATE_FLAGS_SKIP_LOADER_INIT)

struct creation {
    ULONG process_flags, thread_flags;
    struct ps_attributes attributes;
    struct process *parent; // a reference
    struct image *image;    // a reference
    WCHAR *path;            // of the image, without "\??\"
    size_t path_units;
    struct captured_parameters parameters;
    PS_CREATE_STATE failure; // where it failed
    // Results
    struct process *process;
    struct thread *thread;
};

// ---- capture ----------------------------------------------------------------------------------

static void tell_why(const char *text)
{
    if (*text != '\0' && may_log_line())
        log_info("nt", "%s starts nothing: %s", current_process()->name, text);
}

static status_t open_image(struct creation *creation)
{
    const PS_ATTRIBUTE *name = ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_IMAGE_NAME);
    if (name == NULL || name->Size == 0 || name->Size % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    if (name->Size > NAME_BYTES_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    creation->path = heap_alloc(name->Size);
    if (creation->path == NULL)
        return STATUS_NO_MEMORY;
    status_t status = ps_attribute_read(name, creation->path, name->Size);
    if (status != STATUS_SUCCESS)
        return status;
    size_t units = name->Size / sizeof(WCHAR);
    char text[REASON_ROOM] = "";
    struct reason reason = { text, sizeof(text) };
    creation->failure = PsCreateFailOnFileOpen;
    status = program_open_path(creation->path, units, &creation->image, &reason);
    if (status != STATUS_SUCCESS) {
        tell_why(text);
        if (status != STATUS_OBJECT_NAME_NOT_FOUND)
            creation->failure = PsCreateFailExeFormat;
        return status;
    }
    size_t prefix = path_prefix_length(creation->path, units);
    creation->path_units = units - prefix;
    memmove(creation->path, creation->path + prefix, creation->path_units * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static status_t find_parent(struct creation *creation)
{
    HANDLE handle = NtCurrentProcess();
    const PS_ATTRIBUTE *parent =
        ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_PARENT_PROCESS);
    if (parent != NULL)
        handle = (HANDLE)parent->Value;
    return nt_process_of_handle(handle, PROCESS_CREATE_PROCESS, &creation->parent);
}

static status_t capture(struct creation *creation, const void USER *parameters,
                        const void USER *list)
{
    static const ULONG known[] = {
        PS_ATTRIBUTE_PARENT_PROCESS, PS_ATTRIBUTE_CLIENT_ID,       PS_ATTRIBUTE_TEB_ADDRESS,
        PS_ATTRIBUTE_IMAGE_NAME,     PS_ATTRIBUTE_IMAGE_INFO,      PS_ATTRIBUTE_PRIORITY_CLASS,
        PS_ATTRIBUTE_ERROR_MODE,     PS_ATTRIBUTE_STD_HANDLE_INFO, PS_ATTRIBUTE_HANDLE_LIST,
        PS_ATTRIBUTE_JOB_LIST,
    };
    status_t status = ps_attributes_capture(list, &creation->attributes);
    if (status == STATUS_SUCCESS)
        status = ps_attributes_check(&creation->attributes, known, ARRAY_SIZE(known),
                                     "NtCreateUserProcess");
    if (status == STATUS_SUCCESS)
        status = find_parent(creation);
    if (status == STATUS_SUCCESS)
        status = open_image(creation);
    if (status == STATUS_SUCCESS) {
        creation->failure = PsCreateInitialState;
        status = parameters_capture(parameters, creation->path, creation->path_units,
                                    &creation->parameters);
    }
    return status;
}

// ---- handles ----------------------------------------------------------------------------------

static status_t add_standard(struct handle_table *table, HANDLE handle, handle_t *list,
                             size_t *count)
{
    struct handle_info info;
    handle_t number = (handle_t)handle;
    if (handle_query(table, number, &info) != STATUS_SUCCESS)
        return STATUS_SUCCESS;
    bool is_wanted = info.attributes & HANDLE_INHERITED;
    object_put(info.object);
    for (size_t i = 0; i < *count; i++)
        is_wanted &= (list[i] & ~(handle_t)3) != (number & ~(handle_t)3);
    if (is_wanted)
        list[(*count)++] = number;
    return STATUS_SUCCESS;
}

// The listed handles, and the standard ones as far as children may have them.
static status_t inherit_listed(const struct creation *creation, const PS_ATTRIBUTE *attribute)
{
    const RTL_USER_PROCESS_PARAMETERS *parameters = creation->parameters.block;
    struct handle_table *from = &creation->parent->handles;
    size_t count = attribute->Size / sizeof(HANDLE);
    if (attribute->Size % sizeof(HANDLE) != 0 || count > HANDLE_LIST_MAX)
        return STATUS_INVALID_PARAMETER;
    handle_t *list = heap_alloc((count + 3) * sizeof(handle_t));
    if (list == NULL)
        return STATUS_NO_MEMORY;
    status_t status = ps_attribute_read(attribute, list, count * sizeof(HANDLE));
    if (status == STATUS_SUCCESS)
        status = add_standard(from, parameters->StandardInput, list, &count);
    if (status == STATUS_SUCCESS)
        status = add_standard(from, parameters->StandardOutput, list, &count);
    if (status == STATUS_SUCCESS)
        status = add_standard(from, parameters->StandardError, list, &count);
    if (status == STATUS_SUCCESS && count > 0)
        status = handle_inherit(from, &creation->process->handles, list, count);
    heap_free(list);
    return status;
}

// Gives the child a handle of its own for what *handle means; none if it means nothing.
static status_t duplicate(const struct creation *creation, HANDLE *handle)
{
    struct handle_info info;
    handle_t copy = 0;
    status_t status = handle_query(&creation->parent->handles, (handle_t)*handle, &info);
    *handle = NULL;
    if (status != STATUS_SUCCESS)
        return STATUS_SUCCESS;
    status = handle_insert(&creation->process->handles, info.object, info.access, HANDLE_INHERITED,
                           &copy);
    object_put(info.object);
    *handle = (HANDLE)copy;
    return status;
}

// A console is the child's as well, whatever else it inherits; below 1 are words, not handles.
static status_t duplicate_console(const struct creation *creation)
{
    RTL_USER_PROCESS_PARAMETERS *parameters = creation->parameters.block;
    if ((LONG_PTR)parameters->ConsoleHandle <= 0)
        return STATUS_SUCCESS;
    return duplicate(creation, &parameters->ConsoleHandle);
}

static status_t duplicate_standard(const struct creation *creation)
{
    RTL_USER_PROCESS_PARAMETERS *parameters = creation->parameters.block;
    status_t status = duplicate(creation, &parameters->StandardInput);
    if (status == STATUS_SUCCESS)
        status = duplicate(creation, &parameters->StandardOutput);
    if (status == STATUS_SUCCESS)
        status = duplicate(creation, &parameters->StandardError);
    return status;
}

// The console last: inherited handles keep their numbers.
static status_t give_handles_entered(const struct creation *creation)
{
    const PS_ATTRIBUTE *list = ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_HANDLE_LIST);
    status_t status;
    if (!(creation->process_flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES))
        status = duplicate_standard(creation);
    else if (list != NULL)
        status = inherit_listed(creation, list);
    else
        status = handle_inherit(&creation->parent->handles, &creation->process->handles, NULL, 0);
    return status == STATUS_SUCCESS ? duplicate_console(creation) : status;
}

static status_t give_handles(const struct creation *creation)
{
    if (creation->parent == current_process())
        return give_handles_entered(creation);
    if (!handle_table_enter(&creation->parent->handles))
        return STATUS_PROCESS_IS_TERMINATING;
    status_t status = give_handles_entered(creation);
    handle_table_leave(&creation->parent->handles);
    return status;
}

// ---- making it --------------------------------------------------------------------------------

// What the attributes say about the process itself.
static status_t apply_attributes(const struct creation *creation)
{
    struct nt_process *nt = nt_process_of(creation->process);
    const PS_ATTRIBUTE *class =
        ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_PRIORITY_CLASS);
    const PS_ATTRIBUTE *mode = ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_ERROR_MODE);
    UCHAR priority_class = nt->priority_class;
    status_t status = STATUS_SUCCESS;
    if (class != NULL)
        status = ps_attribute_read(class, &priority_class, sizeof(priority_class));
    if (status == STATUS_SUCCESS && mode != NULL)
        status = ps_attribute_read(mode, &nt->hard_error_mode, sizeof(nt->hard_error_mode));
    if (status == STATUS_SUCCESS && (priority_class == PROCESS_PRIORITY_CLASS_UNKNOWN ||
                                     priority_class > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL))
        status = STATUS_INVALID_PARAMETER;
    nt->priority_class = priority_class;
    return status;
}

// Puts the child into the jobs that its maker lists, one inside the other.
static status_t join_jobs(const struct creation *creation)
{
    const PS_ATTRIBUTE *list = ps_attributes_find(&creation->attributes, PS_ATTRIBUTE_JOB_LIST);
    HANDLE handles[JOB_LIST_MAX];
    if (list == NULL)
        return STATUS_SUCCESS;
    if (list->Size > sizeof(handles) || list->Size % sizeof(HANDLE) != 0)
        return STATUS_INVALID_PARAMETER;
    status_t status = ps_attribute_read(list, handles, list->Size);
    for (size_t i = 0; status == STATUS_SUCCESS && i < list->Size / sizeof(HANDLE); i++) {
        struct object *object;
        status = nt_find_object(handles[i], &job_type, JOB_OBJECT_ASSIGN_PROCESS, &object);
        if (status == STATUS_SUCCESS) {
            status = job_assign(container_of(object, struct job, object), creation->process);
            object_put(object);
        }
    }
    return status;
}

static status_t make(struct creation *creation)
{
    char text[REASON_ROOM] = "";
    struct reason reason = { text, sizeof(text) };
    status_t status = start_process(creation->image, creation->parent, &creation->process);
    if (status != STATUS_SUCCESS)
        return status;
    status = apply_attributes(creation);
    if (status == STATUS_SUCCESS)
        status = job_inherit(creation->parent, creation->process,
                             creation->process_flags & PROCESS_CREATE_FLAGS_BREAKAWAY);
    if (status == STATUS_SUCCESS)
        status = join_jobs(creation);
    if (status == STATUS_SUCCESS)
        status = give_handles(creation);
    if (status == STATUS_SUCCESS) {
        struct start_request request = { creation->parameters.block, creation->parameters.size };
        status = start_first_thread(creation->process, &request, &creation->thread, &reason);
        if (status != STATUS_SUCCESS)
            tell_why(text);
    }
    if (status != STATUS_SUCCESS)
        object_put(&creation->process->object);
    return status;
}

// ---- publish ----------------------------------------------------------------------------------

static status_t write_outputs(const struct creation *creation)
{
    const struct ps_attributes *attributes = &creation->attributes;
    CLIENT_ID id = nt_client_id(creation->thread);
    SECTION_IMAGE_INFORMATION information;
    nt_describe_image(creation->image, &information);
    status_t status =
        ps_attribute_write(ps_attributes_find(attributes, PS_ATTRIBUTE_CLIENT_ID), &id, sizeof(id));
    if (status == STATUS_SUCCESS)
        status = ps_attribute_write(ps_attributes_find(attributes, PS_ATTRIBUTE_IMAGE_INFO),
                                    &information, sizeof(information));
    if (status == STATUS_SUCCESS)
        status = ps_attribute_write(ps_attributes_find(attributes, PS_ATTRIBUTE_TEB_ADDRESS),
                                    &nt_thread_of(creation->thread)->teb, sizeof(vaddr_t));
    return status;
}

// Fills in CreateInfo, if there is one.
static status_t write_info(void USER *to, const PS_CREATE_INFO *from)
{
    SIZE_T size = 0;
    if (to == NULL)
        return STATUS_SUCCESS;
    status_t status = copy_from_user(&size, to, sizeof(size));
    if (status != STATUS_SUCCESS || size != sizeof(*from))
        return status;
    return copy_to_user(to, from, sizeof(*from));
}

static status_t report_success(const struct creation *creation, void USER *to)
{
    const struct nt_process *nt = nt_process_of(creation->process);
    PS_CREATE_INFO info = { .Size = sizeof(info), .State = PsCreateSuccess };
    info.SuccessState.UserProcessParametersNative = nt->parameters;
    info.SuccessState.CurrentParameterFlags = RTL_USER_PROC_PARAMS_NORMALIZED;
    info.SuccessState.PebAddressNative = nt->peb;
    return write_info(to, &info);
}

static void report_failure(const struct creation *creation, void USER *to)
{
    PS_CREATE_INFO info = { .Size = sizeof(info), .State = creation->failure };
    status_t lost = write_info(to, &info);
    (void)lost; // the failure itself is what counts
}

struct wanted_handle {
    HANDLE USER *to;
    ACCESS_MASK access;
    ULONG attributes;
};

static status_t publish(const struct creation *creation, const struct wanted_handle *process,
                        const struct wanted_handle *thread, void USER *info)
{
    const HANDLE none = NULL;
    status_t status = write_outputs(creation);
    if (status == STATUS_SUCCESS)
        status = report_success(creation, info);
    if (status == STATUS_SUCCESS) // before there is a handle that would stay
        status = put_user(thread->to, &none);
    if (status == STATUS_SUCCESS)
        status = nt_open_handle(process->to, process->access, process->attributes,
                                &creation->process->object);
    // If there is no second handle, for want of memory, the first stays, of a process that is
    // ending.
    if (status == STATUS_SUCCESS)
        status = nt_open_handle(thread->to, thread->access, thread->attributes,
                                &creation->thread->object);
    return status;
}

static void release(struct creation *creation)
{
    heap_free(creation->parameters.block);
    heap_free(creation->path);
    if (creation->image != NULL)
        image_put(creation->image);
    if (creation->parent != NULL)
        object_put(&creation->parent->object);
}

static status_t create(struct creation *creation, const struct wanted_handle *process,
                       const struct wanted_handle *thread, void USER *info)
{
    status_t status = make(creation);
    if (status != STATUS_SUCCESS)
        return status;
    if (creation->thread_flags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER)
        nt_thread_of(creation->thread)->is_hidden = true;
    status = publish(creation, process, thread, info);
    if (status != STATUS_SUCCESS)
        process_terminate(creation->process, status);
    else if (!(creation->thread_flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED))
        thread_resume(creation->thread);
    object_put(&creation->thread->object);
    object_put(&creation->process->object);
    return status;
}

NTSTATUS NtCreateUserProcess(HANDLE USER *ProcessHandle, HANDLE USER *ThreadHandle,
                             ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                             OBJECT_ATTRIBUTES USER *ProcessObjectAttributes,
                             OBJECT_ATTRIBUTES USER *ThreadObjectAttributes, ULONG ProcessFlags,
                             ULONG ThreadFlags, void USER *ProcessParameters, void USER *CreateInfo,
                             void USER *AttributeList)
{
    struct wanted_handle process = { ProcessHandle, ProcessDesiredAccess, 0 };
    struct wanted_handle thread = { ThreadHandle, ThreadDesiredAccess, 0 };
    struct creation creation = { .process_flags = ProcessFlags, .thread_flags = ThreadFlags };
    if ((ProcessFlags & ~PROCESS_FLAGS_KNOWN) != 0)
        return service_lacks("NtCreateUserProcess", "process flags", ProcessFlags);
    if ((ThreadFlags & ~THREAD_FLAGS_KNOWN) != 0)
        return service_lacks("NtCreateUserProcess", "thread flags", ThreadFlags);
    status_t status = nt_handle_attributes(ProcessObjectAttributes, &process.attributes);
    if (status == STATUS_SUCCESS)
        status = nt_handle_attributes(ThreadObjectAttributes, &thread.attributes);
    if (status == STATUS_SUCCESS)
        status = capture(&creation, ProcessParameters, AttributeList);
    if (status == STATUS_SUCCESS)
        status = create(&creation, &process, &thread, CreateInfo);
    if (status != STATUS_SUCCESS)
        report_failure(&creation, CreateInfo);
    release(&creation);
    return status;
}
