// SPDX-License-Identifier: MIT
// The unwinder in a small made-up world: one module with hand-written functions, and one stack.
// What compilers really emit is tested in test_steps.c; here are the cases that they seldom emit,
// and information that lies.

#include <pe/unwind.h>

#include "check.h"

#define BASE   0x7ff600000000ull
#define STACK  0x500000ull
#define CALLER 0x1234500000ull // in no module

#define TABLE 0x100u
#define INFO  0x200u
#define CODE  0x400u

struct world {
    uint8_t image[0x1000];
    uint64_t stack[64];
    uint32_t function_count;
    struct pe_unwind_context context;
    struct pe_frame frame;
};

static bool read_world(const void *context, uint64_t address, void *to, size_t size)
{
    const struct world *world = context;
    const uint8_t *from = NULL;
    if (address >= BASE && size <= sizeof(world->image) &&
        address - BASE <= sizeof(world->image) - size)
        from = world->image + (address - BASE);
    else if (address >= STACK && size <= sizeof(world->stack) &&
             address - STACK <= sizeof(world->stack) - size)
        from = (const uint8_t *)world->stack + (address - STACK);
    if (from == NULL)
        return false;
    memcpy(to, from, size);
    return true;
}

static bool find_module(const void *context, uint64_t address, struct pe_unwind_module *out)
{
    const struct world *world = context;
    if (address < BASE || address - BASE >= sizeof(world->image))
        return false;
    *out = (struct pe_unwind_module){ BASE,
                                      sizeof(world->image),
                                      { { TABLE }, world->function_count * 12 } };
    return true;
}

// A world with RSP at the stack's eighth entry, every register and stack entry told apart.
static void begin(struct world *world)
{
    memset(world, 0, sizeof(*world));
    for (uint32_t i = 0; i < 16; i++)
        world->context.gpr[i] = 0x1000 + i;
    for (uint32_t i = 0; i < 64; i++)
        world->stack[i] = 0xaa00 + i;
    world->context.gpr[PE_RSP] = STACK + 8 * 8;
    world->context.rip = BASE + CODE;
}

static void add_function(struct world *world, uint32_t begin_rva, uint32_t end_rva, uint32_t info)
{
    struct pe_raw_function raw = { begin_rva, end_rva, info };
    memcpy(world->image + TABLE + world->function_count * 12, &raw, sizeof(raw));
    world->function_count++;
}

static void put_info(struct world *world, uint32_t at, unsigned flags, uint8_t prologue_size,
                     uint8_t frame, const uint16_t *slots, uint8_t count)
{
    struct pe_raw_unwind_info raw = { (uint8_t)(1 | flags << 3), prologue_size, count, frame };
    memcpy(world->image + at, &raw, sizeof(raw));
    if (count != 0)
        memcpy(world->image + at + 4, slots, count * 2u);
}

#define SLOTS(...)                                                                                 \
    (const uint16_t[]){ __VA_ARGS__ }, (uint8_t)(sizeof((uint16_t[]){ __VA_ARGS__ }) / 2)

static void put_code(struct world *world, uint32_t at, const char *code, size_t size)
{
    memcpy(world->image + at, code, size);
}

#define CODE_AT(world, at, code) put_code(world, at, code, sizeof(code) - 1)

static enum pe_error step(struct world *world)
{
    const struct pe_unwind_memory memory = { world, read_world, find_module };
    return pe_unwind_step(&memory, &world->context, &world->frame);
}

// The step must succeed, return to what stack entry `slot` says, and leave RSP above it.
static void expect_return(struct world *world, uint32_t slot, enum pe_frame_kind kind)
{
    world->stack[slot] = CALLER;
    assert_ok(step(world));
    assert_int_equal(world->context.rip, CALLER);
    assert_int_equal(world->context.gpr[PE_RSP], STACK + (slot + 1) * 8);
    assert_int_equal(world->frame.kind, kind);
}

static void code_without_a_module_returns_like_a_leaf(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    world.context.rip = 0;
    expect_return(&world, 8, PE_FRAME_NO_MODULE);
}

static void leaf_functions_just_return(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    expect_return(&world, 8, PE_FRAME_LEAF);
    assert_int_equal(world.frame.module.base, BASE);
}

// push rbx (1 byte), push r12 (2), sub rsp, 0x20 (4); then the body.
static void make_plain(struct world *world)
{
    add_function(world, CODE, CODE + 0x40, INFO);
    put_info(world, INFO, 0, 7, 0, SLOTS(0x3207, 0xc003, 0x3001));
    memset(world->image + CODE, 0x90, 0x40);
}

static void a_prologue_is_undone_as_far_as_it_ran(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, return_slot;
        uint64_t rbx, r12;
    } cases[] = {
        { 0, 8, 0x1003, 0x100c },
        { 1, 9, 0xaa08, 0x100c },
        { 3, 10, 0xaa09, 0xaa08 },
    };
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        begin(&world);
        make_plain(&world);
        world.context.rip += cases[i].offset;
        expect_return(&world, cases[i].return_slot, PE_FRAME_PROLOGUE);
        assert_int_equal(world.context.gpr[PE_RBX], cases[i].rbx);
        assert_int_equal(world.context.gpr[12], cases[i].r12);
    }
}

static void a_body_undoes_the_whole_prologue(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    world.context.rip += 7;
    expect_return(&world, 14, PE_FRAME_BODY);
    assert_int_equal(world.context.gpr[12], 0xaa0c);
    assert_int_equal(world.context.gpr[PE_RBX], 0xaa0d);
    assert_int_equal(world.context.gpr[PE_RBP], 0x1005);
    assert_int_equal(world.frame.function.begin.v, CODE);
    assert_int_equal(world.frame.establisher, STACK + 64);
}

// What of "add rsp, 0x20; pop r12; pop rbx; <end>" is left is done.
static void check_epilogue(const char *end, size_t size)
{
    static const struct {
        uint32_t offset, return_slot;
        uint64_t rbx, r12;
    } cases[] = {
        { 0, 14, 0xaa0d, 0xaa0c },
        { 4, 10, 0xaa09, 0xaa08 },
        { 6, 9, 0xaa08, 0x100c },
        { 7, 8, 0x1003, 0x100c },
    };
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        begin(&world);
        make_plain(&world);
        CODE_AT(&world, CODE + 0x20, "\x48\x83\xc4\x20\x41\x5c\x5b");
        put_code(&world, CODE + 0x27, end, size);
        world.context.rip += 0x20 + cases[i].offset;
        expect_return(&world, cases[i].return_slot, PE_FRAME_EPILOGUE);
        assert_int_equal(world.context.gpr[PE_RBX], cases[i].rbx);
        assert_int_equal(world.context.gpr[12], cases[i].r12);
    }
}

static void epilogues_are_finished(void **state)
{
    (void)state;
    check_epilogue("\xc3", 1);                     // ret
    check_epilogue("\xf3\xc3", 2);                 // rep ret
    check_epilogue("\xe9\x00\x04\x00\x00", 5);     // jmp to a leaf
    check_epilogue("\xe9\x00\x00\x00\x70", 5);     // jmp out of the module
    check_epilogue("\xe9\xd4\xff\xff\xff", 5);     // jmp to its own entry
    check_epilogue("\xeb\x60", 2);                 // short jmp
    check_epilogue("\xff\x25\x00\x00\x00\x00", 6); // jmp through the import table
    check_epilogue("\x48\xff\xe0", 3);             // rex.w jmp rax
    check_epilogue("\x49\xff\xe3", 3);             // rex.w jmp r11
}

static void a_large_frame_is_freed_too(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    CODE_AT(&world, CODE + 0x20, "\x48\x81\xc4\x40\x01\x00\x00\xc3"); // add rsp, 0x140; ret
    world.context.rip += 0x20;
    expect_return(&world, 48, PE_FRAME_EPILOGUE);
}

static void ret_with_a_count_removes_more(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    CODE_AT(&world, CODE + 0x20, "\xc2\x10\x00");
    world.context.rip += 0x20;
    world.stack[8] = CALLER;
    assert_ok(step(&world));
    assert_int_equal(world.context.gpr[PE_RSP], STACK + 9 * 8 + 16);
}

// What only looks like an epilogue's code leaves the frame a body.
static void check_body(const char *code, size_t size)
{
    struct world world;
    begin(&world);
    make_plain(&world);
    put_code(&world, CODE + 0x20, code, size);
    world.context.rip += 0x20;
    expect_return(&world, 14, PE_FRAME_BODY);
    assert_int_equal(world.context.gpr[12], 0xaa0c);
}

static void lookalikes_are_body(void **state)
{
    (void)state;
    check_body("\xeb\x10", 2);             // jmp inside the function
    check_body("\xe9\xe0\xff\xff\xff", 5); // the same, long
    check_body("\xff\xe0", 2);             // jmp rax without REX.W: a switch
    check_body("\x5b\x90", 2);             // pop, then something else
    check_body("\x48\x83\xc4\x20\x90", 5); // add rsp, then something else
    check_body("\x48\x8d\x65\x00\xc3", 5); // lea rsp, without a frame register
    check_body("\xe8\x00\x00\x00\x00", 5); // call
}

static void a_jump_into_another_part_is_body(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    add_function(&world, CODE + 0x80, CODE + 0xa0, INFO + 0x40);
    put_info(&world, INFO + 0x40, PE_UNWIND_CHAINED, 0, 0, NULL, 0);
    struct pe_raw_function whole = { CODE, CODE + 0x40, INFO };
    memcpy(world.image + INFO + 0x44, &whole, sizeof(whole));
    CODE_AT(&world, CODE + 0x20, "\xeb\x5e"); // to CODE + 0x80, the part's first byte
    world.context.rip += 0x20;
    expect_return(&world, 14, PE_FRAME_BODY);
}

static void an_epilogue_ends_with_its_function(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    // pop rbx as the last byte; the ret behind it belongs to nobody.
    CODE_AT(&world, CODE + 0x3f, "\x5b\xc3");
    world.context.rip += 0x3f;
    expect_return(&world, 14, PE_FRAME_BODY);
}

// push rbp; sub rsp, 0x20; lea rbp, [rsp + 0x10]; mov [rbp + 8], rsi; then RSP moves freely.
static void make_framed(struct world *world)
{
    add_function(world, CODE, CODE + 0x40, INFO);
    put_info(world, INFO, 0, 14, 0x15, SLOTS(0x640e, 0x0003, 0x030a, 0x3205, 0x5001));
    memset(world->image + CODE, 0x90, 0x40);
}

static void a_frame_register_finds_the_frame(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_framed(&world);
    world.context.rip += 0x20;
    world.context.gpr[PE_RBP] = STACK + 20 * 8 + 0x10;
    expect_return(&world, 25, PE_FRAME_BODY);
    assert_int_equal(world.context.gpr[PE_RSI], 0xaa00 + 23);
    assert_int_equal(world.context.gpr[PE_RBP], 0xaa00 + 24);
    assert_int_equal(world.frame.establisher, STACK + 20 * 8);
}

static void a_frame_register_counts_once_it_is_set(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_framed(&world);
    world.context.rip += 5; // allocated, RBP still the caller's
    expect_return(&world, 13, PE_FRAME_PROLOGUE);
    assert_int_equal(world.context.gpr[PE_RBP], 0xaa00 + 12);
    assert_int_equal(world.frame.establisher, STACK + 8 * 8);
    begin(&world);
    make_framed(&world);
    world.context.rip += 10; // set; RSI not saved yet
    world.context.gpr[PE_RBP] = STACK + 20 * 8 + 0x10;
    expect_return(&world, 25, PE_FRAME_PROLOGUE);
    assert_int_equal(world.context.gpr[PE_RSI], 0x1006);
    assert_int_equal(world.frame.establisher, STACK + 20 * 8);
}

static void lea_from_the_frame_register_is_an_epilogue(void **state)
{
    (void)state;
    static const char *const leas[] = { "\x48\x8d\x65\x10\x5d\xc3",
                                        "\x48\x8d\xa5\x10\x00\x00\x00\x5d\xc3" };
    static const size_t sizes[] = { 6, 9 };
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        begin(&world);
        make_framed(&world);
        put_code(&world, CODE + 0x30, leas[i], sizes[i]);
        world.context.rip += 0x30;
        world.context.gpr[PE_RBP] = STACK + 22 * 8;
        expect_return(&world, 25, PE_FRAME_EPILOGUE);
        assert_int_equal(world.context.gpr[PE_RBP], 0xaa00 + 24);
    }
}

static void other_leas_are_body(void **state)
{
    (void)state;
    // Into another register; from two other registers; from RIP.
    static const char *const leas[] = { "\x48\x8d\x45\x10\xc3\x90\x90\x90",
                                        "\x48\x8d\x63\x10\xc3\x90\x90\x90",
                                        "\x49\x8d\x65\x10\xc3\x90\x90\x90",
                                        "\x48\x8d\x25\x10\x01\x00\x00\xc3" };
    for (size_t i = 0; i < sizeof(leas) / sizeof(leas[0]); i++) {
        struct world world;
        begin(&world);
        make_framed(&world);
        put_code(&world, CODE + 0x30, leas[i], 8);
        world.context.rip += 0x30;
        world.context.gpr[PE_RBP] = STACK + 20 * 8 + 0x10;
        expect_return(&world, 25, PE_FRAME_BODY);
    }
}

static void chained_parts_are_undone_wholly(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    memset(world.image + CODE, 0x90, 0x100);
    // The part saves RDI at its frame + 8; the whole pushes RBX and allocates 0x20.
    add_function(&world, CODE + 0x80, CODE + 0xa0, INFO);
    put_info(&world, INFO, PE_UNWIND_CHAINED, 4, 0, SLOTS(0x7404, 0x0001));
    struct pe_raw_function whole = { CODE, CODE + 0x40, INFO + 0x40 };
    memcpy(world.image + INFO + 8, &whole, sizeof(whole));
    put_info(&world, INFO + 0x40, PE_UNWIND_HANDLER_EXCEPTION, 5, 0, SLOTS(0x3205, 0x3001));
    world.image[INFO + 0x48] = 0x77;
    world.context.rip = BASE + CODE + 0x90;
    expect_return(&world, 13, PE_FRAME_BODY);
    assert_int_equal(world.context.gpr[PE_RDI], 0xaa09);
    assert_int_equal(world.context.gpr[PE_RBX], 0xaa0c);
    assert_int_equal(world.frame.function.begin.v, CODE);
    assert_int_equal(world.frame.handler.v, 0x77);
    assert_int_equal(world.frame.handler_data.v, INFO + 0x4c);
}

static void machine_frames_lead_to_what_was_interrupted(void **state)
{
    (void)state;
    for (uint32_t has_code = 0; has_code <= 1; has_code++) {
        struct world world;
        begin(&world);
        add_function(&world, CODE, CODE + 0x40, INFO);
        put_info(&world, INFO, 0, 4, 0, SLOTS(0x0204, (uint16_t)(0x0a00 | has_code << 12)));
        memset(world.image + CODE, 0x90, 0x40);
        world.context.rip += 8;
        world.stack[9 + has_code] = CALLER;
        world.stack[12 + has_code] = STACK + 8;
        assert_ok(step(&world));
        assert_true(world.frame.is_machine_frame);
        assert_int_equal(world.context.rip, CALLER);
        assert_int_equal(world.context.gpr[PE_RSP], STACK + 8);
    }
}

static void far_saves_and_large_allocations_are_undone(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    add_function(&world, CODE, CODE + 0x40, INFO);
    // Version 2, with epilogue codes in front; XMM saves restore nothing.
    put_info(&world, INFO, 0, 7, 0,
             SLOTS(0x1605, 0x0600, 0x6907, 0x0000, 0x0000, 0xf507, 0x0018, 0x0000, 0x1107, 0x0030,
                   0x0000));
    world.image[INFO] = 2;
    memset(world.image + CODE, 0x90, 0x40);
    world.context.rip += 0x10;
    expect_return(&world, 14, PE_FRAME_BODY);
    assert_int_equal(world.context.gpr[15], 0xaa0b);
}

static void unreadable_memory_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    world.context.rip += 7;
    world.context.gpr[PE_RSP] = STACK + 60 * 8;
    struct pe_unwind_context before = world.context;
    assert_error(step(&world), PE_ERROR_READ);
    assert_memory_equal(&world.context, &before, sizeof(before));
    world.context.gpr[PE_RSP] = UINT64_MAX - 7;
    world.context.rip = 0;
    assert_error(step(&world), PE_ERROR_READ);
}

static void a_frame_below_its_callee_is_refused(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_framed(&world);
    world.context.rip += 0x20;
    world.context.gpr[PE_RBP] = STACK + 0x10;
    assert_error(step(&world), PE_ERROR_UNWIND_STACK);
    // Not even level with it: a walk must get on.
    world.context.gpr[PE_RBP] = STACK + 0x20;
    assert_error(step(&world), PE_ERROR_UNWIND_STACK);
    world.context.gpr[PE_RBP] = STACK + 0x28;
    assert_ok(step(&world));
}

static void a_chain_in_a_circle_is_refused(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    add_function(&world, CODE, CODE + 0x40, INFO);
    put_info(&world, INFO, PE_UNWIND_CHAINED, 0, 0, NULL, 0);
    struct pe_raw_function itself = { CODE, CODE + 0x40, INFO };
    memcpy(world.image + INFO + 4, &itself, sizeof(itself));
    memset(world.image + CODE, 0x90, 0x40);
    assert_error(step(&world), PE_ERROR_UNWIND_CHAIN);
}

static void nonsense_in_the_module_is_named(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    make_plain(&world);
    world.image[INFO] = 5;
    assert_error(step(&world), PE_ERROR_UNWIND_VERSION);
    world.image[INFO] = 1;
    world.image[INFO + 5] = 0x0b;
    world.context.rip += 8;
    assert_error(step(&world), PE_ERROR_UNWIND_CODE);
    begin(&world);
    add_function(&world, CODE, CODE + 0x40, 0xfff);
    assert_error(step(&world), PE_ERROR_RVA);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(code_without_a_module_returns_like_a_leaf),
        T(leaf_functions_just_return),
        T(a_prologue_is_undone_as_far_as_it_ran),
        T(a_body_undoes_the_whole_prologue),
        T(epilogues_are_finished),
        T(a_large_frame_is_freed_too),
        T(ret_with_a_count_removes_more),
        T(lookalikes_are_body),
        T(a_jump_into_another_part_is_body),
        T(an_epilogue_ends_with_its_function),
        T(a_frame_register_finds_the_frame),
        T(a_frame_register_counts_once_it_is_set),
        T(lea_from_the_frame_register_is_an_epilogue),
        T(other_leas_are_body),
        T(chained_parts_are_undone_wholly),
        T(machine_frames_lead_to_what_was_interrupted),
        T(far_saves_and_large_allocations_are_undone),
        T(unreadable_memory_is_an_error_and_changes_nothing),
        T(a_frame_below_its_callee_is_refused),
        T(a_chain_in_a_circle_is_refused),
        T(nonsense_in_the_module_is_named),
    };
    return cmocka_run_group_tests_name("pe unwind", tests, NULL, NULL);
}
