// SPDX-License-Identifier: MIT
// From the machine's end to an exit code. A program's success is believed only if the machine ended
// in order and all output got through; everything else is a failure that names its cause.

#include "verdict.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

// What isa-debug-exit makes of the values 0x10 and 0x11 that the kernel writes to it.
#define QEMU_EXIT_ORDERLY 33
#define QEMU_EXIT_PANIC   35

static void show_log(const struct session *session, const struct options *options)
{
    if (options->log != NULL && !session->log.is_live)
        report("the kernel's log is in %s", options->log);
    else
        log_show_tail(&session->log);
}

static void show_qemu_messages(const struct session *session)
{
    struct stat status;
    void *text;

    if (fstat(session->messages, &status) < 0 || status.st_size == 0)
        return;
    text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, session->messages, 0);
    if (text != MAP_FAILED) {
        report_text(text, (size_t)status.st_size);
        munmap(text, (size_t)status.st_size);
    }
}

static bool ended_in_order(const struct session *session)
{
    return WIFEXITED(session->qemu_status) &&
           WEXITSTATUS(session->qemu_status) == QEMU_EXIT_ORDERLY;
}

static int explain_machine(const struct session *session, const struct options *options)
{
    int status = session->qemu_status;
    bool has_panicked = WIFEXITED(status) && WEXITSTATUS(status) == QEMU_EXIT_PANIC;

    show_qemu_messages(session);
    show_log(session, options);
    if (session->control.outcome == OUTCOME_PANIC)
        report("the kernel panicked: %s", session->control.sentence);
    else if (has_panicked)
        report("the kernel panicked");
    else if (WIFSIGNALED(status))
        report("QEMU was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (ended_in_order(session))
        report("the machine ended without a word about %s", options->program);
    else if (WEXITSTATUS(status) == 0)
        report("the machine stopped or reset before %s ended", options->program);
    else
        report("QEMU failed with exit code %d", WEXITSTATUS(status));
    return EXIT_PEKOE_FAILED;
}

static int explain_refusal(const struct session *session, const struct options *options)
{
    const struct control *control = &session->control;
    const char *name = control->name[0] != '\0' ? control->name : "no name";

    if (control->sentence[0] == '\0') {
        show_log(session, options);
        report("%s: cannot run: 0x%08X (%s)", options->program, control->status, name);
    } else {
        report("%s: %s (%s)", options->program, control->sentence, name);
    }
    return EXIT_NOT_RUNNABLE;
}

static int explain_timeout(const struct session *session, const struct options *options)
{
    show_log(session, options);
    report("%s: timed out after %g s", options->program, (double)options->timeout_ns / 1e9);
    return EXIT_TIMED_OUT;
}

static int explain_exit(const struct session *session, const struct options *options)
{
    const struct control *control = &session->control;
    int error = session->relays[RELAY_STDOUT].error;

    log_show_crash_reports(&session->log);
    if (error != 0) {
        report("cannot write to standard output: %s", strerror(error));
        return EXIT_PEKOE_FAILED;
    }
    if (control->status <= 255)
        return (int)control->status;
    if (control->name[0] != '\0')
        report("%s ended with 0x%08X (%s)", options->program, control->status, control->name);
    else
        report("%s ended with 0x%08X", options->program, control->status);
    return EXIT_CODE_TOO_WIDE;
}

int verdict(const struct session *session, const struct options *options)
{
    int stdin_error = session->relays[RELAY_STDIN].error;

    if (stdin_error != 0)
        report("cannot read standard input: %s", strerror(stdin_error));
    if (session->timed_out)
        return explain_timeout(session, options);
    if (session->control.outcome == OUTCOME_EXIT && ended_in_order(session))
        return explain_exit(session, options);
    if (session->control.outcome == OUTCOME_REFUSED && ended_in_order(session))
        return explain_refusal(session, options);
    return explain_machine(session, options);
}
