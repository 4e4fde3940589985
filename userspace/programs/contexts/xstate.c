// SPDX-License-Identifier: MIT
// The extended part of a context: in both forms, with wrong places, lengths and masks. Without AVX
// it is ignored, as on Windows.

#include "contexts.h"

#include <nt/shared_data.h>
#include <user/memory.h>
#include <user/registers.h>

#define YMM_SIZE 0x100

static struct extended_context context;

// NtContinue, then what became of YMM0's upper half. AVX code, so only where there is AVX.
static ULONG enter_extended(UCHAR upper[16])
{
    ULONG result = enter_context(&context.context);

    __asm__ volatile("vextractf128 $1, %%ymm0, %0" : "=m"(*(UCHAR(*)[16])upper) : : "memory");
    return result;
}

static void prepare(void)
{
    init_extended_context(&context, CONTEXT_XSTATE);
    for (unsigned i = 0; i < YMM_SIZE; i++)
        context.components[i] = (UCHAR)(i + 1);
    context.xstate.Mask = XSTATE_MASK_GSSE;
}

static bool is_first_component(const UCHAR upper[16])
{
    return memcmp(upper, context.components, 16) == 0;
}

static bool is_zero(const UCHAR upper[16])
{
    static const UCHAR zero[16];
    return memcmp(upper, zero, 16) == 0;
}

static void test_forms(void)
{
    UCHAR upper[16];

    prepare();
    check_equal("an extended context", enter_extended(upper), LANDED);
    check("YMM0 is loaded", is_first_component(upper));
    context.xstate.Mask = 0;
    check_equal("one whose mask is 0", enter_extended(upper), LANDED);
    check("YMM0's upper half is zero", is_zero(upper));

    prepare();
    context.xstate.CompactionMask = XSTATE_COMPACTION_ENABLE | XSTATE_MASK_GSSE;
    check_equal("one in compacted form", enter_extended(upper), LANDED);
    check("YMM0 is loaded", is_first_component(upper));
    // Compaction that does not name it: it is not part of this context.
    context.xstate.CompactionMask = XSTATE_COMPACTION_ENABLE;
    context.components[0] = 0x77;
    check_equal("one in compacted form with nothing in it", enter_extended(upper), LANDED);
    check("YMM0 stays as it was", upper[0] == 1);
}

static void test_forged_parts(void)
{
    UCHAR upper[16];

    prepare();
    context.xstate.Mask = ~0ull;
    memset(context.xstate.Reserved, 0xFF, sizeof(context.xstate.Reserved));
    check_equal("a mask of ones, reserved fields of ones", enter_extended(upper), LANDED);
    check("YMM0 is loaded", is_first_component(upper));
    context.xstate.CompactionMask = ~0ull;
    check_equal("a compaction mask of ones", enter_extended(upper), LANDED);
    context.xstate.CompactionMask = ~XSTATE_COMPACTION_ENABLE;
    check_equal("one without its highest bit", enter_extended(upper), LANDED);

    prepare();
    context.places.XState.Length = sizeof(XSTATE) - 1;
    check_status("no room for the header", (NTSTATUS)enter_context(&context.context),
                 STATUS_INVALID_PARAMETER);
    context.places.XState.Length = 0x140 - 1;
    check_status("no room for YMM", (NTSTATUS)enter_context(&context.context),
                 STATUS_BUFFER_OVERFLOW);
    context.xstate.Mask = 0;
    check_equal("which does not matter if it is not there", enter_context(&context.context),
                LANDED);
    prepare();
    context.places.XState.Offset = (LONG)0x80000000;
    check_status("a place where nothing is", (NTSTATUS)enter_context(&context.context),
                 STATUS_ACCESS_VIOLATION);
    prepare();
    context.places.XState.Offset += 1;
    context.xstate.Mask = context.xstate.Mask << 8 | 0;
    check_equal("a misaligned place", enter_context(&context.context), LANDED);
}

static void test_own(void)
{
    NTSTATUS status;

    prepare();
    context.context.ContextFlags = CONTEXT_FULL | CONTEXT_XSTATE;
    memset(context.components, 0, sizeof(context.components));
    __asm__ volatile("vpcmpeqd %%xmm1, %%xmm1, %%xmm1\n\tvinsertf128 $1, %%xmm1, %%ymm1, %%ymm1"
                     :
                     :
                     : "memory");
    status = NtGetContextThread(NtCurrentThread(), &context.context);
    __asm__ volatile("vzeroupper");
    check_status("a thread's own extended state", status, STATUS_SUCCESS);
    check_equal("YMM1 is in it", *(ULONGLONG *)&context.components[16], ~0ull);
    check_equal("its mask", context.xstate.Mask, XSTATE_MASK_GSSE);
    check_equal("it is in standard form", context.xstate.CompactionMask, 0);
    context.xstate.CompactionMask = XSTATE_COMPACTION_ENABLE | XSTATE_MASK_GSSE;
    check_status("in compacted form", NtGetContextThread(NtCurrentThread(), &context.context),
                 STATUS_SUCCESS);
    check_equal("its compaction mask", context.xstate.CompactionMask,
                XSTATE_COMPACTION_ENABLE | XSTATE_MASK_GSSE);
    context.places.XState.Length = sizeof(XSTATE);
    context.xstate.Mask = XSTATE_MASK_GSSE;
    context.xstate.CompactionMask = 0;
    __asm__ volatile("vinsertf128 $1, %%xmm1, %%ymm1, %%ymm1" : : : "memory");
    status = NtGetContextThread(NtCurrentThread(), &context.context);
    __asm__ volatile("vzeroupper");
    check_status("no room for it", status, STATUS_BUFFER_OVERFLOW);
}

// The page that all processes see says how extended contexts are laid out.
static void test_shared_data(void)
{
    const XSTATE_CONFIGURATION *xstate =
        &((const KUSER_SHARED_DATA *)KUSER_SHARED_DATA_ADDRESS)->XState;

    check_equal("shared data: x87, SSE and AVX are enabled", xstate->EnabledFeatures & 7, 7);
    check_equal("shared data: AVX's place", xstate->Features[XSTATE_AVX].Offset, 0x240);
    check_equal("shared data: AVX's size", xstate->Features[XSTATE_AVX].Size, YMM_SIZE);
    check("shared data: the whole size", xstate->Size >= 0x340);
    check_equal("shared data: contexts are not compacted",
                xstate->ControlFlags & XSTATE_CONTROL_COMPACTION, 0);
}

void test_xstate(void)
{
    if (!has_ymm()) {
        prepare();
        context.places.XState.Length = 0;
        check_equal("without AVX the extension is ignored", enter_context(&context.context),
                    LANDED);
        return;
    }
    test_forms();
    test_forged_parts();
    test_own();
    test_shared_data();
}
