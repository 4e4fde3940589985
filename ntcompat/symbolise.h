// SPDX-License-Identifier: MIT
// Names for code addresses of a program.

#pragma once

#include "nt_process.h"

/*
 * Describes a code address: "hello.exe!main+0x12" by the image's COFF symbols, else its exports;
 * else "hello.exe+0x1012"; "" if no image holds it.
 *
 * is_return  the address is one that a call returns to: the name is that of the call before it
 * Context    thread; reads the image's whole symbol table
 */
void symbolise(const struct nt_process *process, vaddr_t address, bool is_return, char *to,
               size_t room);
