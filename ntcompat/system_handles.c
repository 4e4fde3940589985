// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation: all handles of all processes. Addresses of objects are not told: they
 * are of no use to a program, and of much use to one that attacks the kernel. (Windows tells them
 * to administrators only, from build 26100 on.)
 */

#include "system_information.h"

#include <kernel/process.h>
#include <nt/object.h>

typedef void (*append_handle)(struct system_answer *answer, const struct process *process,
                              const struct handle_info *info);

static void append_short(struct system_answer *answer, const struct process *process,
                         const struct handle_info *info)
{
    SYSTEM_HANDLE_TABLE_ENTRY_INFO entry = { 0 }; // its gaps, too
    entry.UniqueProcessId = (USHORT)process->id;
    entry.ObjectTypeIndex = (UCHAR)info->object->type->counts->index;
    entry.HandleAttributes = (UCHAR)info->attributes;
    entry.HandleValue = (USHORT)info->handle;
    entry.GrantedAccess = info->access;
    system_answer_append(answer, &entry, sizeof(entry));
}

static void append_extended(struct system_answer *answer, const struct process *process,
                            const struct handle_info *info)
{
    SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX entry = { 0 };
    entry.UniqueProcessId = process->id;
    entry.HandleValue = info->handle;
    entry.GrantedAccess = info->access;
    entry.ObjectTypeIndex = (USHORT)info->object->type->counts->index;
    entry.HandleAttributes = info->attributes;
    system_answer_append(answer, &entry, sizeof(entry));
}

// Returns how many handles there were.
static ULONG append_handles_of(struct system_answer *answer, struct process *process,
                               append_handle append)
{
    struct handle_table *table = &process->handles;
    struct handle_info info = { 0 };
    ULONG count = 0;
    // The table is left for each handle, because the last reference to an object may go here.
    for (;; count++) {
        if (process != current_process() && !handle_table_enter(table))
            break;
        bool is_one = handle_next(table, info.handle, &info);
        if (process != current_process())
            handle_table_leave(table);
        if (!is_one)
            break;
        append(answer, process, &info);
        object_put(info.object);
    }
    return count;
}

static ULONG append_all(struct system_answer *answer, append_handle append)
{
    ULONG count = 0;
    struct process *process = process_next(NULL), *next;
    for (; process != NULL; process = next) {
        count += append_handles_of(answer, process, append);
        next = process_next(process);
        object_put(&process->object);
    }
    return count;
}

void system_list_handles(struct system_answer *answer)
{
    ULONG head[2] = { 0 }; // the count, and a gap
    ULONG at = system_answer_skip(answer, sizeof(head));
    head[0] = append_all(answer, append_short);
    system_answer_fill(answer, at, head, sizeof(head));
}

void system_list_handles_extended(struct system_answer *answer)
{
    ULONG_PTR head[2] = { 0 }; // the count, and a reserved word
    ULONG at = system_answer_skip(answer, sizeof(head));
    head[0] = append_all(answer, append_extended);
    system_answer_fill(answer, at, head, sizeof(head));
}
