#include "vector.h"

// Rows whose sums are kept in floats before they are added to the doubles.
enum { ROWS = 32 };

// The second factor, after taking the center from the first.
static INLINE void factors(const float *b, const float *center, float16 *x, float16 *y) {
  if (!b && center) *x -= LOAD(center);
  *y = b ? LOAD(b) : *x;
}

static INLINE void body(const float *a, const float *b, const float *center, ptrdiff_t rows,
                        ptrdiff_t columns, double *sum, double *product) {
  for (ptrdiff_t c = 0; c < columns; c++) sum[c] = product[c] = 0;
  for (ptrdiff_t top = 0; top < rows; top += ROWS) {
    ptrdiff_t end = top + ROWS < rows ? top + ROWS : rows, c = 0;
    for (; c + 16 <= columns; c += 16) {
      float16 s = {0}, p = {0};
      for (ptrdiff_t row = top; row < end; row++) {
        ptrdiff_t place = row * columns + c;
        float16 x = LOAD(a + place), y;
        factors(b ? b + place : NULL, center ? center + c : NULL, &x, &y);
        s += x;
        p += x * y;
      }
      UNROLL for (int i = 0; i < 16; i++) {
        sum[c + i] += s[i];
        product[c + i] += p[i];
      }
    }
    for (; c < columns; c++) {
      float s = 0, p = 0;
      for (ptrdiff_t row = top; row < end; row++) {
        float x = a[row * columns + c] - (b || !center ? 0 : center[c]);
        s += x;
        p += x * (b ? b[row * columns + c] : x);
      }
      sum[c] += s;
      product[c] += p;
    }
  }
}

FOR_EACH_PATH(graft_column_sums,
              (const float *a, const float *b, const float *center, ptrdiff_t rows,
               ptrdiff_t columns, double *sum, double *product),
              (a, b, center, rows, columns, sum, product), body)
