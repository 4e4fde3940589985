// SPDX-License-Identifier: MIT
/*
 * IRETQ of a program. Windows' ntdll loads whole contexts with it. QEMU 7.2 reads the instruction's
 * stack frame as the kernel would, which SMAP refuses; so it is carried out here, for the one case
 * that programs have: to 64-bit code of theirs.
 */

#include "user_exception.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arch_private.h"

// CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF, AC, ID: what IRETQ may change outside the kernel
// (Intel SDM vol. 2A, IRET).
#define FLAGS_CHANGEABLE 0x00254DD5ull

struct iret_frame {
    uint64_t rip, cs, rflags, rsp, ss;
};

bool user_iret(struct trap_frame *frame)
{
    uint8_t code[2];
    struct iret_frame to;
    if (copy_from_user(code, (const void USER *)frame->rip, sizeof(code)) != STATUS_SUCCESS ||
        code[0] != 0x48 || code[1] != 0xCF)
        return false;
    if (copy_from_user(&to, (const void USER *)frame->rsp, sizeof(to)) != STATUS_SUCCESS)
        return false;
    if ((uint16_t)to.cs != SELECTOR_USER_CODE || (uint16_t)to.ss != SELECTOR_USER_DATA ||
        to.rip >= USER_END)
        return false;
    frame->rip = to.rip;
    frame->rsp = to.rsp;
    frame->rflags = (frame->rflags & ~FLAGS_CHANGEABLE) | (to.rflags & FLAGS_CHANGEABLE);
    return true;
}
