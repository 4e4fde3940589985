// SPDX-License-Identifier: MIT
/*
 * The unwinder against the processor. A DLL that MinGW built is mapped into this process, one of
 * its functions is called, and the processor stops after every single instruction; each time,
 * unwinding must lead to the registers that the call will return with. So every instruction of
 * every prologue, body and epilogue in the sample is tested, at each optimisation.
 */

#define _GNU_SOURCE // names of the registers in a ucontext_t
#include <pe/exports.h>
#include <pe/relocations.h>
#include <pe/unwind.h>

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"
#include "sample_file.h"

#define FRAMES_MAX 200u
#define RUN_STACK  0x40000u

typedef uint64_t __attribute__((ms_abi)) sample_fn(uint64_t x);

static const int callee_saved[] = { PE_RBX, PE_RBP, PE_RSI, PE_RDI, 12, 13, 14, 15 };

// What the signal handler works on. It notes the first disagreement and asserts nothing itself.
static struct {
    struct pe_image image;
    uint8_t *mapped;
    uint64_t entry;
    bool is_inside;
    struct pe_unwind_context expected; // when the function has returned
    uint64_t low, high;                // the part of the stack that may be read
    unsigned steps;
    unsigned kinds[PE_FRAME_EPILOGUE + 1];
    unsigned deepest;
    char complaint[256];
} run;

static bool read_process(const void *context, uint64_t address, void *to, size_t size)
{
    (void)context;
    uint64_t module = (uintptr_t)run.mapped;
    bool is_module = address >= module && size <= run.image.image_size &&
                     address - module <= run.image.image_size - size;
    bool is_stack = address >= run.low && address <= run.high && size <= run.high - address;
    if (!is_module && !is_stack)
        return false;
    memcpy(to, (const void *)(uintptr_t)address, size);
    return true;
}

static bool find_module(const void *context, uint64_t address, struct pe_unwind_module *out)
{
    (void)context;
    if (address - (uintptr_t)run.mapped >= run.image.image_size)
        return false;
    *out = (struct pe_unwind_module){ .base = (uintptr_t)run.mapped, .size = run.image.image_size };
    pe_get_directory(&run.image, PE_DIRECTORY_EXCEPTION, &out->exceptions);
    return true;
}

static void complain(const char *what, uint64_t rip, uint64_t found, uint64_t expected)
{
    if (run.complaint[0] == '\0') {
        snprintf(run.complaint, sizeof(run.complaint), "at rva %#llx: %s: %#llx, not %#llx",
                 (unsigned long long)(rip - (uintptr_t)run.mapped), what, (unsigned long long)found,
                 (unsigned long long)expected);
    }
}

static void take_registers(const ucontext_t *from, struct pe_unwind_context *to)
{
    static const int order[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15 };
    for (int i = 0; i < 16; i++)
        to->gpr[i] = (uint64_t)from->uc_mcontext.gregs[order[i]];
    to->rip = (uint64_t)from->uc_mcontext.gregs[REG_RIP];
}

// Unwinds out of the DLL and compares.
static void check_here(struct pe_unwind_context context)
{
    const struct pe_unwind_memory memory = { NULL, read_process, find_module };
    uint64_t rip = context.rip;
    struct pe_unwind_module module;
    unsigned depth = 0;
    while (find_module(NULL, context.rip, &module)) {
        struct pe_frame frame;
        enum pe_error error = pe_unwind_step(&memory, &context, &frame);
        if (error != PE_OK || depth == FRAMES_MAX) {
            complain(pe_error_name(error), rip, depth, 0);
            return;
        }
        if (depth++ == 0)
            run.kinds[frame.kind]++;
    }
    if (depth > run.deepest)
        run.deepest = depth;
    if (context.rip != run.expected.rip)
        complain("rip", rip, context.rip, run.expected.rip);
    if (context.gpr[PE_RSP] != run.expected.gpr[PE_RSP])
        complain("rsp", rip, context.gpr[PE_RSP], run.expected.gpr[PE_RSP]);
    for (size_t i = 0; i < sizeof(callee_saved) / sizeof(callee_saved[0]); i++) {
        int reg = callee_saved[i];
        if (context.gpr[reg] != run.expected.gpr[reg])
            complain("a saved register", rip, context.gpr[reg], run.expected.gpr[reg]);
    }
}

static void on_trap(int signal_number, siginfo_t *info, void *raw)
{
    (void)signal_number;
    (void)info;
    struct pe_unwind_context context;
    take_registers(raw, &context);
    if (context.rip == run.entry && !run.is_inside) {
        run.is_inside = true;
        run.low = context.gpr[PE_RSP] - RUN_STACK;
        run.high = context.gpr[PE_RSP] + 64;
        run.expected = context;
        run.expected.rip = *(const uint64_t *)(uintptr_t)context.gpr[PE_RSP];
        run.expected.gpr[PE_RSP] += 8;
    }
    if (!run.is_inside || context.rip == run.expected.rip) {
        run.is_inside = false;
        return;
    }
    run.steps++;
    check_here(context);
}

// Sets the trap flag around the call, keeping clear of this frame's red zone.
static uint64_t __attribute__((noinline)) call_in_steps(sample_fn *function, uint64_t x)
{
    __asm__ volatile(
        "lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
            : "memory", "cc");
    uint64_t result = function(x);
    __asm__ volatile(
        "lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
            : "memory", "cc");
    return result;
}

// Maps the DLL, relocates it page by page, and makes it executable.
static void map_sample(const char *name, uint8_t **bytes)
{
    size_t size;
    *bytes = sample_load(name, &size);
    memset(&run, 0, sizeof(run));
    assert_ok(pe_open(&run.image, *bytes, size));
    run.mapped = mmap(NULL, run.image.image_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(run.mapped, MAP_FAILED);
    assert_ok(pe_read(&run.image, (pe_rva){ 0 }, run.mapped, run.image.image_size));
    struct pe_relocations relocations;
    struct pe_relocation_cursor cursor = { 0 };
    assert_ok(pe_check_relocations(&run.image, &relocations));
    for (uint32_t page = 0; page < run.image.image_size; page += PE_PAGE_SIZE) {
        assert_ok(pe_relocate_page(&relocations, &cursor, (pe_rva){ page },
                                   (uintptr_t)run.mapped - run.image.image_base,
                                   run.mapped + page));
    }
    assert_int_equal(mprotect(run.mapped, run.image.image_size, PROT_READ | PROT_WRITE | PROT_EXEC),
                     0);
}

static void step_through(const char *name)
{
    uint8_t *bytes;
    struct pe_exports exports;
    struct pe_export export;
    map_sample(name, &bytes);
    assert_ok(pe_open_exports(&run.image, &exports));
    assert_ok(pe_export_by_name(&exports, "run", 0, &export));
    run.entry = (uintptr_t)run.mapped + export.rva.v;
    sample_fn *function = (sample_fn *)(uintptr_t)run.entry;
    struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
    struct sigaction before;
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    for (uint64_t x = 1; x <= 3; x++) {
        uint64_t stepped = call_in_steps(function, x);
        assert_int_equal(stepped, function(x));
    }
    sigaction(SIGTRAP, &before, NULL);
    if (run.complaint[0] != '\0')
        fail_msg("%s %s", name, run.complaint);
    // The walk has truly been everywhere; MinGW describes even functions that need no frame.
    assert_true(run.steps > 1000);
    assert_true(run.deepest >= 5);
    for (int kind = PE_FRAME_PROLOGUE; kind <= PE_FRAME_EPILOGUE; kind++)
        assert_true(run.kinds[kind] > 0);
    assert_int_equal(run.kinds[PE_FRAME_NO_MODULE] + run.kinds[PE_FRAME_LEAF], 0);
    print_message("%s: %u instructions, %u of them in epilogues\n", name, run.steps,
                  run.kinds[PE_FRAME_EPILOGUE]);
    munmap(run.mapped, run.image.image_size);
    free(bytes);
}

static void optimised_code_unwinds_at_every_instruction(void **state)
{
    (void)state;
    step_through("sample_o2.dll");
}

static void plain_code_unwinds_at_every_instruction(void **state)
{
    (void)state;
    step_through("sample_o0.dll");
}

static void small_code_unwinds_at_every_instruction(void **state)
{
    (void)state;
    step_through("sample_os.dll");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimised_code_unwinds_at_every_instruction),
        cmocka_unit_test(plain_code_unwinds_at_every_instruction),
        cmocka_unit_test(small_code_unwinds_at_every_instruction),
    };
    return cmocka_run_group_tests_name("pe steps", tests, NULL, NULL);
}
