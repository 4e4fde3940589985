// SPDX-License-Identifier: MIT
// Events as objects, for the services that set or wait for those of a program.

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/object.h>

extern const struct object_type event_type; // "Event"

// object is of event_type.
struct event *event_of_object(struct object *object);
