// SPDX-License-Identifier: MIT
// Starting QEMU. The machine is microvm without ACPI and option ROMs: no PCI bus to scan, no
// firmware tables to make, which takes a quarter of QEMU's start-up time away. QEMU opens no path
// but the kernel's: everything else is a descriptor that it inherits.

#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 64

// virtio-serial port 0 is reserved for a console, so channel i is port i + 1.
static const char *const channel_names[VM_CHANNEL_COUNT] = {
    [VM_STDIN] = "stdin",
    [VM_STDOUT] = "stdout",
    [VM_STDERR] = "stderr",
    [VM_CONTROL] = "control",
};

// QEMU's arguments: words, and room for those that hold numbers.
struct argument_list {
    const char *words[MAX_WORDS];
    size_t count;
    char numbers[16][80];
    size_t numbers_used;
};

static void add(struct argument_list *list, const char *option, const char *value)
{
    list->words[list->count++] = option;
    if (value != NULL)
        list->words[list->count++] = value;
}

__attribute__((format(printf, 3, 4))) static void
add_format(struct argument_list *list, const char *option, const char *format, ...)
{
    char *value = list->numbers[list->numbers_used++];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(value, sizeof(list->numbers[0]), format, arguments);
    va_end(arguments);
    add(list, option, value);
}

static void add_machine(struct argument_list *list, const struct vm_config *config)
{
    add(list, config->qemu, NULL);
    add(list, "-nodefaults", NULL);
    add(list, "-no-user-config", NULL);
    add(list, "-no-reboot", NULL);
    add(list, "-display", "none");
    add(list, "-M",
        "microvm,acpi=off,x-option-roms=off,auto-kernel-cmdline=off,pit=on,pic=off,rtc=on,"
        "isa-serial=on,memory-backend=memory");
    // Reserving nothing lets a machine have more memory than the host, which spends what is
    // touched.
    add_format(list, "-object", "memory-backend-ram,id=memory,size=%uM,reserve=off",
               config->mem_mib);
    if (config->need_kvm || config->try_kvm)
        add(list, "-accel", "kvm");
    if (!config->need_kvm) {
        // Without a limit QEMU would let translated code grow to 1 GiB.
        add(list, "-accel", "tcg,thread=multi,tb-size=256");
    }
    add(list, "-cpu", "max");
    add_format(list, "-m", "%u", config->mem_mib);
    add_format(list, "-smp", "%u", config->smp);
    // A program that breaks out of the machine into QEMU still cannot start processes.
    add(list, "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void add_devices(struct argument_list *list, const int ends[VM_CHANNEL_COUNT])
{
    // QEMU opens this anew, with a file position and flags of its own.
    add(list, "-chardev", "file,id=log,path=/dev/fd/1,append=on");
    add(list, "-serial", "chardev:log");
    add(list, "-device", "isa-debug-exit,iobase=0x501,iosize=4");
    add(list, "-global", "virtio-mmio.force-legacy=false");
    add(list, "-device", "virtio-serial-device,max_ports=5");
    for (unsigned i = 0; i < VM_CHANNEL_COUNT; i++) {
        const char *name = channel_names[i];

        add_format(list, "-chardev", "socket,id=%s,fd=%d", name, ends[i]);
        add_format(list, "-device", "virtserialport,nr=%u,name=pekoe.%s,chardev=%s", i + 1, name,
                   name);
    }
}

static void make_arguments(struct argument_list *list, const struct vm_config *config,
                           const int ends[VM_CHANNEL_COUNT])
{
    list->count = 0;
    list->numbers_used = 0;
    add_machine(list, config);
    add_devices(list, ends);
    add(list, "-kernel", config->kernel);
    add_format(list, "-initrd", "/dev/fd/%d", config->initrd);
    add(list, "-append", config->command_line);
    list->words[list->count] = NULL;
}

/*
 * The child of vfork: it shares our memory until it has become QEMU, so it only makes system calls.
 *
 * Returns  the errno value of what failed; on success not at all
 */
static int become_qemu(const struct vm_config *config, const struct argument_list *list,
                       const int ends[VM_CHANNEL_COUNT], pid_t parent)
{
    int null;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return errno;
    if (getppid() != parent)
        return ESRCH; // too late: pekoe is gone
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(config->log, STDOUT_FILENO) < 0 ||
        dup2(config->messages, STDERR_FILENO) < 0)
        return errno;
    // Files that pekoe's caller left open are not QEMU's business.
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || fcntl(config->initrd, F_SETFD, 0) < 0)
        return errno;
    for (unsigned i = 0; i < VM_CHANNEL_COUNT; i++) {
        if (fcntl(ends[i], F_SETFD, 0) < 0)
            return errno;
    }
    execvp(config->qemu, (char *const *)list->words);
    return errno;
}

static int spawn(struct vm *vm, const struct vm_config *config, const int ends[VM_CHANNEL_COUNT])
{
    struct argument_list list;
    volatile int error = 0;
    pid_t self = getpid();

    make_arguments(&list, config, ends);
    vm->pid = vfork();
    if (vm->pid < 0)
        return errno;
    if (vm->pid == 0) {
        error = become_qemu(config, &list, ends, self);
        _exit(127);
    }
    vm->pidfd = error == 0 ? pidfd_open(vm->pid, 0) : -1;
    if (error == 0 && vm->pidfd < 0) {
        error = errno;
        kill(vm->pid, SIGKILL);
    }
    if (error != 0)
        waitpid(vm->pid, NULL, 0);
    return error;
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

int vm_start(struct vm *vm, const struct vm_config *config)
{
    int ends[VM_CHANNEL_COUNT];
    unsigned made;
    int error = 0;

    for (made = 0; made < VM_CHANNEL_COUNT; made++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
            error = errno;
            break;
        }
        vm->channels[made] = pair[0];
        ends[made] = pair[1];
    }
    if (error == 0)
        error = spawn(vm, config, ends);
    // With our copies closed, QEMU's end is the end of each channel.
    close_all(ends, made);
    if (error != 0)
        close_all(vm->channels, made);
    return error;
}

void vm_kill(const struct vm *vm)
{
    kill(vm->pid, SIGKILL); // until it is reaped, the id is QEMU's
}

int vm_reap(const struct vm *vm)
{
    int status = 0;

    while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(vm->pidfd);
    return status;
}
