// PNG filters undone, a pixel at a time as 16-bit lanes of a vector: what a pixel depends on, the
// one on its left, is what the next instruction needs, so nothing but short chains makes it fast.
//
// Pixels of three bytes are moved as four: the fourth is overwritten by the next pixel.
#include "png_lines.h"

#include <string.h>

#include "paths.h"

typedef int16_t lanes __attribute__((vector_size(16)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));
typedef uint8_t bytes16 __attribute__((vector_size(16)));

static INLINE uint32_t load(const uint8_t *from, int pixel_bytes) {
  uint32_t pixel = 0;
  memcpy(&pixel, from, pixel_bytes == 3 ? 4 : (size_t)pixel_bytes);
  return pixel;
}

static INLINE void store(uint8_t *to, uint32_t pixel, int pixel_bytes) {
  memcpy(to, &pixel, pixel_bytes == 3 ? 4 : (size_t)pixel_bytes);
}

// Two pixels, the bytes of each in four lanes.
static INLINE lanes widened(uint32_t low, uint32_t high) {
  const uint64_t both = (uint64_t)high << 32 | low;
  bytes8 narrow;
  memcpy(&narrow, &both, sizeof narrow);
  return __builtin_convertvector(narrow, lanes);
}

static INLINE uint64_t narrowed(lanes pixels) {
  const bytes8 narrow = __builtin_convertvector(pixels, bytes8);
  uint64_t both;
  memcpy(&both, &narrow, sizeof both);
  return both;
}

// Lanes hold bytes; so does the sum, without its carry.
static INLINE lanes add(lanes a, lanes b) { return (lanes)((bytes16)a + (bytes16)b); }

// Of left `a`, above `b` and above left `c` the one closest to a + b - c; the first of equals.
static INLINE lanes paeth(lanes a, lanes b, lanes c) {
  const lanes to_a = b - c, to_b = a - c;
  const lanes from_a = __builtin_elementwise_abs(to_a), from_b = __builtin_elementwise_abs(to_b);
  const lanes from_c = __builtin_elementwise_abs(to_a + to_b);
  const lanes is_b = from_b <= from_c;
  const lanes b_or_c = (b & is_b) | (c & ~is_b);
  const lanes is_a = from_a <= __builtin_elementwise_min(from_b, from_c);
  return (a & is_a) | (b_or_c & ~is_a);
}

static INLINE void undo_sub(const uint8_t *from, uint8_t *to, size_t count, int pixel_bytes) {
  lanes a = {0};
  for (size_t x = 0; x < count; x += (size_t)pixel_bytes) {
    a = add(widened(load(from + x, pixel_bytes), 0), a);
    store(to + x, (uint32_t)narrowed(a), pixel_bytes);
  }
}

static INLINE void undo_average(
    const uint8_t *from, const uint8_t *above, uint8_t *to, size_t count, int pixel_bytes) {
  lanes a = {0};
  for (size_t x = 0; x < count; x += (size_t)pixel_bytes) {
    const lanes b = widened(load(above + x, pixel_bytes), 0);
    a = add(widened(load(from + x, pixel_bytes), 0), (a + b) >> 1);
    store(to + x, (uint32_t)narrowed(a), pixel_bytes);
  }
}

static INLINE void undo_paeth(
    const uint8_t *from, const uint8_t *above, uint8_t *to, size_t count, int pixel_bytes) {
  lanes a = {0}, c = {0};
  for (size_t x = 0; x < count; x += (size_t)pixel_bytes) {
    const lanes b = widened(load(above + x, pixel_bytes), 0);
    a = add(widened(load(from + x, pixel_bytes), 0), paeth(a, b, c));
    c = b;
    store(to + x, (uint32_t)narrowed(a), pixel_bytes);
  }
}

// The lower half of the vectors works on the first line, the upper half on the second, one pixel
// behind: what is above it has just been finished by the lower half.
static INLINE void undo_paeth_pair(
    const uint8_t *from, const uint8_t *above, uint8_t *to, uint8_t *next, size_t count,
    int pixel_bytes) {
  const uint8_t *second = from + count + 1;
  const size_t step = (size_t)pixel_bytes;
  lanes a = {0}, c = {0};
  // Before the second line there is a pixel of zeros.
  uint32_t behind = 0;
  for (size_t x = 0; x < count; x += step) {
    const lanes loaded = widened(load(above + x, pixel_bytes), 0);
    const lanes b = __builtin_shufflevector(loaded, a, 0, 1, 2, 3, 8, 9, 10, 11);
    a = add(widened(load(from + x, pixel_bytes), behind), paeth(a, b, c));
    c = b;
    behind = load(second + x, pixel_bytes);
    const uint64_t both = narrowed(a);
    store(to + x, (uint32_t)both, pixel_bytes);
    if (x > 0) store(next + x - step, (uint32_t)(both >> 32), pixel_bytes);
  }
  const lanes b = __builtin_shufflevector(a, a, 0, 1, 2, 3, 0, 1, 2, 3);
  a = add(widened(0, behind), paeth(a, b, c));
  store(next + count - step, (uint32_t)(narrowed(a) >> 32), pixel_bytes);
}

static INLINE void undo(
    const uint8_t *from, const uint8_t *above, uint8_t *to, size_t count, int pixel_bytes) {
  switch (from[0]) {
    case GRAFT_PNG_SUB: return undo_sub(from + 1, to, count, pixel_bytes);
    case GRAFT_PNG_UP:
      for (size_t x = 0; x < count; x++) to[x] = (uint8_t)(from[x + 1] + above[x]);
      return;
    case GRAFT_PNG_AVERAGE: return undo_average(from + 1, above, to, count, pixel_bytes);
    case GRAFT_PNG_PAETH: return undo_paeth(from + 1, above, to, count, pixel_bytes);
    default: memcpy(to, from + 1, count);
  }
}

static INLINE void undo_any(
    const uint8_t *from, const uint8_t *above, uint8_t *to, size_t count, int pixel_bytes) {
  switch (pixel_bytes) {
    case 1: return undo(from, above, to, count, 1);
    case 2: return undo(from, above, to, count, 2);
    case 3: return undo(from, above, to, count, 3);
    default: return undo(from, above, to, count, 4);
  }
}

static INLINE void undo_any_pair(
    const uint8_t *from, const uint8_t *above, uint8_t *to, uint8_t *next, size_t count,
    int pixel_bytes) {
  switch (pixel_bytes) {
    case 1: return undo_paeth_pair(from + 1, above, to, next, count, 1);
    case 2: return undo_paeth_pair(from + 1, above, to, next, count, 2);
    case 3: return undo_paeth_pair(from + 1, above, to, next, count, 3);
    default: return undo_paeth_pair(from + 1, above, to, next, count, 4);
  }
}

FOR_EACH_PATH(
    graft_png_unfilter,
    (const uint8_t *from, const uint8_t *above, uint8_t *to, size_t line_bytes, int pixel_bytes),
    (from, above, to, line_bytes, pixel_bytes), undo_any)

FOR_EACH_PATH(
    graft_png_unfilter_paeth_pair,
    (const uint8_t *from, const uint8_t *above, uint8_t *to, uint8_t *next, size_t line_bytes,
     int pixel_bytes),
    (from, above, to, next, line_bytes, pixel_bytes), undo_any_pair)
