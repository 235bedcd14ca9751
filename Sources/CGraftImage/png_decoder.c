// PNG through libpng's row interface. The simplified interface is where most of its faults were.
//
// libpng reads every header. The pixels of plain files then come the faster way, if nothing is wrong
// with them; libpng has not moved meanwhile and reads the others.
#include "decoder.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "png_plain.h"

typedef struct png_decoder {
  graft_image_decoder base;
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count, position;
  int ends_early;
  int is_interlaced;
  // 16-bit grey rows are narrowed here, not by libpng.
  int is_grey16;
  // The last one.
  char warning[128];
  // Bytes of a row as libpng writes it.
  size_t row_bytes;
  uint8_t *wide_row;
  // The whole image, where it is interlaced.
  uint8_t *pixels;
  // By the header.
  graft_png_pixel plain_pixel;
  // Gives the pixels instead of libpng, where all else is plain, too.
  graft_png_plain *plain;
} png_decoder;

static void on_error(png_structp png, png_const_charp message) {
  png_decoder *self = png_get_error_ptr(png);
  graft_image_status status = GRAFT_IMAGE_CORRUPT;
  if (self->ends_early) status = GRAFT_IMAGE_ENDS_EARLY;
  else if (strstr(message, "memory")) status = GRAFT_IMAGE_NO_MEMORY;
  const int is_vague = strcmp(message, "Invalid IHDR data") == 0 && self->warning[0];
  graft_image_fail(&self->base, status, is_vague ? self->warning : message);
  png_longjmp(png, 1);
}

// A warning tells what is wrong with a header that is then refused in general terms.
static void on_warning(png_structp png, png_const_charp message) {
  png_decoder *self = png_get_error_ptr(png);
  snprintf(self->warning, sizeof self->warning, "%s", message);
}

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  png_decoder *self = png_get_io_ptr(png);
  if (count > self->count - self->position) {
    self->ends_early = 1;
    png_error(png, "file ends early");
  }
  memcpy(out, self->bytes + self->position, count);
  self->position += count;
}

static graft_png_pixel plain_pixel(int depth, int color) {
  if (depth != 8) return GRAFT_PNG_NOT_PLAIN;
  switch (color) {
    case PNG_COLOR_TYPE_GRAY: return GRAFT_PNG_GREY;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return GRAFT_PNG_GREY_ALPHA;
    case PNG_COLOR_TYPE_RGB: return GRAFT_PNG_RGB;
    case PNG_COLOR_TYPE_RGB_ALPHA: return GRAFT_PNG_RGBA;
    case PNG_COLOR_TYPE_PALETTE: return GRAFT_PNG_INDEX;
    default: return GRAFT_PNG_NOT_PLAIN;
  }
}

// Everything becomes 8-bit RGB: alpha dropped, no gamma, 16 bits narrowed to their high byte, the
// pixels of Pillow's convert("RGB"). Its one oddity is kept, too: 16-bit grey is clipped at 255.
static void set_transformations(png_decoder *self) {
  png_structp png = self->png;
  const int depth = png_get_bit_depth(png, self->info);
  const int color = png_get_color_type(png, self->info);
  self->is_grey16 = color == PNG_COLOR_TYPE_GRAY && depth == 16;
  self->is_interlaced = png_get_interlace_type(png, self->info) != PNG_INTERLACE_NONE;
  if (self->is_interlaced) png_set_interlace_handling(png);
  else self->plain_pixel = plain_pixel(depth, color);
  if (self->is_grey16) return;
  if (depth == 16) png_set_strip_16(png);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (!(color & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
}

// libpng has read up to the kind of the first piece of pixel data.
static void open_plain(png_decoder *self) {
  const size_t begin = self->position - 8;
  // Indices beyond the palette are black, as libpng has it.
  uint8_t colors[768] = {0};
  png_colorp palette = NULL;
  int count = 0;
  png_get_PLTE(self->png, self->info, &palette, &count);
  for (int i = 0; i < count && i < 256; i++) {
    memcpy(colors + 3 * i, (uint8_t[]){palette[i].red, palette[i].green, palette[i].blue}, 3);
  }
  self->plain = graft_png_plain_open(
      self->bytes + begin, self->count - begin, self->base.facts.width, self->base.facts.height,
      self->plain_pixel, colors);
}

static void read_header(png_decoder *self, graft_image_limits limits) {
  png_structp png = self->png;
  if (setjmp(png_jmpbuf(png))) return;
  // Only what makes the pixels is read: a text chunk of 57 bytes can claim a gigabyte.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  // The limits are ours, so that the message is.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_read_fn(png, self, read_bytes);
  png_read_info(png, self->info);

  graft_image_facts *facts = &self->base.facts;
  facts->width = png_get_image_width(png, self->info);
  facts->height = png_get_image_height(png, self->info);
  const int color = png_get_color_type(png, self->info);
  facts->has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0 ||
                     png_get_valid(png, self->info, PNG_INFO_tRNS) != 0;
  facts->is_16_bit = png_get_bit_depth(png, self->info) == 16;
  facts->is_grey = !(color & PNG_COLOR_MASK_COLOR);
  if (graft_image_check_size(&self->base, limits) != GRAFT_IMAGE_OK) return;

  set_transformations(self);
  png_read_update_info(png, self->info);
  self->row_bytes = png_get_rowbytes(png, self->info);
  if (self->row_bytes != (size_t)facts->width * (self->is_grey16 ? 2 : 3)) {
    png_error(png, "row of unexpected length");
  }
  if (self->is_grey16 && !self->is_interlaced) {
    self->wide_row = malloc(self->row_bytes);
    if (!self->wide_row) png_error(png, "out of memory");
  }
}

static void read_all_passes(png_decoder *self) {
  png_structp png = self->png;
  const size_t height = self->base.facts.height;
  // Zeroed, because an interlaced pass reads the row that it completes.
  self->pixels = calloc(height, self->row_bytes);
  if (!self->pixels) png_error(png, "out of memory");
  // One call per row and pass, no table of row pointers.
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
    for (size_t y = 0; y < height; y++) {
      png_read_row(png, self->pixels + y * self->row_bytes, NULL);
    }
  }
}

static void widen_grey16(const uint8_t *from, uint8_t *to, size_t width) {
  for (size_t x = 0; x < width; x++) {
    const uint8_t grey = from[2 * x] ? 255 : from[2 * x + 1];
    to[3 * x] = to[3 * x + 1] = to[3 * x + 2] = grey;
  }
}

static graft_image_status read_row(graft_image_decoder *base, uint8_t *row) {
  png_decoder *self = (png_decoder *)base;
  if (self->plain_pixel != GRAFT_PNG_NOT_PLAIN && base->row == 0) open_plain(self);
  if (self->plain) {
    graft_png_plain_read_row(self->plain, row);
    return GRAFT_IMAGE_OK;
  }
  if (setjmp(png_jmpbuf(self->png))) return base->status;
  if (self->is_interlaced) {
    if (!self->pixels) read_all_passes(self);
    const uint8_t *from = self->pixels + (size_t)base->row * self->row_bytes;
    if (self->is_grey16) widen_grey16(from, row, base->facts.width);
    else memcpy(row, from, self->row_bytes);
  } else if (self->is_grey16) {
    png_read_row(self->png, self->wide_row, NULL);
    widen_grey16(self->wide_row, row, base->facts.width);
  } else {
    png_read_row(self->png, row, NULL);
  }
  // The checksum of the last piece of pixels, and that the file has its end.
  if (base->row + 1 == base->facts.height) png_read_end(self->png, NULL);
  return GRAFT_IMAGE_OK;
}

static void close_decoder(graft_image_decoder *base) {
  png_decoder *self = (png_decoder *)base;
  png_destroy_read_struct(&self->png, &self->info, NULL);
  graft_png_plain_close(self->plain);
  free(self->wide_row);
  free(self->pixels);
  free(self);
}

graft_image_decoder *graft_png_open(
    const uint8_t *bytes, size_t count, graft_image_limits limits) {
  png_decoder *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->base.read_row = read_row;
  self->base.close = close_decoder;
  self->bytes = bytes;
  self->count = count;
  self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
  if (self->png) self->info = png_create_info_struct(self->png);
  if (!self->info) {
    close_decoder(&self->base);
    return NULL;
  }
  read_header(self, limits);
  return &self->base;
}

graft_image_decoder *graft_png_open_with_libpng(
    const uint8_t *bytes, size_t count, graft_image_limits limits) {
  graft_image_decoder *const base = graft_png_open(bytes, count, limits);
  if (base) ((png_decoder *)base)->plain_pixel = GRAFT_PNG_NOT_PLAIN;
  return base;
}

int32_t graft_png_is_plain(const graft_image_decoder *decoder) {
  return ((const png_decoder *)decoder)->plain != NULL;
}
