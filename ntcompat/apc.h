// SPDX-License-Identifier: MIT
// personality->user_apc, see kernel/personality.h.

#pragma once

#include <arch/trap_frame.h>

void apc_deliver(struct trap_frame *frame);
