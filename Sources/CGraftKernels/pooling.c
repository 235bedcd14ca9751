#include "vector.h"

static INLINE void run(const float *x, const int32_t *pixels, ptrdiff_t count, ptrdiff_t channels,
                       ptrdiff_t c, float *y, int32_t *from, int marks) {
  float16 best = LOAD(x + pixels[0] * channels + c);
  bits16 place = (bits16){0} + pixels[0];
  for (ptrdiff_t i = 1; i < count; i++) {
    float16 a = LOAD(x + pixels[i] * channels + c);
    bits16 greater = a > best;
    best = (float16)(((bits16)a & greater) | ((bits16)best & ~greater));
    if (marks) place = (((bits16){0} + pixels[i]) & greater) | (place & ~greater);
  }
  STORE(y + c, best);
  if (marks) __builtin_memcpy(from + c, &place, sizeof place);
}

static INLINE void runs(const float *x, const int32_t *pixels, ptrdiff_t count, ptrdiff_t channels,
                        float *y, int32_t *from, int marks) {
  ptrdiff_t c = 0;
  for (; c + 16 <= channels; c += 16) run(x, pixels, count, channels, c, y, from, marks);
  // The last run takes some channels a second time, which changes nothing.
  if (c < channels) run(x, pixels, count, channels, channels - 16, y, from, marks);
}

static INLINE void largest(const float *x, const int32_t *pixels, ptrdiff_t count,
                           ptrdiff_t channels, float *y, int32_t *from) {
  if (channels >= 16) {
    return from ? runs(x, pixels, count, channels, y, from, 1)
                : runs(x, pixels, count, channels, y, from, 0);
  }
  for (ptrdiff_t c = 0; c < channels; c++) {
    int32_t place = pixels[0];
    for (ptrdiff_t i = 1; i < count; i++) {
      if (x[pixels[i] * channels + c] > x[place * channels + c]) place = pixels[i];
    }
    y[c] = x[place * channels + c];
    if (from) from[c] = place;
  }
}

FOR_EACH_PATH(graft_largest,
              (const float *x, const int32_t *pixels, ptrdiff_t count, ptrdiff_t channels, float *y,
               int32_t *from),
              (x, pixels, count, channels, y, from), largest)
