#include "tile.h"

// Four floats; the compiler makes NEON or SSE of them. Alignment 4: rows begin anywhere.
typedef float float4 __attribute__((vector_size(16), aligned(4)));

static inline __attribute__((always_inline)) void sum_rows(const tile *t, const int rows) {
  float4 sum[6][4];
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < 4; v++) sum[i][v] = (float4){0, 0, 0, 0};
  }

  const float *weights = t->weights;
  ptrdiff_t step = t->weight_places ? t->weight_step : GRAFT_PANEL;
  const float *const *pointers = t->rows;
  for (ptrdiff_t tap = 0; tap < t->taps; tap++, pointers += t->tap_stride) {
    const float *row[6];
    UNROLL for (int i = 0; i < rows; i++) row[i] = pointers[i] + t->offset;
    if (t->weight_places) weights = t->weights + t->weight_places[tap];
    for (ptrdiff_t k = 0; k < t->depth; k++, weights += step) {
      const float4 *w = (const float4 *)weights;
      UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int v = 0; v < 4; v++) sum[i][v] += w[v] * row[i][k];
      }
    }
  }

  UNROLL for (int i = 0; i < rows; i++) {
    float *y = t->y + i * t->y_stride;
    const float *start = t->start ? t->start : y;
    UNROLL for (int v = 0; v < 4; v++) {
      float4 value = sum[i][v] + *(const float4 *)(start + 4 * v);
      if (t->last) {
        if (t->residual) value += *(const float4 *)(t->residual + i * t->y_stride + 4 * v);
        UNROLL for (int e = 0; e < 4; e++) {
          // Written so that NaN passes through.
          float a = value[e];
          a = a < t->low ? t->low : a;
          value[e] = a > t->high ? t->high : a;
        }
      }
      *(float4 *)(y + 4 * v) = value;
    }
  }
}

void graft_tile_portable(const tile *t, ptrdiff_t rows, ptrdiff_t panels) {
  (void)panels;
  switch (rows) {
    case 1: return sum_rows(t, 1);
    case 2: return sum_rows(t, 2);
#if !defined(__x86_64__)
    case 3: return sum_rows(t, 3);
    case 4: return sum_rows(t, 4);
    case 5: return sum_rows(t, 5);
    case 6: return sum_rows(t, 6);
#endif
  }
}
