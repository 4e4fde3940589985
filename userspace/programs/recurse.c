// SPDX-License-Identifier: MIT
/*
 * Uses its stack.
 *
 *   recurse KIB       calls itself until KIB kibibytes of stack are in use, then checks every frame
 *   recurse frame     one function with a frame of 256 KiB: the compiler touches its pages in order
 *   recurse forever   calls itself until STATUS_STACK_OVERFLOW ends the program
 *
 * The stack is MinGW's default: 2 MiB reserved, 4 KiB committed.
 */

#include <user/memory.h>
#include <user/print.h>
#include <user/start.h>

#define WORDS       32
#define LARGE_FRAME (256 * 1024)

struct depth {
    uintptr_t top;
    uintptr_t bytes; // how far below top to go
};

// Returns how many frames below this one hold what was written into them.
static __attribute__((noipa)) unsigned go_down(const struct depth *depth, unsigned level)
{
    volatile unsigned frame[WORDS];
    unsigned count = 0;

    for (unsigned i = 0; i < WORDS; i++)
        frame[i] = level + i;
    if (depth->top - (uintptr_t)frame < depth->bytes)
        count = go_down(depth, level + 1);
    for (unsigned i = 0; i < WORDS; i++) {
        if (frame[i] != level + i)
            return 0;
    }
    return count + 1;
}

static __attribute__((noipa)) bool use_large_frame(void)
{
    volatile char frame[LARGE_FRAME];

    for (unsigned i = 0; i < LARGE_FRAME; i += 4096)
        frame[i] = (char)(i / 4096);
    for (unsigned i = 0; i < LARGE_FRAME; i += 4096) {
        if (frame[i] != (char)(i / 4096))
            return false;
    }
    // The kernel's account of the stack must cover what we just used.
    return (uintptr_t)frame >= (uintptr_t)current_teb()->NtTib.StackLimit;
}

int main(int argc, char **argv)
{
    struct depth depth = { (uintptr_t)&depth, 0 };
    uint64_t kib;

    if (argc == 2 && strcmp(argv[1], "forever") == 0) {
        print("recurse: until the stack is used up\n");
        depth.bytes = UINTPTR_MAX;
        print("recurse: %u frames, which cannot be\n", go_down(&depth, 0));
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "frame") == 0) {
        bool is_right = use_large_frame();
        print("recurse: a frame of 256 KiB %s\n", is_right ? "works" : "does not work");
        return is_right ? 0 : 1;
    }
    if (argc != 2 || !parse_number(argv[1], 1024 * 1024, &kib)) {
        print_error("usage: recurse KIB | frame | forever\n");
        return 1;
    }

    depth.bytes = kib * 1024;
    bool is_right = go_down(&depth, 0) * WORDS * sizeof(unsigned) <= depth.bytes + 4096;
    bool is_known = depth.top - (uintptr_t)current_teb()->NtTib.StackLimit >= depth.bytes;
    print("recurse: %llu KiB of stack %s\n", kib,
          is_right && is_known ? "used and checked" : "do not add up");
    return is_right && is_known ? 0 : 1;
}
