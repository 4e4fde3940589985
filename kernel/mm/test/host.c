// SPDX-License-Identifier: MIT
// The parts of the test machine that every test of mm needs (host.h).

#include "host.h"

#include <kernel/area_tree.h>
#include <kernel/panic.h>

jmp_buf host_panic_exit;
bool host_panic_expected;
char host_panic_text[256];
long host_nodes_left = -1;
long host_nodes_in_use;

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(host_panic_text, sizeof(host_panic_text), format, arguments);
    va_end(arguments);
    if (host_panic_expected)
        longjmp(host_panic_exit, 1);
    fprintf(stderr, "unexpected panic: %s\n", host_panic_text);
    abort();
}

static void *node_alloc(size_t size)
{
    if (host_nodes_left == 0)
        return NULL;
    if (host_nodes_left > 0)
        host_nodes_left--;
    host_nodes_in_use++;
    return malloc(size);
}

static void node_free(void *node)
{
    assert(node != NULL);
    host_nodes_in_use--;
    free(node);
}

const struct node_allocator host_nodes = { node_alloc, node_free };
