#include "graft_image.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct buffer {
  uint8_t *bytes;
  size_t count, capacity;
} buffer;

static void append(png_structp png, png_bytep bytes, size_t count) {
  buffer *out = png_get_io_ptr(png);
  if (count > out->capacity - out->count) {
    size_t capacity = out->capacity * 2 + count + 4096;
    uint8_t *grown = realloc(out->bytes, capacity);
    if (!grown) png_error(png, "out of memory");
    out->bytes = grown;
    out->capacity = capacity;
  }
  memcpy(out->bytes + out->count, bytes, count);
  out->count += count;
}

static void flush(png_structp png) { (void)png; }

static void on_error(png_structp png, png_const_charp message) {
  (void)message;
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static int encode(
    png_structp png, png_infop info, buffer *out, const uint8_t *pixels, uint32_t width,
    uint32_t height) {
  if (setjmp(png_jmpbuf(png))) return 0;
  png_set_write_fn(png, out, append, flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
      png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) {
    png_write_row(png, pixels + (size_t)y * width * 3);
  }
  png_write_end(png, info);
  return 1;
}

uint8_t *graft_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, size_t *count) {
  buffer out = {NULL, 0, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
  if (!png) return NULL;
  png_infop info = png_create_info_struct(png);
  const int is_done = info && encode(png, info, &out, pixels, width, height);
  png_destroy_write_struct(&png, &info);
  if (!is_done) {
    free(out.bytes);
    return NULL;
  }
  *count = out.count;
  return out.bytes;
}
