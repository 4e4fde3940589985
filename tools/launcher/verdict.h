// SPDX-License-Identifier: MIT
// The end of a run: what is said about it, and pekoe's exit code.

#pragma once

#include "options.h"
#include "session.h"

/*
 * Explains on standard error how a session ended, if there is anything to explain.
 *
 * Returns  the exit code for pekoe. Not for a session that a signal ended.
 */
int verdict(const struct session *session, const struct options *options);
