// SPDX-License-Identifier: MIT
// What the kernel has prepared before the first instruction: TEB, PEB, parameters, shared data.

#include "services.h"

#include <user/memory.h>
#include <user/start.h>

static void test_teb(void)
{
    const TEB *teb = current_teb();
    char local;

    check("the TEB knows its own address", teb->NtTib.Self == &teb->NtTib);
    check("the TEB knows the PEB", teb->ProcessEnvironmentBlock == current_peb());
    check("process and thread have ids",
          teb->ClientId.UniqueProcess != NULL && teb->ClientId.UniqueThread != NULL);
    check_equal(
        "ids are multiples of 4",
        ((ULONG_PTR)teb->ClientId.UniqueProcess | (ULONG_PTR)teb->ClientId.UniqueThread) % 4, 0);
    check("the stack's bounds hold the stack",
          &local < (char *)teb->NtTib.StackBase && &local >= (char *)teb->NtTib.StackLimit);
    check("the stack's reservation is larger than what is committed",
          (char *)teb->DeallocationStack < (char *)teb->NtTib.StackLimit);
    check_equal("the stack's reservation is the image's 2 MiB",
                (ULONG_PTR)teb->NtTib.StackBase - (ULONG_PTR)teb->DeallocationStack, 0x200000);
    check("the static string has its buffer",
          teb->StaticUnicodeString.Buffer == teb->StaticUnicodeBuffer &&
              teb->StaticUnicodeString.MaximumLength == sizeof(teb->StaticUnicodeBuffer));
}

// Whether a string of the parameters ends with this text, and has its NUL behind it.
static bool ends_with(const UNICODE_STRING *string, const char *text)
{
    size_t units = string->Length / sizeof(WCHAR);
    size_t length = strlen(text);

    if (units < length || string->MaximumLength < string->Length + sizeof(WCHAR) ||
        string->Buffer[units] != 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (string->Buffer[units - length + i] != (WCHAR)text[i])
            return false;
    }
    return true;
}

static void test_peb(void)
{
    const PEB *peb = current_peb();
    const RTL_USER_PROCESS_PARAMETERS *parameters = peb->ProcessParameters;

    check_equal("the PEB knows where the image is", (ULONG_PTR)peb->ImageBaseAddress,
                (ULONG_PTR)image_base);
    check_equal("nobody debugs it", peb->BeingDebugged, 0);
    check("there is a processor", peb->NumberOfProcessors >= 1);
    check_equal("the PEB's version is 10", peb->OSMajorVersion, 10);
    check_equal("the PEB's build is 19045", peb->OSBuildNumber, 19045);
    check_equal("it is a console program", peb->ImageSubsystem, 3);
    check("the image path names the program",
          ends_with(&parameters->ImagePathName, "services.exe"));
    check("the current directory has a path", parameters->CurrentDirectory.DosPath.Length >= 6);
    check("there are three standard handles", parameters->StandardInput != NULL &&
                                                  parameters->StandardOutput != NULL &&
                                                  parameters->StandardError != NULL);
    check("there is an environment",
          parameters->Environment != NULL && parameters->EnvironmentSize >= 2);
}

static void test_shared_data(void)
{
    const volatile KUSER_SHARED_DATA *shared = shared_data();

    check_equal("shared data: version 10", shared->NtMajorVersion, 10);
    check_equal("shared data: minor version 0", shared->NtMinorVersion, 0);
    check_equal("shared data: build 19045", shared->NtBuildNumber, 19045);
    check("shared data: a workstation",
          shared->NtProductType == NtProductWinNt && shared->ProductTypeIsValid);
    check_equal("shared data: 64-bit", shared->NativeProcessorArchitecture, 9);
    check_equal("shared data: services are entered by SYSCALL", shared->SystemCall, 0);
    check_equal("shared data: counter frequency", (ULONGLONG)shared->QpcFrequency, 10000000);
    check("shared data: the system's root",
          shared->NtSystemRoot[1] == ':' && shared->NtSystemRoot[2] == '\\');
    check("shared data: what every x86-64 processor has",
          shared->ProcessorFeatures[PF_COMPARE_EXCHANGE_DOUBLE] &&
              shared->ProcessorFeatures[PF_RDTSC_INSTRUCTION_AVAILABLE] &&
              shared->ProcessorFeatures[PF_XMMI64_INSTRUCTIONS_AVAILABLE]);
    check("shared data: there is a processor", shared->ActiveProcessorCount >= 1);
}

void test_environment(void)
{
    test_teb();
    test_peb();
    test_shared_data();
}
