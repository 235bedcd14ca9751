// The loops of the antialiased resize. Weights have 22 fractional bits: a sum of bytes times
// weights that add up to one stays below 2^30.
#include "graft_image.h"

enum { PRECISION = 22 };

static inline uint8_t to_byte(int32_t sum) {
  const int32_t value = sum >> PRECISION;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void graft_resample_row(
    const uint8_t *restrict row, uint8_t *restrict out, ptrdiff_t out_width,
    const int32_t *restrict starts, const int32_t *restrict counts,
    const int32_t *restrict weights, ptrdiff_t stride) {
  for (ptrdiff_t x = 0; x < out_width; x++) {
    const uint8_t *pixel = row + 3 * (ptrdiff_t)starts[x];
    const int32_t *weight = weights + x * stride;
    int32_t red = 1 << (PRECISION - 1), green = red, blue = red;
    for (int32_t i = 0; i < counts[x]; i++) {
      red += weight[i] * pixel[3 * i];
      green += weight[i] * pixel[3 * i + 1];
      blue += weight[i] * pixel[3 * i + 2];
    }
    out[3 * x] = to_byte(red);
    out[3 * x + 1] = to_byte(green);
    out[3 * x + 2] = to_byte(blue);
  }
}

void graft_resample_add(
    const uint8_t *restrict row, int32_t *restrict sums, ptrdiff_t count, int32_t weight) {
  for (ptrdiff_t i = 0; i < count; i++) sums[i] += weight * row[i];
}

void graft_resample_round(
    const int32_t *restrict sums, uint8_t *restrict out, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = to_byte(sums[i] + (1 << (PRECISION - 1)));
}
