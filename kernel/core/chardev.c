// SPDX-License-Identifier: MIT
// The list of character devices, and the one that stands in when there is none.

#include <kernel/chardev.h>

#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/string.h>

static status_t nothing_read(struct chardev *device, void *buffer, size_t size, size_t *done)
{
    (void)device, (void)buffer;
    *done = 0;
    return size ? STATUS_END_OF_FILE : STATUS_SUCCESS;
}

static status_t nothing_write(struct chardev *device, const void *buffer, size_t size, size_t *done)
{
    (void)device, (void)buffer;
    *done = size;
    return STATUS_SUCCESS;
}

static const struct chardev_ops nothing_ops = { .read = nothing_read, .write = nothing_write };
static struct chardev nothing = { .name = "null", .ops = &nothing_ops };

// Devices are only ever added, so readers of the list need no lock once they have its head.
static struct {
    struct spinlock lock;
    struct list list;
} devices = { SPINLOCK("chardevs", LOCK_RANK_CHARDEV), LIST(devices.list) };

void chardev_register(struct chardev *device)
{
    irq_state_t state = spin_lock(&devices.lock);
    list_append(&devices.list, &device->link);
    spin_unlock(&devices.lock, state);
}

struct chardev *chardev_find_exact(const char *name)
{
    struct chardev *found = NULL, *device;
    irq_state_t state = spin_lock(&devices.lock);
    list_for_each(device, &devices.list, link) {
        if (strcmp(device->name, name) == 0) {
            found = device;
            break;
        }
    }
    spin_unlock(&devices.lock, state);
    return found;
}

struct chardev *chardev_find(const char *name)
{
    struct chardev *device = chardev_find_exact(name);
    if (!device)
        device = chardev_find_exact("console");
    return device ? device : &nothing;
}
