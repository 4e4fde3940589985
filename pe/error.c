// SPDX-License-Identifier: MIT
// Names and sentences of the errors, both drawn from the one list in <pe/error.h>.

#include <pe/error.h>

static const struct {
    const char *name;
    const char *text;
} errors[] = {
#define PE_ERROR_ENTRY(name, text) [name] = { #name, text },
    PE_ERRORS(PE_ERROR_ENTRY)
#undef PE_ERROR_ENTRY
};

#define ERROR_COUNT (sizeof(errors) / sizeof(errors[0]))

const char *pe_error_name(enum pe_error error)
{
    return (unsigned)error < ERROR_COUNT ? errors[error].name : "PE_ERROR_?";
}

const char *pe_error_text(enum pe_error error)
{
    return (unsigned)error < ERROR_COUNT ? errors[error].text : "an unknown error";
}
