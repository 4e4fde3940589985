// SPDX-License-Identifier: MIT
/*
 * Completion ports, for the parts of NT that report to them: files, jobs, wait packets.
 */

#pragma once

#include <kernel/object.h>
#include <kernel/queue.h>
#include <nt/sync.h>

extern const struct object_type completion_type; // "IoCompletion"

// What a port tells about one finished piece of work.
struct completion_packet {
    struct queue_entry entry;
    FILE_IO_COMPLETION_INFORMATION information;
    // It has been taken, or the port is gone; entry is not used any more. Frees it, usually.
    // Context: thread, no lock held
    void (*release)(struct completion_packet *packet);
};

// Posts a packet of the caller's. port is of completion_type. Context: any but NMI.
void completion_post_packet(struct object *port, struct completion_packet *packet);

// Takes a packet back that was posted; the caller keeps it and release is not called. false: it has
// been taken, release is called.
bool completion_withdraw(struct completion_packet *packet) MUST_CHECK;

// Posts a packet that is made for it. STATUS_INSUFFICIENT_RESOURCES. Context: any but NMI.
status_t completion_post(struct object *port,
                         const FILE_IO_COMPLETION_INFORMATION *information) MUST_CHECK;
