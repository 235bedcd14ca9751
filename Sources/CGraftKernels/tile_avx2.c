#if defined(__x86_64__)

#include <immintrin.h>

#include "tile.h"

#define AVX2 __attribute__((target("avx2,fma")))

// 6 rows of 16 columns: 12 sums, 2 weights and 1 factor fill 15 of the 16 registers. The sums start
// at zero and what they are added to comes last: one long chain would round three times worse.
AVX2 static inline __attribute__((always_inline)) void sum_rows(const tile *t, const int rows) {
  __m256 left[6], right[6];
  UNROLL for (int i = 0; i < rows; i++) left[i] = right[i] = _mm256_setzero_ps();

  // What the end adds to and writes is on its way from memory while the sums are computed.
  UNROLL for (int i = 0; i < rows; i++) {
    __builtin_prefetch(t->y + i * t->y_stride, 1);
    if (t->residual) __builtin_prefetch(t->residual + i * t->y_stride);
  }

  const float *weights = t->weights;
  ptrdiff_t ahead = t->ahead;
  ptrdiff_t step = t->weight_places ? t->weight_step : GRAFT_PANEL;
  const float *const *pointers = t->rows;
  for (ptrdiff_t tap = 0; tap < t->taps; tap++, pointers += t->tap_stride) {
    const float *row[6];
    UNROLL for (int i = 0; i < rows; i++) row[i] = pointers[i] + t->offset;
    if (t->weight_places) weights = t->weights + t->weight_places[tap];
    ptrdiff_t depth = t->depth;
    for (ptrdiff_t k = 0; k < depth; k++, weights += step) {
      __m256 w0 = _mm256_loadu_ps(weights), w1 = _mm256_loadu_ps(weights + 8);
      __builtin_prefetch(weights + ahead, 0, 2);
      UNROLL for (int i = 0; i < rows; i++) {
        __m256 x = _mm256_broadcast_ss(row[i] + k);
        left[i] = _mm256_fmadd_ps(x, w0, left[i]);
        right[i] = _mm256_fmadd_ps(x, w1, right[i]);
      }
    }
  }

  __m256 low = _mm256_set1_ps(t->low), high = _mm256_set1_ps(t->high);
  UNROLL for (int i = 0; i < rows; i++) {
    float *y = t->y + i * t->y_stride;
    const float *start = t->start ? t->start : y;
    __m256 a = _mm256_add_ps(left[i], _mm256_loadu_ps(start));
    __m256 b = _mm256_add_ps(right[i], _mm256_loadu_ps(start + 8));
    if (t->last) {
      if (t->residual) {
        a = _mm256_add_ps(a, _mm256_loadu_ps(t->residual + i * t->y_stride));
        b = _mm256_add_ps(b, _mm256_loadu_ps(t->residual + i * t->y_stride + 8));
      }
      // The sum stands second: NaN passes through.
      a = _mm256_min_ps(high, _mm256_max_ps(low, a));
      b = _mm256_min_ps(high, _mm256_max_ps(low, b));
    }
    _mm256_storeu_ps(y, a);
    _mm256_storeu_ps(y + 8, b);
  }
}

AVX2 void graft_tile_avx2(const tile *t, ptrdiff_t rows, ptrdiff_t panels) {
  (void)panels;
  switch (rows) {
    case 1: return sum_rows(t, 1);
    case 2: return sum_rows(t, 2);
    case 3: return sum_rows(t, 3);
    case 4: return sum_rows(t, 4);
    case 5: return sum_rows(t, 5);
    default: return sum_rows(t, 6);
  }
}

#endif
