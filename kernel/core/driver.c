// SPDX-License-Identifier: MIT
// Which driver takes a device: the first that matches and attaches.

#include <kernel/driver.h>

#include <kernel/log.h>
#include <kernel/status.h>

extern const struct driver *const drivers_start[], *const drivers_end[];

bool driver_offer(struct device *device)
{
    for (const struct driver *const *driver = drivers_start; driver < drivers_end; driver++) {
        if (!(*driver)->match(device))
            continue;
        status_t status = (*driver)->attach(device);
        if (status_is_success(status)) {
            log_debug("drivers", "%s drives %s", (*driver)->name, device->name);
            return true;
        }
        const char *name = status_name(status);
        log_error("drivers", "%s cannot start %s: %s", (*driver)->name, device->name,
                  name ? name : "unknown status");
    }
    return false;
}
