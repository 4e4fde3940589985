// SPDX-License-Identifier: MIT
// The attribute list of NtCreateThreadEx and NtCreateUserProcess, copied out of the program.

#pragma once

#include <kernel/types.h>
#include <nt/create.h>

#define PS_ATTRIBUTES_MAX 32u
struct ps_attributes {
    size_t count;
    PS_ATTRIBUTE list[PS_ATTRIBUTES_MAX];
};

/*
 * from     NULL: no attributes
 * Fails    STATUS_INVALID_PARAMETER: sizes that do not fit, too many, or one of them twice
 *          STATUS_ACCESS_VIOLATION
 */
status_t ps_attributes_capture(const void USER *from, struct ps_attributes *out) MUST_CHECK;

// NULL: it is not in the list.
const PS_ATTRIBUTE *ps_attributes_find(const struct ps_attributes *attributes, ULONG_PTR which);

// Copies an input attribute, which must have exactly size bytes. STATUS_INFO_LENGTH_MISMATCH.
status_t ps_attribute_read(const PS_ATTRIBUTE *attribute, void *to, size_t size) MUST_CHECK;

// Hands size bytes back through an output attribute, as many as it has room for. attribute may be
// NULL: nobody asked.
status_t ps_attribute_write(const PS_ATTRIBUTE *attribute, const void *value,
                            size_t size) MUST_CHECK;

// Refuses all attributes but those that `known` lists, in the log by number.
status_t ps_attributes_check(const struct ps_attributes *attributes, const ULONG *known,
                             size_t known_count, const char *service) MUST_CHECK;
