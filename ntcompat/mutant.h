// SPDX-License-Identifier: MIT
// Mutants and semaphores as objects, for NtSignalAndWaitForSingleObject.

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/object.h>

extern const struct object_type mutant_type;    // "Mutant"
extern const struct object_type semaphore_type; // "Semaphore"

// object is of that type.
struct mutant *mutant_of_object(struct object *object);
struct semaphore *semaphore_of_object(struct object *object);
