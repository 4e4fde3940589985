// SPDX-License-Identifier: MIT
// Drawing cells. Screen memory is only written: reading a frame buffer is slow on any machine.

#include "surface.h"

#include <arch/io.h>
#include <kernel/kernel_space.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "font.h"

#define SIZE_MAX_PIXELS 16384u

// The VGA's cursor: register 0x0A of the CRT controller, bit 5 hides it.
#define CRTC_INDEX        0x3D4
#define CRTC_DATA         0x3D5
#define CRTC_CURSOR_START 0x0A
#define CRTC_CURSOR_OFF   0x20

// Immutable after surface_open.
static struct {
    uint8_t *memory;
    uint32_t pitch;
    uint32_t bytes_per_pixel;
    uint32_t palette[16]; // the VGA's colours as pixels
} surface;

// 0xRRGGBB, as a VGA shows its 16 text colours.
static const uint32_t vga_colours[16] = {
    0x000000, 0x0000AA, 0x00AA00, 0x00AAAA, 0xAA0000, 0xAA00AA, 0xAA5500, 0xAAAAAA,
    0x555555, 0x5555FF, 0x55FF55, 0x55FFFF, 0xFF5555, 0xFF55FF, 0xFFFF55, 0xFFFFFF,
};

// VGA's own font has Latin-1 letters in other places, if at all.
static void draw_vga(unsigned column, unsigned row, text_cell_t cell)
{
    text_cell_t *line = (text_cell_t *)(surface.memory + (size_t)row * surface.pitch);

    line[column] = (cell & 0x80) != 0 ? (text_cell_t)((cell & 0xFF00) | '?') : cell;
}

static void put_pixel(uint8_t *at, uint32_t pixel)
{
    switch (surface.bytes_per_pixel) {
    case 4:
        *(uint32_t *)at = pixel;
        break;
    case 3:
        at[0] = (uint8_t)pixel;
        at[1] = (uint8_t)(pixel >> 8);
        at[2] = (uint8_t)(pixel >> 16);
        break;
    default:
        *(uint16_t *)at = (uint16_t)pixel;
        break;
    }
}

static void draw_rgb(unsigned column, unsigned row, text_cell_t cell)
{
    const uint8_t *glyph = screen_font[cell & 0xFF];
    uint32_t foreground = surface.palette[cell >> 8 & 0x0F];
    uint32_t background = surface.palette[cell >> 12];
    uint8_t *line = surface.memory + (size_t)row * FONT_HEIGHT * surface.pitch +
                    (size_t)column * FONT_WIDTH * surface.bytes_per_pixel;

    for (unsigned y = 0; y < FONT_HEIGHT; y++, line += surface.pitch) {
        uint8_t *at = line;

        for (unsigned bits = (unsigned)glyph[y] << 1, x = 0; x < FONT_WIDTH; x++, bits <<= 1) {
            put_pixel(at, (bits & 0x100) != 0 ? foreground : background);
            at += surface.bytes_per_pixel;
        }
    }
}

static status_t open_vga(const struct boot_screen *screen, struct surface *out)
{
    if (screen->width == 0 || screen->height == 0 || screen->width > 256 || screen->height > 256 ||
        screen->pitch < screen->width * sizeof(text_cell_t))
        return STATUS_NOT_SUPPORTED;
    surface.memory = kernel_map_device(screen->address, (size_t)screen->pitch * screen->height);
    if (surface.memory == NULL)
        return STATUS_NO_MEMORY;
    surface.pitch = screen->pitch;
    *out = (struct surface){ screen->width, screen->height, draw_vga };

    io_write8(CRTC_INDEX, CRTC_CURSOR_START);
    io_write8(CRTC_DATA, CRTC_CURSOR_OFF);
    for (unsigned row = 0; row < out->rows; row++) {
        for (unsigned column = 0; column < out->columns; column++)
            draw_vga(column, row, TEXT_BLANK);
    }
    return STATUS_SUCCESS;
}

// Pixels of 16 bits have five or six bits per colour; the shifts tell where they lie.
static uint32_t make_pixel(const struct boot_screen *screen, uint32_t rgb)
{
    uint32_t red = rgb >> 16, green = rgb >> 8 & 0xFF, blue = rgb & 0xFF;

    if (screen->bits_per_pixel == 16) {
        red >>= 3;
        green >>= 2;
        blue >>= 3;
    }
    return red << screen->red_shift | green << screen->green_shift | blue << screen->blue_shift;
}

static bool is_rgb_supported(const struct boot_screen *screen)
{
    unsigned bits = screen->bits_per_pixel;

    if (bits != 16 && bits != 24 && bits != 32)
        return false;
    if (screen->red_shift >= bits || screen->green_shift >= bits || screen->blue_shift >= bits)
        return false;
    if (screen->width < FONT_WIDTH || screen->width > SIZE_MAX_PIXELS)
        return false;
    if (screen->height < FONT_HEIGHT || screen->height > SIZE_MAX_PIXELS)
        return false;
    return screen->pitch >= screen->width * (bits / 8) && screen->pitch <= SIZE_MAX_PIXELS * 4;
}

static status_t open_rgb(const struct boot_screen *screen, struct surface *out)
{
    size_t size = (size_t)screen->pitch * screen->height;

    if (!is_rgb_supported(screen))
        return STATUS_NOT_SUPPORTED;
    surface.memory = kernel_map_frame_buffer(screen->address, size);
    if (surface.memory == NULL)
        return STATUS_NO_MEMORY;
    surface.pitch = screen->pitch;
    surface.bytes_per_pixel = screen->bits_per_pixel / 8;
    for (unsigned i = 0; i < ARRAY_SIZE(vga_colours); i++)
        surface.palette[i] = make_pixel(screen, vga_colours[i]);
    *out = (struct surface){ screen->width / FONT_WIDTH, screen->height / FONT_HEIGHT, draw_rgb };
    memset(surface.memory, 0, size); // black in every format
    return STATUS_SUCCESS;
}

status_t surface_open(const struct boot_screen *screen, struct surface *out)
{
    switch (screen->kind) {
    case BOOT_SCREEN_TEXT:
        return open_vga(screen, out);
    case BOOT_SCREEN_RGB:
        return open_rgb(screen, out);
    default:
        return STATUS_DEVICE_NOT_READY;
    }
}
