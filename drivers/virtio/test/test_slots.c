// SPDX-License-Identifier: MIT
// The boot option that says where virtio devices are.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../slots.h"

static void pekoe_s_value_is_read(void **state)
{
    struct virtio_slots slots;

    (void)state;
    assert_true(virtio_slots_parse("0xfeb00000,512,8,5", &slots));
    assert_int_equal(slots.base, 0xFEB00000);
    assert_int_equal(slots.stride, 512);
    assert_int_equal(slots.count, 8);
    assert_int_equal(slots.first_line, 5);
}

static void the_extremes_are_taken(void **state)
{
    struct virtio_slots slots;

    (void)state;
    assert_true(virtio_slots_parse("4,0x1000,32,224", &slots));
    assert_true(virtio_slots_parse("0x3ffffffffffc,512,1,255", &slots));
}

static void impossible_values_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ",",
        ",,,",
        "0xfeb00000",
        "0xfeb00000,512,8",
        "0xfeb00000,512,8,5,",
        "0xfeb00000,512,8,5,1",
        "0xfeb00000,512,8,",
        "0xfeb00000,,8,5",
        "zero,512,8,5",
        "0xfeb00000,512,8,5 ",
        "0xfeb00000,512,-1,5",
        "0,512,8,5",              // no address
        "0xfeb00001,512,8,5",     // not aligned
        "0x400000000000,512,8,5", // beyond any machine
        "0xfffffffffffffffc,512,8,5",
        "0xfeb00000,511,8,5",
        "0xfeb00000,514,8,5",
        "0xfeb00000,0x1004,8,5",
        "0xfeb00000,512,0,5",
        "0xfeb00000,512,33,5",
        "0xfeb00000,512,8,249",
        "0xfeb00000,512,1,256",
        "0xfeb00000,512,8,0x100000000",
        "0xfeb00000,512,8,184467440737095516160",
        "0x00000000000000000000000000000000feb00000,512,8,5",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct virtio_slots slots = { .count = 77 };

        assert_false(virtio_slots_parse(texts[i], &slots));
        assert_int_equal(slots.count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pekoe_s_value_is_read),
        cmocka_unit_test(the_extremes_are_taken),
        cmocka_unit_test(impossible_values_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
