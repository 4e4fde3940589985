// SPDX-License-Identifier: MIT
// Names and words of statuses, made from status.def. A value listed twice does not compile.

#include <kernel/status.h>

const char *status_name(status_t status)
{
    switch (status) {
#define STATUS(name, value, words)                                                                 \
    case (status_t)(value):                                                                        \
        return #name;
#include <kernel/status.def>
#undef STATUS
    default:
        return NULL;
    }
}

const char *status_words(status_t status)
{
    switch (status) {
#define STATUS(name, value, words)                                                                 \
    case (status_t)(value):                                                                        \
        return words;
#include <kernel/status.def>
#undef STATUS
    default:
        return NULL;
    }
}
