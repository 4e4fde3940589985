// SPDX-License-Identifier: MIT
// What the parts of the services program share: its subjects, and addresses that no service may
// fall for.

#pragma once

#include <nt/shared_data.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define BAD_HANDLE      ((HANDLE)0x7654)
#define NANOSECONDS_100 1LL
#define MILLISECOND     (10000 * NANOSECONDS_100)
#define SECOND          (1000 * MILLISECOND)

void test_environment(void);
void test_entry(void);
void test_pointers(void);
void test_queries(void);
void test_time(void);
void test_files(void);

static inline const volatile KUSER_SHARED_DATA *shared_data(void)
{
    return (const volatile KUSER_SHARED_DATA *)KUSER_SHARED_DATA_ADDRESS;
}
