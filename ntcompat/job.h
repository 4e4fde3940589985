// SPDX-License-Identifier: MIT
// Jobs as the rest of NT sees them; job.c has the idea, job_services.c the services.

#pragma once

#include <kernel/process.h>

// process has ended, or never began: it leaves its job.
void job_process_ended(struct process *process);
