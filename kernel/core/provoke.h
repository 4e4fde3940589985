// SPDX-License-Identifier: MIT

#pragma once

// Panics as the boot option panic=KIND says; returns if there is none.
void provoke_panic(void);
