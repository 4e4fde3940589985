// SPDX-License-Identifier: MIT
// personality->run_program, see kernel/personality.h.

#pragma once

#include <kernel/types.h>

status_t run_program(const char *command_line, status_t *exit_status, char *reason, size_t room);
