// SPDX-License-Identifier: MIT
// Completion ports, for the parts of NT that report to them: jobs.

#pragma once

#include <kernel/object.h>
#include <nt/sync.h>

extern const struct object_type completion_type; // "IoCompletion"

// Posts a packet. port is of completion_type. STATUS_INSUFFICIENT_RESOURCES. Context: any but NMI.
status_t completion_post(struct object *port,
                         const FILE_IO_COMPLETION_INFORMATION *information) MUST_CHECK;
