// SPDX-License-Identifier: MIT
// What NT keeps for each process (nt_process.h).

#include "nt_process.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <nt/process_information.h>

#include "atom_table.h"
#include "image.h"
#include "job.h"
#include "processor.h"
#include "service_table.h"
#include "thread_memory.h"
#include "time.h"
#include "token.h"

#define HARD_ERROR_MODE_DEFAULT 1u // SEM_FAILCRITICALERRORS

// The session is over when its last process has gone.
static uint32_t session_processes; // atomic

static void set_defaults(struct nt_process *nt)
{
    nt->services = nt_services_native;
    nt->service_limit = nt_services_native_limit;
    nt->hard_error_mode = HARD_ERROR_MODE_DEFAULT;
    nt->cookie = (ULONG)processor_random() | 1;
    nt->affinity = nt_processors();
    nt->priority_class = PROCESS_PRIORITY_CLASS_NORMAL;
    list_init(&nt->modules);
    list_init(&nt->teb_blocks);
    list_init(&nt->job_link);
}

// A child that runs in the background by its parent's class stays there; faster classes end here.
static void inherit(struct nt_process *nt, const struct nt_process *parent)
{
    nt->hard_error_mode = parent->hard_error_mode;
    nt->affinity = parent->affinity;
    if (parent->priority_class == PROCESS_PRIORITY_CLASS_IDLE ||
        parent->priority_class == PROCESS_PRIORITY_CLASS_BELOW_NORMAL)
        nt->priority_class = parent->priority_class;
}

status_t nt_process_create(struct image *image, const struct process *parent,
                           struct nt_process **out)
{
    const struct nt_process *parent_nt = parent != NULL ? nt_process_of(parent) : NULL;
    status_t status = STATUS_NO_MEMORY;
    struct nt_process *nt = heap_alloc_zeroed(sizeof(*nt));
    if (nt == NULL)
        goto out;
    status = token_for_process(parent_nt, &nt->token);
    if (status != STATUS_SUCCESS)
        goto out;
    set_defaults(nt);
    if (parent_nt != NULL)
        inherit(nt, parent_nt);
    __atomic_add_fetch(&session_processes, 1, __ATOMIC_RELAXED);
    image_get(image);
    nt->image = image;
    *out = nt;
    return STATUS_SUCCESS;
out:
    heap_free(nt);
    return status;
}

static void free_modules(struct nt_process *nt)
{
    struct nt_module *module, *next;
    list_for_each_safe(module, next, &nt->modules, link) {
        list_remove(&module->link);
        image_put(module->image);
        heap_free(module);
    }
}

void nt_process_ended(struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    free_modules(nt);
    teb_free_blocks(process);
    heap_free(nt->io_buffer);
    nt->io_buffer = NULL;
    nt_tick_process_ended(nt);
    job_process_ended(process);
}

// A process that never had a thread has not ended.
void nt_process_destroyed(struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    nt_process_ended(process);
    image_put(nt->image);
    nt_text_put(nt->image_path);
    nt_text_put(nt->command_line);
    object_put(nt->token);
    heap_free(nt);
    if (__atomic_sub_fetch(&session_processes, 1, __ATOMIC_ACQ_REL) == 0)
        atom_forget_all();
}

status_t nt_process_add_module(struct nt_process *process, struct image *image, vaddr_t base)
{
    struct nt_module *module = heap_alloc(sizeof(*module));
    if (module == NULL)
        return STATUS_NO_MEMORY;
    image_get(image);
    module->image = image;
    module->base = base;
    list_append(&process->modules, &module->link);
    return STATUS_SUCCESS;
}

const struct nt_module *nt_process_module_at(const struct nt_process *process, vaddr_t address)
{
    const struct nt_module *module;
    list_for_each(module, &process->modules, link)
        if (address >= module->base && address - module->base < module->image->pe.image_size)
            return module;
    return NULL;
}

struct nt_text *nt_text_create(const WCHAR *units, size_t count)
{
    struct nt_text *text = heap_alloc(sizeof(*text) + count * sizeof(WCHAR));
    if (text == NULL)
        return NULL;
    text->references = 1;
    text->length = (USHORT)(count * sizeof(WCHAR));
    if (units != NULL)
        memcpy(text->text, units, text->length);
    return text;
}

struct nt_text *nt_text_get(struct nt_text *text)
{
    if (text != NULL)
        __atomic_add_fetch(&text->references, 1, __ATOMIC_RELAXED);
    return text;
}

void nt_text_put(struct nt_text *text)
{
    if (text != NULL && __atomic_sub_fetch(&text->references, 1, __ATOMIC_ACQ_REL) == 0)
        heap_free(text);
}
