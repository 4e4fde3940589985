// SPDX-License-Identifier: MIT
/*
 * Where the kernel enters a program other than at its entry point: functions that the system image
 * exports under fixed names. The system image is ntdll; a program without DLLs is its own.
 */

#pragma once

#include <nt/types.h>

#include "image.h"

// Addresses in the program; 0: the system image does not export it.
struct nt_dispatchers {
    vaddr_t exception;    // KiUserExceptionDispatcher: without it every exception ends the process
    vaddr_t apc;          // KiUserApcDispatcher: without it no user APC can be queued
    vaddr_t loader_thunk; // LdrInitializeThunk: without it a thread starts at its start address
    vaddr_t thread_start; // RtlUserThreadStart: what LdrInitializeThunk is to continue with
};

// Looks the functions up in image, which is mapped at base.
void dispatchers_find(const struct image *image, vaddr_t base, struct nt_dispatchers *out);
