// The rows of a plain PNG, the kind that nearly all photos are: 8 bits a channel or a palette of 8
// bits, not interlaced, undamaged, of moderate size. Faster than libpng, and the same pixels.
#ifndef GRAFT_PNG_PLAIN_H
#define GRAFT_PNG_PLAIN_H

#include <stddef.h>
#include <stdint.h>

typedef enum graft_png_pixel {
  GRAFT_PNG_NOT_PLAIN = 0,
  // Bytes of a pixel.
  GRAFT_PNG_GREY = 1,
  GRAFT_PNG_GREY_ALPHA = 2,
  GRAFT_PNG_RGB = 3,
  GRAFT_PNG_RGBA = 4,
  GRAFT_PNG_INDEX = 5,
} graft_png_pixel;

typedef struct graft_png_plain graft_png_plain;

// `bytes` is the file from its first piece of pixel data on, `palette` 256 colours where pixels are
// indices. NULL where libpng is to decide: the file is unusual or damaged, or memory is short.
graft_png_plain *graft_png_plain_open(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, graft_png_pixel pixel,
    const uint8_t palette[768]);

// Writes the next row, 3 * width bytes of RGB, at most as often as there are rows.
void graft_png_plain_read_row(graft_png_plain *plain, uint8_t *row);

void graft_png_plain_close(graft_png_plain *plain);

#endif
