// SPDX-License-Identifier: MIT
// The first program: shows its arguments and where it runs; the exit code is the number of
// arguments after the name.

#include <nt/shared_data.h>
#include <user/print.h>
#include <user/start.h>

int main(int argc, char **argv)
{
    const KUSER_SHARED_DATA *shared = (const KUSER_SHARED_DATA *)KUSER_SHARED_DATA_ADDRESS;

    print("Hello from %s on Windows %u.%u build %u, with %d argument%s.\n", argv[0],
          shared->NtMajorVersion, shared->NtMinorVersion, shared->NtBuildNumber, argc - 1,
          argc == 2 ? "" : "s");
    for (int i = 1; i < argc; i++)
        print("  %d: [%s]\n", i, argv[i]);
    return argc - 1;
}
