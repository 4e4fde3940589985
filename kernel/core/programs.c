// SPDX-License-Identifier: MIT
/*
 * What the machine is for: running the programs of the command line, telling the starter how they
 * ended, and ending the machine.
 *
 * The starter (pekoe) listens on the "control" port for lines:
 *   exit STATUS NAME              a program ended: 8 hexadecimal digits, name of the status or -
 *   refused STATUS NAME REASON    it could not be run
 * The last program's line counts. Without that port (a PC started by GRUB) the log has the same.
 */

#include <kernel/boot.h>
#include <kernel/chardev.h>
#include <kernel/clock.h>
#include <kernel/fail.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/ktest.h>
#include <kernel/log.h>
#include <kernel/personality.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "provoke.h"

#define REASON_MAX      256
#define REMAINS_WAIT_MS 100u

const struct personality *personality;
void (*service_entry)(struct trap_frame *frame); // what SYSCALL calls; known to entry.asm

void personality_register(const struct personality *face)
{
    personality = face;
    service_entry = face->service;
}

static void flush_outputs(void)
{
    static const char *const names[] = { "stdout", "stderr", "control" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct chardev *device = chardev_find_exact(names[i]);
        if (device && device->ops->flush)
            device->ops->flush(device);
    }
}

static void tell(const char *format, ...) PRINTF_LIKE(1, 2);

// Tells the starter; the log hears it too, where there is no starter to listen.
static void tell(const char *format, ...)
{
    char line[REASON_MAX + 64];
    va_list arguments;
    va_start(arguments, format);
    int length = format_string_v(line, sizeof(line), format, arguments);
    va_end(arguments);
    struct chardev *control = chardev_find_exact("control");
    size_t done;
    if (!control || control->ops->write(control, line, MIN((size_t)length, sizeof(line) - 1),
                                        &done) != STATUS_SUCCESS)
        log_raw("pekoe: %s", line);
}

static const char *name_or_dash(status_t status)
{
    const char *name = status_name(status);
    return name ? name : "-";
}

/*
 * A process has ended a little before its last thread is off its processor and taken apart, which
 * keeps the process object. Waits for that, so that what is free can be compared.
 */
static void wait_for_remains(uint32_t process_count_before)
{
    for (unsigned i = 0; i < REMAINS_WAIT_MS && process_count() > process_count_before; i++) {
        status_t status = thread_sleep_until(clock_now() + 1000000, 0);
        (void)status;
    }
}

static void run_program(const char *command_line)
{
    char reason[REASON_MAX] = "";
    status_t exit_status = STATUS_SUCCESS;
    uint64_t free_before = frames_stats().free, blocks_before = heap_stats().blocks;
    uint32_t count_before = process_count();
    status_t status = personality->run_program(command_line, &exit_status, reason, sizeof(reason));
    if (status == STATUS_SUCCESS)
        tell("exit %08x %s\n", (uint32_t)exit_status, name_or_dash(exit_status));
    else
        tell("refused %08x %s %s\n", (uint32_t)status, name_or_dash(status), reason);
    wait_for_remains(count_before);
    log_info("programs",
             "ended; %lu frames free before, %lu after, %u processes; %lu blocks before, %lu after",
             free_before, frames_stats().free, process_count(), blocks_before, heap_stats().blocks);
}

// Where separator stands as a word of its own in line, or NULL.
static char *find_word(char *line, const char *separator)
{
    size_t length = strlen(separator);
    for (char *place = line; *place; place++)
        if ((place == line || place[-1] == ' ') && strncmp(place, separator, length) == 0 &&
            (place[length] == ' ' || place[length] == '\0'))
            return place;
    return NULL;
}

// Runs one program, or with the boot option then=WORD those that WORD separates, in turn.
static void run_programs(void)
{
    char *line = (char *)boot_program_line(); // boot_info's own copy
    if (!line) {
        log_error("boot", "the command line names no program (-- PROGRAM ARGS)");
        return;
    }
    fail_begin();
    char separator[16];
    if (!boot_option("then", separator, sizeof(separator)) || !*separator) {
        run_program(line);
        return;
    }
    for (char *next = line; next; line = next) {
        next = find_word(line, separator);
        if (next) {
            // Of "A AND B" the blank before AND goes, too; nothing stands before a leading one.
            next[next > line ? -1 : 0] = '\0';
            next += strlen(separator);
            next += *next == ' ';
        }
        run_program(line);
    }
}

static void run_all(void)
{
    provoke_panic();
    char subject[32];
    enum machine_exit how = MACHINE_EXIT_ORDERLY;
    if (boot_option("ktest", subject, sizeof(subject)))
        how = ktest_run(subject) == 0 ? MACHINE_EXIT_ORDERLY : MACHINE_EXIT_PANIC;
    else if (!personality)
        log_error("boot", "no personality to run programs with");
    else
        run_programs();
    if (cpu_nmi_count() > 0)
        log_info("programs", "%u NMIs counted", cpu_nmi_count());
    flush_outputs();
    machine_exit(how);
}
INITCALL(80_USER, run_all);

static void read_log_option(void)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    char level[8];
    if (!boot_option("log", level, sizeof(level)))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(level, names[i]) == 0) {
            log_set_threshold((enum log_level)i);
            return;
        }
    }
    log_warn("boot", "log=%s: must be error, warn, info or debug", level);
}
INITCALL(10_CPU, read_log_option);
