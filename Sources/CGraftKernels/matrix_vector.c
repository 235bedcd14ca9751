#include "vector.h"

// One output of each of `rows` vectors: the weights are read once, which is all that takes time.
static INLINE void dot_rows(const float *x, ptrdiff_t x_stride, const graft_any_float *w,
                            float *sums, const int rows, ptrdiff_t depth) {
  float16 even[4] = {{0}}, odd[4] = {{0}};
  ptrdiff_t k = 0;
  for (; k + 32 <= depth; k += 32) {
    float16 w0 = LOAD(w + k), w1 = LOAD(w + k + 16);
    UNROLL for (int i = 0; i < rows; i++) {
      even[i] += LOAD(x + i * x_stride + k) * w0;
      odd[i] += LOAD(x + i * x_stride + k + 16) * w1;
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    even[i] += odd[i];
    float sum = sum16(&even[i]);
    for (ptrdiff_t r = k; r < depth; r++) sum += x[i * x_stride + r] * w[r];
    sums[i] = sum;
  }
}

static INLINE void body(const float *x, ptrdiff_t x_stride, const graft_any_float *w,
                        ptrdiff_t w_stride, float *y, ptrdiff_t y_stride, ptrdiff_t rows,
                        ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, float alpha, float beta) {
  for (ptrdiff_t j = begin; j < end; j++) {
    float sums[4];
    switch (rows) {
      case 1: dot_rows(x, x_stride, w + j * w_stride, sums, 1, depth); break;
      case 2: dot_rows(x, x_stride, w + j * w_stride, sums, 2, depth); break;
      case 3: dot_rows(x, x_stride, w + j * w_stride, sums, 3, depth); break;
      default: dot_rows(x, x_stride, w + j * w_stride, sums, 4, depth); break;
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
      float *out = y + i * y_stride + j;
      *out = beta == 0 ? alpha * sums[i] : alpha * sums[i] + beta * *out;
    }
  }
}

// Five to eight vectors, where 32 registers hold two outputs of each: x, which lies in the
// second-level cache, is read once for both.
static INLINE void dot_pairs(const float *x, ptrdiff_t x_stride, const graft_any_float *w,
                             ptrdiff_t w_stride, float sums[2][8], const int rows,
                             const int outputs, ptrdiff_t depth) {
  float16 sum[8][2] = {{{0}}};
  ptrdiff_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    float16 weights[2];
    UNROLL for (int o = 0; o < outputs; o++) weights[o] = LOAD(w + o * w_stride + k);
    UNROLL for (int i = 0; i < rows; i++) {
      float16 a = LOAD(x + i * x_stride + k);
      UNROLL for (int o = 0; o < outputs; o++) sum[i][o] += a * weights[o];
    }
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int o = 0; o < outputs; o++) {
      float total = sum16(&sum[i][o]);
      for (ptrdiff_t r = k; r < depth; r++) total += x[i * x_stride + r] * w[o * w_stride + r];
      sums[o][i] = total;
    }
  }
}

static INLINE void wide_body(const float *x, ptrdiff_t x_stride, const graft_any_float *w,
                             ptrdiff_t w_stride, float *y, ptrdiff_t y_stride, ptrdiff_t rows,
                             ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, float alpha,
                             float beta) {
  if (rows <= 4) {
    body(x, x_stride, w, w_stride, y, y_stride, rows, begin, end, depth, alpha, beta);
    return;
  }
  for (ptrdiff_t j = begin; j < end; j += 2) {
    const graft_any_float *weights = w + j * w_stride;
    int outputs = end - j >= 2 ? 2 : 1;
    float sums[2][8];
#define ROWS(count)                                                                       \
  case count:                                                                             \
    outputs == 2 ? dot_pairs(x, x_stride, weights, w_stride, sums, count, 2, depth)       \
                 : dot_pairs(x, x_stride, weights, w_stride, sums, count, 1, depth);      \
    break;
    switch (rows) {
      ROWS(5)
      ROWS(6)
      ROWS(7)
      ROWS(8)
    }
#undef ROWS
    for (ptrdiff_t i = 0; i < rows; i++) {
      for (int o = 0; o < outputs; o++) {
        float *out = y + i * y_stride + j + o;
        *out = beta == 0 ? alpha * sums[o][i] : alpha * sums[o][i] + beta * *out;
      }
    }
  }
}

FOR_EACH_WIDTH(graft_matrix_vector,
               (const float *x, ptrdiff_t x_stride, const graft_any_float *w, ptrdiff_t w_stride,
                float *y, ptrdiff_t y_stride, ptrdiff_t rows, ptrdiff_t begin, ptrdiff_t end,
                ptrdiff_t depth, float alpha, float beta),
               (x, x_stride, w, w_stride, y, y_stride, rows, begin, end, depth, alpha, beta), body,
               wide_body)
