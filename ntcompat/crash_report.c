// SPDX-License-Identifier: MIT
/*
 * The report of a program's unhandled exception: what happened and where, the registers, and who
 * called whom. It stands in the log between two fixed lines, from which pekoe copies it to stderr.
 *
 * The stack may be overwritten, endless or gone; so every step of the walk is checked by pe/, must
 * move upwards inside the thread's stack, and there is a last step.
 */

#include "exception.h"

#include <arch/trap_frame.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/exception.h>
#include <nt/thread.h>
#include <pe/unwind.h>

#include "image.h"
#include "nt_process.h"
#include "symbolise.h"

// pekoe knows these two lines.
#define REPORT_BEGIN "---- crash report"
#define REPORT_END   "---- end of report"

#define FRAMES_PRINTED 48u
#define FRAMES_WALKED  4096u
#define PLACE_ROOM     176u
#define HOME_SLOTS     0x20u // what stays of the stack at the entry point once it has returned

// Reports of several processes stand one after the other.
static struct mutex report_lock;

static void init_report_lock(void)
{
    mutex_init(&report_lock, "crash report", LOCK_RANK_REPORT);
}
INITCALL(70_NT, init_report_lock);

// ---- what happened ----------------------------------------------------------------------------

struct code_name {
    uint32_t code;
    const char *name;
};

// Where winnt.h has a name of its own for a status, people know that one.
static const char *exception_name(status_t code)
{
    static const struct code_name names[] = {
        { (uint32_t)STATUS_ACCESS_VIOLATION, "EXCEPTION_ACCESS_VIOLATION" },
        { (uint32_t)STATUS_ARRAY_BOUNDS_EXCEEDED, "EXCEPTION_ARRAY_BOUNDS_EXCEEDED" },
        { (uint32_t)STATUS_BREAKPOINT, "EXCEPTION_BREAKPOINT" },
        { (uint32_t)STATUS_DATATYPE_MISALIGNMENT, "EXCEPTION_DATATYPE_MISALIGNMENT" },
        { (uint32_t)STATUS_FLOAT_DENORMAL_OPERAND, "EXCEPTION_FLT_DENORMAL_OPERAND" },
        { (uint32_t)STATUS_FLOAT_DIVIDE_BY_ZERO, "EXCEPTION_FLT_DIVIDE_BY_ZERO" },
        { (uint32_t)STATUS_FLOAT_INEXACT_RESULT, "EXCEPTION_FLT_INEXACT_RESULT" },
        { (uint32_t)STATUS_FLOAT_INVALID_OPERATION, "EXCEPTION_FLT_INVALID_OPERATION" },
        { (uint32_t)STATUS_FLOAT_OVERFLOW, "EXCEPTION_FLT_OVERFLOW" },
        { (uint32_t)STATUS_FLOAT_STACK_CHECK, "EXCEPTION_FLT_STACK_CHECK" },
        { (uint32_t)STATUS_FLOAT_UNDERFLOW, "EXCEPTION_FLT_UNDERFLOW" },
        { (uint32_t)STATUS_GUARD_PAGE_VIOLATION, "EXCEPTION_GUARD_PAGE" },
        { (uint32_t)STATUS_ILLEGAL_INSTRUCTION, "EXCEPTION_ILLEGAL_INSTRUCTION" },
        { (uint32_t)STATUS_IN_PAGE_ERROR, "EXCEPTION_IN_PAGE_ERROR" },
        { (uint32_t)STATUS_INTEGER_DIVIDE_BY_ZERO, "EXCEPTION_INT_DIVIDE_BY_ZERO" },
        { (uint32_t)STATUS_INTEGER_OVERFLOW, "EXCEPTION_INT_OVERFLOW" },
        { (uint32_t)STATUS_PRIVILEGED_INSTRUCTION, "EXCEPTION_PRIV_INSTRUCTION" },
        { (uint32_t)STATUS_SINGLE_STEP, "EXCEPTION_SINGLE_STEP" },
        { (uint32_t)STATUS_STACK_OVERFLOW, "EXCEPTION_STACK_OVERFLOW" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].code == (uint32_t)code)
            return names[i].name;
    const char *name = status_name(code);
    return name != NULL ? name : "exception";
}

static const char *fast_fail_name(uint64_t reason)
{
#define NAME(name) [name] = #name
    static const char *const names[] = {
        NAME(FAST_FAIL_LEGACY_GS_VIOLATION),
        NAME(FAST_FAIL_VTGUARD_CHECK_FAILURE),
        NAME(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE),
        NAME(FAST_FAIL_CORRUPT_LIST_ENTRY),
        NAME(FAST_FAIL_INCORRECT_STACK),
        NAME(FAST_FAIL_INVALID_ARG),
        NAME(FAST_FAIL_GS_COOKIE_INIT),
        NAME(FAST_FAIL_FATAL_APP_EXIT),
        NAME(FAST_FAIL_RANGE_CHECK_FAILURE),
        NAME(FAST_FAIL_UNSAFE_REGISTRY_ACCESS),
        NAME(FAST_FAIL_GUARD_ICALL_CHECK_FAILURE),
        NAME(FAST_FAIL_GUARD_WRITE_CHECK_FAILURE),
        NAME(FAST_FAIL_INVALID_FIBER_SWITCH),
        NAME(FAST_FAIL_INVALID_SET_OF_CONTEXT),
        NAME(FAST_FAIL_INVALID_REFERENCE_COUNT),
        NAME(FAST_FAIL_INVALID_JUMP_BUFFER),
        NAME(FAST_FAIL_MRDATA_MODIFIED),
        NAME(FAST_FAIL_CERTIFICATION_FAILURE),
        NAME(FAST_FAIL_INVALID_EXCEPTION_CHAIN),
        NAME(FAST_FAIL_CRYPTO_LIBRARY),
        NAME(FAST_FAIL_INVALID_CALL_IN_DLL_CALLOUT),
        NAME(FAST_FAIL_INVALID_IMAGE_BASE),
        NAME(FAST_FAIL_DLOAD_PROTECTION_FAILURE),
        NAME(FAST_FAIL_UNSAFE_EXTENSION_CALL),
    };
#undef NAME
    if (reason < ARRAY_SIZE(names) && names[reason] != NULL)
        return names[reason];
    return "FAST_FAIL";
}

static const char *access_verb(uint64_t kind)
{
    return kind == EXCEPTION_WRITE_FAULT     ? "writing"
           : kind == EXCEPTION_EXECUTE_FAULT ? "executing"
                                             : "reading";
}

// What the exception's parameters say: " reading 0x0000000000000010", or nothing.
static void describe_parameters(const struct user_exception *exception, char *to, size_t room)
{
    copy_string(to, room, "");
    if (exception->code == STATUS_STACK_BUFFER_OVERRUN && exception->parameter_count >= 1)
        format_string(to, room, ", %s (%llu)", fast_fail_name(exception->parameters[0]),
                      (unsigned long long)exception->parameters[0]);
    else if (exception->parameter_count >= 2)
        format_string(to, room, " %s 0x%016llx", access_verb(exception->parameters[0]),
                      (unsigned long long)exception->parameters[1]);
}

static void print_headline(const struct nt_process *nt, const struct user_exception *exception)
{
    char parameters[80], place[PLACE_ROOM];
    describe_parameters(exception, parameters, sizeof(parameters));
    symbolise(nt, exception->address, false, place, sizeof(place));
    if (place[0] == '\0')
        format_string(place, sizeof(place), "0x%016llx, in no image",
                      (unsigned long long)exception->address);
    log_raw("%s: %s (0x%08X)%s at %s\n", current_process()->name, exception_name(exception->code),
            (unsigned)exception->code, parameters, place);
}

static void print_registers(const struct trap_frame *frame)
{
#define ROW(a, x, b, y, c, z)                                                                      \
    log_raw("  " a "=%016llx " b "=%016llx " c "=%016llx\n", (unsigned long long)(x),              \
            (unsigned long long)(y), (unsigned long long)(z))
    ROW("rax", frame->rax, "rbx", frame->rbx, "rcx", frame->rcx);
    ROW("rdx", frame->rdx, "rsi", frame->rsi, "rdi", frame->rdi);
    ROW("r8 ", frame->r8, "r9 ", frame->r9, "r10", frame->r10);
    ROW("r11", frame->r11, "r12", frame->r12, "r13", frame->r13);
    ROW("r14", frame->r14, "r15", frame->r15, "rbp", frame->rbp);
    ROW("rip", frame->rip, "rsp", frame->rsp, "flg", frame->rflags);
#undef ROW
}

// ---- who called whom --------------------------------------------------------------------------

static bool read_memory(const void *context, uint64_t address, void *to, size_t size)
{
    (void)context;
    return copy_from_user(to, (const void USER *)address, size) == STATUS_SUCCESS;
}

static bool find_module(const void *context, uint64_t address, struct pe_unwind_module *out)
{
    const struct nt_module *module = nt_process_module_at(context, address);
    if (module == NULL)
        return false;
    *out = (struct pe_unwind_module){ .base = module->base, .size = module->image->pe.image_size };
    struct pe_directory exceptions;
    if (pe_get_directory(&module->image->pe, PE_DIRECTORY_EXCEPTION, &exceptions) == PE_OK)
        out->exceptions = exceptions;
    return true;
}

static void start_walk(const struct trap_frame *frame, struct pe_unwind_context *out)
{
    *out = (struct pe_unwind_context){
        .gpr = { frame->rax, frame->rcx, frame->rdx, frame->rbx, frame->rsp, frame->rbp, frame->rsi,
                 frame->rdi, frame->r8, frame->r9, frame->r10, frame->r11, frame->r12, frame->r13,
                 frame->r14, frame->r15 },
        .rip = frame->rip,
    };
}

// Prints lines of the walk; the same place again and again (recursion) becomes one line.
struct walk_printer {
    uint64_t last_rip;
    unsigned repeated;
    unsigned printed;
};

static void end_repetition(struct walk_printer *printer)
{
    if (printer->repeated != 0)
        log_raw("      ... %u more times\n", printer->repeated);
    printer->repeated = 0;
}

static void print_frame(struct walk_printer *printer, const struct nt_process *nt, uint64_t rip,
                        bool is_return)
{
    if (printer->printed != 0 && rip == printer->last_rip) {
        printer->repeated++;
        return;
    }
    end_repetition(printer);
    char place[PLACE_ROOM];
    symbolise(nt, rip, is_return, place, sizeof(place));
    log_raw("  #%-2u 0x%016llx  %s\n", printer->printed, (unsigned long long)rip,
            place[0] != '\0' ? place : "in no image");
    printer->last_rip = rip;
    printer->printed++;
}

static void print_backtrace(const struct nt_process *nt, const struct trap_frame *frame)
{
    const struct pe_unwind_memory memory = { nt, read_memory, find_module };
    struct pe_unwind_context context;
    struct walk_printer printer = { 0 };
    start_walk(frame, &context);
    // The first address may be 0, from a call through a null pointer; later that is the end.
    for (unsigned step = 0; step == 0 || context.rip != 0; step++) {
        print_frame(&printer, nt, context.rip, step != 0);
        if (step == FRAMES_WALKED || printer.printed == FRAMES_PRINTED) {
            end_repetition(&printer);
            log_raw("      ... and more\n");
            return;
        }
        // A wild jump leaves its return address on the stack; further up it would be a guess.
        if (step != 0 && nt_process_module_at(nt, context.rip) == NULL)
            break;
        enum pe_error error = pe_unwind_step(&memory, &context, NULL);
        if (error != PE_OK) {
            end_repetition(&printer);
            log_raw("      ... the stack cannot be followed: %s\n", pe_error_text(error));
            return;
        }
    }
    end_repetition(&printer);
}

/*
 * A program without ntdll that returns from its entry point lands at address 0, with nothing left
 * on its stack: so common a mistake that it deserves words.
 */
static bool has_returned_from_entry(const struct trap_frame *frame)
{
    vaddr_t stack_base;
    vaddr_t teb = current_thread()->user_gs_base;
    return frame->rip == 0 &&
           get_user(&stack_base, (const vaddr_t USER *)(teb + offsetof(NT_TIB, StackBase))) ==
               STATUS_SUCCESS &&
           frame->rsp == stack_base - HOME_SLOTS;
}

void crash_report(const struct trap_frame *frame, const struct user_exception *exception)
{
    const struct nt_process *nt = current_nt_process();
    mutex_lock(&report_lock);
    log_raw(REPORT_BEGIN "\n");
    print_headline(nt, exception);
    if (has_returned_from_entry(frame))
        log_raw("  The program returned from its entry point; without ntdll it must end with "
                "NtTerminateProcess.\n");
    print_registers(frame);
    print_backtrace(nt, frame);
    log_raw(REPORT_END "\n");
    mutex_unlock(&report_lock);
}
