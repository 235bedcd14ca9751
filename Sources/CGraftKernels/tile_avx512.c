#if defined(__x86_64__)

#include <immintrin.h>

#include "tile.h"

#define AVX512 __attribute__((target("avx512f,avx2,fma")))

// 12 rows of 32 columns: 24 sums, 2 weights and the factors fit the 32 registers.
AVX512 static inline __attribute__((always_inline)) void sum_rows(const tile *t, const int rows,
                                                                  const int panels) {
  __m512 sum[12][2];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int p = 0; p < panels; p++) sum[i][p] = _mm512_setzero_ps();
  }

  // What the end adds to and writes is on its way from memory while the sums are computed.
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int p = 0; p < panels; p++) {
      ptrdiff_t place = i * t->y_stride + p * 16;
      __builtin_prefetch(t->y + place, 1);
      if (t->residual) __builtin_prefetch(t->residual + place);
    }
  }

  const float *weights = t->weights;
  ptrdiff_t step = t->weight_places ? t->weight_step : GRAFT_PANEL;
  ptrdiff_t panel_stride = t->panel_stride, ahead = t->ahead;
  const float *const *pointers = t->rows;
  for (ptrdiff_t tap = 0; tap < t->taps; tap++, pointers += t->tap_stride) {
    const float *row[12];
    UNROLL for (int i = 0; i < rows; i++) row[i] = pointers[i] + t->offset;
    if (t->weight_places) weights = t->weights + t->weight_places[tap];
    ptrdiff_t depth = t->depth;
    for (ptrdiff_t k = 0; k < depth; k++, weights += step) {
      __m512 w[2];
      UNROLL for (int p = 0; p < panels; p++) w[p] = _mm512_loadu_ps(weights + p * panel_stride);
      UNROLL for (int p = 0; p < panels; p++) {
        __builtin_prefetch(weights + p * panel_stride + ahead, 0, 2);
      }
      UNROLL for (int i = 0; i < rows; i++) {
        __m512 x = _mm512_set1_ps(row[i][k]);
        UNROLL for (int p = 0; p < panels; p++) sum[i][p] = _mm512_fmadd_ps(x, w[p], sum[i][p]);
      }
    }
  }

  __m512 low = _mm512_set1_ps(t->low), high = _mm512_set1_ps(t->high);
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int p = 0; p < panels; p++) {
      float *y = t->y + i * t->y_stride + p * 16;
      __m512 a = _mm512_add_ps(sum[i][p], _mm512_loadu_ps(t->start ? t->start + p * 16 : y));
      if (t->last) {
        if (t->residual) {
          a = _mm512_add_ps(a, _mm512_loadu_ps(t->residual + i * t->y_stride + p * 16));
        }
        // The sum stands second: NaN passes through.
        a = _mm512_min_ps(high, _mm512_max_ps(low, a));
      }
      _mm512_storeu_ps(y, a);
    }
  }
}

AVX512 void graft_tile_avx512(const tile *t, ptrdiff_t rows, ptrdiff_t panels) {
#define ROWS(count) \
  case count: return panels == 2 ? sum_rows(t, count, 2) : sum_rows(t, count, 1);
  switch (rows) {
    ROWS(1)
    ROWS(2)
    ROWS(3)
    ROWS(4)
    ROWS(5)
    ROWS(6)
    ROWS(7)
    ROWS(8)
    ROWS(9)
    ROWS(10)
    ROWS(11)
    ROWS(12)
  }
#undef ROWS
}

#endif
