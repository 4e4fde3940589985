// SPDX-License-Identifier: MIT
// NT's page protections (PAGE_*) and the kernel's page rights: two spellings of the same facts.

#pragma once

#include <kernel/area_tree.h>
#include <nt/memory.h>

/*
 * Turns a PAGE_* value into rights. False: it is no valid one, which NT answers with
 * STATUS_INVALID_PAGE_PROTECTION: not exactly one of the eight basic values, an unknown modifier,
 * or modifiers that exclude each other.
 */
bool rights_from_protection(ULONG protection, uint8_t *rights) MUST_CHECK;

// The PAGE_* value of committed pages with these rights.
ULONG protection_from_rights(uint8_t rights);
