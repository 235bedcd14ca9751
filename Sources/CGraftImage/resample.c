// The loops of the antialiased resize. Weights have 22 fractional bits: a sum of bytes times
// weights that add up to one stays below 2^30. Whole numbers: no order of sums changes the result.
#include "paths.h"

#include <string.h>

enum { PRECISION = 22, HALF = 1 << (PRECISION - 1) };

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t lanes4 __attribute__((vector_size(16)));
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int32_t lanes16 __attribute__((vector_size(64)));

static inline uint8_t to_byte(int32_t sum) {
  const int32_t value = sum >> PRECISION;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void resample_pixel(
    const uint8_t *pixel, uint8_t *out, const int32_t *weights, ptrdiff_t taps) {
  for (int channel = 0; channel < 3; channel++) {
    int32_t sum = HALF;
    for (ptrdiff_t t = 0; t < taps; t++) sum += weights[t] * pixel[3 * t + channel];
    out[channel] = to_byte(sum);
  }
}

// Red, green, blue and a fourth byte that is the next pixel's: not read behind the row's end and
// not kept.
static INLINE void resample_row(
    const uint8_t *row, ptrdiff_t width, uint8_t *out, ptrdiff_t out_width, const int32_t *starts,
    const int32_t *weights, ptrdiff_t taps) {
  ptrdiff_t inner = out_width - 1;
  while (inner > 0 && starts[inner - 1] + taps >= width) inner -= 1;
  for (ptrdiff_t x = 0; x < inner; x++) {
    const uint8_t *pixel = row + 3 * (ptrdiff_t)starts[x];
    lanes4 sum = (lanes4){0} + HALF;
    for (ptrdiff_t t = 0; t < taps; t++) {
      bytes4 four;
      memcpy(&four, pixel + 3 * t, sizeof four);
      sum += __builtin_convertvector(four, lanes4) * weights[x * taps + t];
    }
    sum >>= PRECISION;
    sum = __builtin_elementwise_min(sum, (lanes4){0} + 255);
    const bytes4 rounded = __builtin_convertvector(sum, bytes4);
    memcpy(out + 3 * x, &rounded, sizeof rounded);
  }
  for (ptrdiff_t x = inner < 0 ? 0 : inner; x < out_width; x++) {
    resample_pixel(row + 3 * (ptrdiff_t)starts[x], out + 3 * x, weights + x * taps, taps);
  }
}

static INLINE void resample_column(
    const uint8_t *const *rows, const int32_t *weights, ptrdiff_t taps, uint8_t *out,
    ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    lanes16 sum = (lanes16){0} + HALF;
    for (ptrdiff_t t = 0; t < taps; t++) {
      bytes16 bytes;
      memcpy(&bytes, rows[t] + i, sizeof bytes);
      sum += __builtin_convertvector(bytes, lanes16) * weights[t];
    }
    sum >>= PRECISION;
    sum = __builtin_elementwise_min(sum, (lanes16){0} + 255);
    const bytes16 rounded = __builtin_convertvector(sum, bytes16);
    memcpy(out + i, &rounded, sizeof rounded);
  }
  for (; i < count; i++) {
    int32_t sum = HALF;
    for (ptrdiff_t t = 0; t < taps; t++) sum += weights[t] * rows[t][i];
    out[i] = to_byte(sum);
  }
}

FOR_EACH_PATH(
    graft_resample_row,
    (const uint8_t *row, ptrdiff_t width, uint8_t *out, ptrdiff_t out_width, const int32_t *starts,
     const int32_t *weights, ptrdiff_t taps),
    (row, width, out, out_width, starts, weights, taps), resample_row)

FOR_EACH_PATH(
    graft_resample_column,
    (const uint8_t *const *rows, const int32_t *weights, ptrdiff_t taps, uint8_t *out,
     ptrdiff_t count),
    (rows, weights, taps, out, count), resample_column)
