// SPDX-License-Identifier: MIT
// STAC and CLAC are undefined on a processor without SMAP, and testing for it at each copy would
// cost more than the instruction. So each site is a 3-byte NOP that is replaced once at start.

#include "arch_private.h"

struct smap_site {
    uint8_t *place;
    uint64_t code; // three bytes, lowest first
};

extern const struct smap_site smap_patches_start[], smap_patches_end[];

void smap_patch_sites(void)
{
    for (const struct smap_site *site = smap_patches_start; site < smap_patches_end; site++)
        for (int i = 0; i < 3; i++)
            site->place[i] = (uint8_t)(site->code >> (8 * i));
}
