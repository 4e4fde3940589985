// SPDX-License-Identifier: MIT
/*
 * Process and thread ids: one set of numbers, multiples of 4 from 4 on, that finds the object. An
 * id belongs to its object until that is destroyed, and is given out again as late as possible.
 *
 * Context  any thread; no function sleeps
 */

#pragma once

#include <kernel/object.h>

// Takes an id. It finds nothing before client_id_publish. 0: no memory.
uint32_t client_id_alloc(void) MUST_CHECK;
void client_id_publish(uint32_t id, struct object *object);
void client_id_free(uint32_t id);

// The object with that id, if it is of that type and is not being destroyed, with a reference for
// the caller; or NULL. Any number is allowed.
struct object *client_id_find(uint64_t id, const struct object_type *type);
