// SPDX-License-Identifier: MIT
/*
 * Language and locale: English (United States), for the user and for the system. Programs get texts
 * and formats from their DLLs; the kernel only tells which ones.
 *
 * Source: learn.microsoft.com, GetUserDefaultLCID, GetUserDefaultUILanguage, [MS-LCID]
 */

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#define ENGLISH_UNITED_STATES 0x409u

NTSTATUS NtQueryDefaultLocale(BOOLEAN UserProfile, LCID USER *DefaultLocaleId)
{
    LCID locale = ENGLISH_UNITED_STATES;
    (void)UserProfile;
    return put_user(DefaultLocaleId, &locale);
}

NTSTATUS NtQueryDefaultUILanguage(LANGID USER *DefaultUILanguageId)
{
    LANGID language = ENGLISH_UNITED_STATES;
    return put_user(DefaultUILanguageId, &language);
}

NTSTATUS NtQueryInstallUILanguage(LANGID USER *InstallUILanguageId)
{
    return NtQueryDefaultUILanguage(InstallUILanguageId);
}
