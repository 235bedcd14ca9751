// PNG and JPEG row by row, and the loops of the down-scaler.
//
// libpng and libjpeg report errors by longjmp. Every function here catches its own jump, so that
// none crosses a Swift frame: errors come back as a status and a message.
#ifndef GRAFT_IMAGE_H
#define GRAFT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef enum graft_image_status {
  GRAFT_IMAGE_OK = 0,
  // The bytes end before the image does.
  GRAFT_IMAGE_ENDS_EARLY,
  // Width, height or their product exceeds the limits.
  GRAFT_IMAGE_TOO_LARGE,
  // A progressive JPEG has more scans than the limits allow.
  GRAFT_IMAGE_TOO_MANY_SCANS,
  // The decoder would need more memory than the limits allow, or than there is.
  GRAFT_IMAGE_NO_MEMORY,
  // Anything else; the message says what.
  GRAFT_IMAGE_CORRUPT,
} graft_image_status;

typedef struct graft_image_limits {
  uint64_t pixels;
  // Width or height.
  uint32_t side;
  // JPEG scans.
  int32_t scans;
  // Bytes that libjpeg may hold. For PNG that is the image where it is interlaced, up to twice
  // 64 MiB for those that libdeflate inflates, and otherwise a few rows.
  size_t memory;
} graft_image_limits;

typedef struct graft_image_facts {
  uint32_t width, height;
  // Alpha channel or transparent colour, dropped.
  int32_t has_alpha;
  int32_t is_16_bit;
  int32_t is_grey;
  int32_t is_cmyk;
} graft_image_facts;

typedef struct graft_image_decoder graft_image_decoder;

// Reads the header. The bytes must outlive the decoder. NULL where there is no memory; otherwise
// ask for the status before anything else.
graft_image_decoder *graft_png_open(
    const uint8_t *bytes, size_t count, graft_image_limits limits);
graft_image_decoder *graft_jpeg_open(
    const uint8_t *bytes, size_t count, graft_image_limits limits);

// A PNG as libpng alone decodes it, whatever the file: tests compare with it.
graft_image_decoder *graft_png_open_with_libpng(
    const uint8_t *bytes, size_t count, graft_image_limits limits);

// Whether the pixels come without libpng; known after the first row.
int32_t graft_png_is_plain(const graft_image_decoder *decoder);

graft_image_status graft_image_get_status(const graft_image_decoder *decoder);
// What libpng or libjpeg said; valid as long as the decoder.
const char *graft_image_get_message(const graft_image_decoder *decoder);
graft_image_facts graft_image_get_facts(const graft_image_decoder *decoder);

// Writes the next row, 3 * width bytes of RGB. With the last row the rest of the file is checked.
graft_image_status graft_image_read_row(graft_image_decoder *decoder, uint8_t *row);

void graft_image_close(graft_image_decoder *decoder);

// Encodes 8-bit RGB as PNG into memory that the caller frees with free(); NULL where there is no
// memory.
uint8_t *graft_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, size_t *count);

// One row of RGB, `width` pixels, to `out_width` pixels. Output x is the sum over t < taps of
// weights[x * taps + t] * input[starts[x] + t], weights not negative and in units of 2^-22, rounded.
// Starts do not decrease and no tap lies outside the row.
void graft_resample_row(
    const uint8_t *row, ptrdiff_t width, uint8_t *out, ptrdiff_t out_width, const int32_t *starts,
    const int32_t *weights, ptrdiff_t taps);

// Output i is the sum over t < taps of weights[t] * rows[t][i], weights as above, rounded.
void graft_resample_column(
    const uint8_t *const *rows, const int32_t *weights, ptrdiff_t taps, uint8_t *out,
    ptrdiff_t count);

// Whether the loops use AVX2: where there is any, unless GRAFT_CPU is "portable" in the environment.
int32_t graft_image_uses_avx2(void);

// For tests, which compare both: results are the same.
void graft_image_allow_avx2(int32_t is_allowed);

#endif
