// SPDX-License-Identifier: MIT
// The virtual machine: a QEMU process that has only the devices that the run needs, and that cannot
// outlive pekoe.

#pragma once

#include <stdbool.h>
#include <sys/types.h>

// What the kernel must be told of this machine, which has no ACPI to describe it: where QEMU 7.2
// puts microvm's virtio-mmio slots (base, stride, count, interrupt line of the first; observed:
// its monitor's "info mtree" and "info qtree").
#define VM_KERNEL_OPTIONS "virtio_mmio=0xfeb00000,512,8,5"

// The kernel knows the channels by their port numbers on the virtio-serial bus.
enum vm_channel {
    VM_STDIN,   // port 1, pekoe.stdin
    VM_STDOUT,  // port 2, pekoe.stdout
    VM_STDERR,  // port 3, pekoe.stderr
    VM_CONTROL, // port 4, pekoe.control
    VM_CHANNEL_COUNT,
};

struct vm_config {
    const char *qemu;         // path, or a name to look for in PATH
    const char *kernel;       // path of the ELF image
    const char *command_line; // of the kernel
    unsigned mem_mib;
    unsigned smp;
    bool try_kvm;  // use KVM if QEMU can
    bool need_kvm; // fail if it cannot
    int initrd;    // a file descriptor each, not changed
    int log;       // what the serial port prints is appended here
    int messages;  // QEMU's own standard error
};

struct vm {
    pid_t pid;
    int pidfd;                      // becomes readable when QEMU has ended
    int channels[VM_CHANNEL_COUNT]; // our ends
};

/*
 * Starts QEMU. It is killed when the calling thread ends, whatever ends it. The signals that are
 * blocked here stay blocked in QEMU, so that Ctrl+C on the terminal reaches pekoe alone.
 *
 * Returns  0 or an errno value, as of execve(2) when QEMU cannot be run; then nothing is left open
 */
int vm_start(struct vm *vm, const struct vm_config *config);

// Ends QEMU at once. It still has to be reaped.
void vm_kill(const struct vm *vm);

// Waits for QEMU's end and returns its status as waitpid(2) gives it.
int vm_reap(const struct vm *vm);
