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
