// SPDX-License-Identifier: MIT
// Supervision. The main thread waits in one poll for everything that can happen: a signal, a line
// of the control channel, the end of QEMU, the end of a stream, the time limit. The streams
// themselves run in their relays.

#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "kvm.h"
#include "report.h"

#define NS_PER_S 1000000000ULL

// How long a machine's last output may take to be read once the time limit has ended it.
#define GRACE_NS NS_PER_S

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

// A shell starts background jobs with SIGINT ignored, and nohup does so with SIGHUP: that stays.
static int open_signals(void)
{
    static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
        struct sigaction action;

        sigaction(ending[i], NULL, &action);
        if (action.sa_handler != SIG_IGN)
            sigaddset(&set, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); // a reader that went away is seen by the write
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int start_machine(struct session *session, const struct options *options, const char *kernel,
                         const char *command_line, int initrd)
{
    const char *qemu = getenv("PEKOE_QEMU");
    struct vm_config config = {
        .qemu = qemu != NULL && *qemu != '\0' ? qemu : "qemu-system-x86_64",
        .kernel = kernel,
        .command_line = command_line,
        .mem_mib = options->mem_mib,
        .smp = options->smp,
        .try_kvm = options->accel == ACCEL_AUTO && kvm_works(),
        .need_kvm = options->accel == ACCEL_KVM,
        .initrd = initrd,
        .log = session->log.sink,
        .messages = session->messages,
    };
    int error = vm_start(&session->vm, &config);

    if (error == ENOENT)
        report("%s: not found; Debian has it in the package qemu-system-x86", config.qemu);
    else if (error != 0)
        report("%s: cannot be started: %s", config.qemu, strerror(error));
    return error;
}

static int start_relays(struct session *session)
{
    const int *channels = session->vm.channels;
    struct relay *relays = session->relays;
    int error = 0;

    relays[RELAY_STDIN] = (struct relay){
        .from = STDIN_FILENO, .to = channels[VM_STDIN], .to_machine = true, .done_event = -1
    };
    relays[RELAY_STDOUT] = (struct relay){ .from = channels[VM_STDOUT],
                                           .to = STDOUT_FILENO,
                                           .done_event = session->done_event };
    relays[RELAY_STDERR] = (struct relay){ .from = channels[VM_STDERR],
                                           .to = STDERR_FILENO,
                                           .done_event = session->done_event };
    relays[RELAY_LOG] = (struct relay){ .from = session->log.source,
                                        .to = STDERR_FILENO,
                                        .done_event = session->done_event };
    for (unsigned i = 0; i < RELAY_COUNT && error == 0; i++) {
        if (i == RELAY_LOG && !session->log.is_live)
            continue;
        error = relay_start(&relays[i]);
        session->active += relays[i].done_event >= 0;
    }
    return error;
}

static bool open_files(struct session *session, const struct options *options)
{
    int error = log_open(&session->log, options);

    if (error != 0) {
        report("%s: %s", options->log != NULL ? options->log : "kernel log", strerror(error));
        return false;
    }
    session->signals = open_signals();
    session->done_event = eventfd(0, EFD_CLOEXEC);
    session->messages = memfd_create("pekoe-qemu", MFD_CLOEXEC);
    if (session->signals < 0 || session->done_event < 0 || session->messages < 0) {
        report("cannot set up the machine: %s", strerror(errno));
        return false;
    }
    return true;
}

bool session_start(struct session *session, const struct options *options, const char *kernel,
                   const char *command_line, int initrd)
{
    bool is_ready = open_files(session, options) &&
                    start_machine(session, options, kernel, command_line, initrd) == 0;
    int error;

    close(initrd);
    if (!is_ready)
        return false;
    close(session->log.sink); // so that the end of a live log is seen
    error = start_relays(session);
    if (error != 0) {
        report("cannot start a thread: %s", strerror(error));
        vm_kill(&session->vm);
        vm_reap(&session->vm);
        return false;
    }
    return true;
}

// Returns false at the end of the channel.
static bool read_control(struct session *session)
{
    char bytes[512];
    ssize_t count = read(session->vm.channels[VM_CONTROL], bytes, sizeof(bytes));

    if (count > 0)
        control_feed(&session->control, bytes, (size_t)count);
    return count > 0 || (count < 0 && errno == EINTR);
}

static void read_done_event(struct session *session)
{
    uint64_t ended = 0;

    if (read(session->done_event, &ended, sizeof(ended)) == sizeof(ended))
        session->active -= (unsigned)ended;
}

static void read_signal(struct session *session)
{
    struct signalfd_siginfo info;

    if (read(session->signals, &info, sizeof(info)) == sizeof(info))
        session->signal = (int)info.ssi_signo;
}

enum {
    WATCH_SIGNALS,
    WATCH_VM,
    WATCH_CONTROL,
    WATCH_DONE,
    WATCH_COUNT
};

// Waits for the next event. Returns false when the deadline, if there is one, has passed.
static bool wait_for_event(struct pollfd *watch, uint64_t deadline_ns)
{
    uint64_t now = deadline_ns != 0 ? now_ns() : 0;
    uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    struct timespec timeout = { (time_t)(left / NS_PER_S), (long)(left % NS_PER_S) };
    int ready = ppoll(watch, WATCH_COUNT, deadline_ns != 0 ? &timeout : NULL, NULL);

    if (ready <= 0) {
        for (unsigned i = 0; i < WATCH_COUNT; i++)
            watch[i].revents = 0;
    }
    return ready != 0;
}

void session_run(struct session *session, const struct options *options)
{
    struct pollfd watch[WATCH_COUNT] = {
        [WATCH_SIGNALS] = { .fd = session->signals, .events = POLLIN },
        [WATCH_VM] = { .fd = session->vm.pidfd, .events = POLLIN },
        [WATCH_CONTROL] = { .fd = session->vm.channels[VM_CONTROL], .events = POLLIN },
        [WATCH_DONE] = { .fd = session->done_event, .events = POLLIN },
    };
    uint64_t deadline_ns = options->timeout_ns != 0 ? now_ns() + options->timeout_ns : 0;

    // poll ignores negative descriptors: what has ended becomes -1.
    while (watch[WATCH_VM].fd >= 0 || watch[WATCH_CONTROL].fd >= 0 || session->active > 0) {
        if (!wait_for_event(watch, deadline_ns)) {
            if (session->timed_out)
                return; // nobody reads what the machine left behind
            session->timed_out = true;
            deadline_ns = now_ns() + GRACE_NS;
            if (watch[WATCH_VM].fd >= 0)
                vm_kill(&session->vm);
            continue;
        }
        if (watch[WATCH_CONTROL].revents != 0 && !read_control(session))
            watch[WATCH_CONTROL].fd = -1;
        if (watch[WATCH_DONE].revents != 0)
            read_done_event(session);
        if (watch[WATCH_VM].revents != 0) {
            session->qemu_status = vm_reap(&session->vm);
            watch[WATCH_VM].fd = -1;
        }
        if (watch[WATCH_SIGNALS].revents != 0)
            read_signal(session);
        if (session->signal != 0) {
            if (watch[WATCH_VM].fd >= 0) {
                vm_kill(&session->vm);
                session->qemu_status = vm_reap(&session->vm);
            }
            return;
        }
    }
}
