// SPDX-License-Identifier: MIT
// Sections for other services: what a section or image is, for those who start programs.

#pragma once

#include <kernel/section.h>
#include <nt/section.h>

struct image;

// The image behind a section, which keeps it; NULL: it is no image.
struct image *nt_image_of_section(const struct section *section);

// What SectionImageInformation and ProcessImageInformation say of an image.
void nt_describe_image(const struct image *image, SECTION_IMAGE_INFORMATION *out);
