// SPDX-License-Identifier: MIT
// Where files are to programs. Until there are volumes all of them lie in the root folder of drive
// C:, and both the drive and its device are names only.

#pragma once

#include <nt/types.h>

#define DEVICE_OF_DRIVE_C "\\Device\\HarddiskVolume1"

// How long the prefix `\??\` is, in units, with which the kernel's form of a path like C:\a.exe
// begins; 0: it does not.
static inline size_t path_prefix_length(const WCHAR *path, size_t units)
{
    bool has_prefix =
        units >= 4 && path[0] == u'\\' && path[1] == u'?' && path[2] == u'?' && path[3] == u'\\';
    return has_prefix ? 4 : 0;
}
