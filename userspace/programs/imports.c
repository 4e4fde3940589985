// SPDX-License-Identifier: MIT
// Needs DLLs: a kernel that cannot bind imports must refuse it, naming the first one. Declared by
// hand, because windows.h would bring a second set of NT types.

#include <nt/types.h>

__attribute__((dllimport)) int MessageBoxA(HANDLE window, const char *text, const char *caption,
                                           unsigned type);
__attribute__((dllimport, noreturn)) void ExitProcess(unsigned code);

__attribute__((noreturn, used)) void mainCRTStartup(void);

void mainCRTStartup(void)
{
    MessageBoxA(NULL, "bound", "imports", 0);
    ExitProcess(0);
}
