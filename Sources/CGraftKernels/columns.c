#include "vector.h"

// Rows whose sums are kept in floats before they are added to the doubles.
enum { ROWS = 32 };

// What is summed: both factors, after the center or what the limits hold back has been taken out.
static INLINE void terms(const graft_columns *m, ptrdiff_t row, ptrdiff_t c, int limits, int center,
                         int pairs, float16 *x, float16 *y) {
  ptrdiff_t place = row * m->columns + c;
  *x = LOAD(m->a + place);
  if (limits) {
    pass16(x, m->y + place, m->low, m->high);
    STORE(m->passed + place, *x);
  }
  if (center) *x -= LOAD(m->center + c);
  *y = pairs ? LOAD(m->b + place) : *x;
}

// Columns [c, c + 16 * width).
static INLINE void sum_block(const graft_columns *m, ptrdiff_t top, ptrdiff_t end, ptrdiff_t c,
                             const int width, int limits, int center, int pairs, double *sum,
                             double *product) {
  float16 s[4] = {0}, p[4] = {0};
  for (ptrdiff_t row = top; row < end; row++) {
    UNROLL for (int i = 0; i < width; i++) {
      float16 x, y;
      terms(m, row, c + 16 * i, limits, center, pairs, &x, &y);
      s[i] += x;
      p[i] += x * y;
    }
  }
  for (int i = 0; i < width; i++) {
    for (int j = 0; j < 16; j++) {
      sum[c + 16 * i + j] += s[i][j];
      product[c + 16 * i + j] += p[i][j];
    }
  }
}

static INLINE void sum_column(const graft_columns *m, ptrdiff_t top, ptrdiff_t end, ptrdiff_t c,
                              int limits, double *sum, double *product) {
  float s = 0, p = 0;
  for (ptrdiff_t row = top; row < end; row++) {
    ptrdiff_t place = row * m->columns + c;
    float x = m->a[place];
    if (limits) x = m->passed[place] = pass(x, m->y[place], m->low, m->high);
    if (m->center) x -= m->center[c];
    s += x;
    p += x * (m->b ? m->b[place] : x);
  }
  sum[c] += s;
  product[c] += p;
}

static INLINE void sums(const graft_columns *m, ptrdiff_t begin, ptrdiff_t end, int limits,
                        int center, int pairs, double *sum, double *product) {
  for (ptrdiff_t top = begin; top < end; top += ROWS) {
    ptrdiff_t bottom = top + ROWS < end ? top + ROWS : end, c = 0;
    for (; c + 64 <= m->columns; c += 64) {
      sum_block(m, top, bottom, c, 4, limits, center, pairs, sum, product);
    }
    for (; c + 16 <= m->columns; c += 16) {
      sum_block(m, top, bottom, c, 1, limits, center, pairs, sum, product);
    }
    for (; c < m->columns; c++) sum_column(m, top, bottom, c, limits, sum, product);
  }
}

static INLINE void body(const graft_columns *m, ptrdiff_t begin, ptrdiff_t end, double *sum,
                        double *product) {
  for (ptrdiff_t c = 0; c < m->columns; c++) sum[c] = product[c] = 0;
  if (m->passed) {
    m->b ? sums(m, begin, end, 1, 0, 1, sum, product) : sums(m, begin, end, 1, 0, 0, sum, product);
  } else if (m->center) {
    sums(m, begin, end, 0, 1, 0, sum, product);
  } else {
    m->b ? sums(m, begin, end, 0, 0, 1, sum, product) : sums(m, begin, end, 0, 0, 0, sum, product);
  }
}

FOR_EACH_PATH(graft_column_sums,
              (const graft_columns *columns, ptrdiff_t begin, ptrdiff_t end, double *sum,
               double *product),
              (columns, begin, end, sum, product), body)
