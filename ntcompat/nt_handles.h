// SPDX-License-Identifier: MIT
// What a program's process and thread handles mean, NtCurrentProcess() and NtCurrentThread() too.

#pragma once

#include <kernel/process.h>
#include <nt/process_information.h>

/*
 * Each finds the object behind a handle of the running process, with a reference for the caller.
 * access   PROCESS_..., THREAD_...: bits that the handle must all have
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
status_t nt_process_of_handle(HANDLE handle, ACCESS_MASK access, struct process **out) MUST_CHECK;
status_t nt_thread_of_handle(HANDLE handle, ACCESS_MASK access, struct thread **out) MUST_CHECK;

/*
 * What counts of the OBJECT_ATTRIBUTES of a process or thread: OBJ_INHERIT and the like. They have
 * no names.
 * from     NULL: none
 * Fails    as nt_capture_attributes; STATUS_INVALID_PARAMETER_MIX: there is a name
 */
status_t nt_handle_attributes(const OBJECT_ATTRIBUTES USER *from, ULONG *out) MUST_CHECK;

// Makes a handle for object, which keeps the caller's reference. Fails as nt_make_handle.
status_t nt_open_handle(HANDLE USER *handle, ACCESS_MASK access, ULONG attributes,
                        struct object *object) MUST_CHECK;

// Processors as programs name them: group 0 and its members. STATUS_INVALID_PARAMETER.
status_t nt_check_group_affinity(const GROUP_AFFINITY *affinity) MUST_CHECK;
status_t nt_check_processor(const PROCESSOR_NUMBER *processor) MUST_CHECK;
