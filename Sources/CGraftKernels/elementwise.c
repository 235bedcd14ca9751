// Loops over elements, bound by memory.
#include "vector.h"

// MARK: - Limits and their gradient

static INLINE void clamped(const float *x, float *y, ptrdiff_t count, float low, float high) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    float16 a = LOAD(x + i);
    clamp16(&a, low, high);
    STORE(y + i, a);
  }
  for (; i < count; i++) y[i] = clamp(x[i], low, high);
}

static INLINE void passed(const float *y, const float *dy, float *dx, ptrdiff_t count, float low,
                          float high, int begins) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    float16 g = LOAD(dy + i);
    pass16(&g, y + i, low, high);
    STORE(dx + i, begins ? g : LOAD(dx + i) + g);
  }
  for (; i < count; i++) {
    float g = pass(dy[i], y[i], low, high);
    dx[i] = begins ? g : dx[i] + g;
  }
}

static INLINE void passed_either(const float *y, const float *dy, float *dx, ptrdiff_t count,
                                 float low, float high, int begins) {
  begins ? passed(y, dy, dx, count, low, high, 1) : passed(y, dy, dx, count, low, high, 0);
}

// MARK: - Sums

static INLINE void sum(const float *a, const float *b, float *y, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) STORE(y + i, LOAD(a + i) + LOAD(b + i));
  for (; i < count; i++) y[i] = a[i] + b[i];
}

// MARK: - Descent

static INLINE void descend(float *p, const float *dp, float *v, ptrdiff_t count, float rate,
                           float decay, float momentum, int looks_ahead) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    float16 g = LOAD(dp + i) + decay * LOAD(p + i);
    float16 velocity = momentum * LOAD(v + i) + g;
    STORE(v + i, velocity);
    STORE(p + i, LOAD(p + i) - rate * (looks_ahead ? g + momentum * velocity : velocity));
  }
  for (; i < count; i++) {
    float g = dp[i] + decay * p[i];
    v[i] = momentum * v[i] + g;
    p[i] -= rate * (looks_ahead ? g + momentum * v[i] : v[i]);
  }
}

FOR_EACH_PATH(graft_descend,
              (float *p, const float *dp, float *v, ptrdiff_t count, float rate, float decay,
               float momentum, int looks_ahead),
              (p, dp, v, count, rate, decay, momentum, looks_ahead), descend)
FOR_EACH_PATH(graft_clamp, (const float *x, float *y, ptrdiff_t count, float low, float high),
              (x, y, count, low, high), clamped)
FOR_EACH_PATH(graft_pass,
              (const float *y, const float *dy, float *dx, ptrdiff_t count, float low, float high,
               int begins),
              (y, dy, dx, count, low, high, begins), passed_either)
FOR_EACH_PATH(graft_sum, (const float *a, const float *b, float *y, ptrdiff_t count),
              (a, b, y, count), sum)

// MARK: - Scale and shift of columns

// One run of columns that have the same factors.
static INLINE void scaled(const graft_scale *s, ptrdiff_t row, ptrdiff_t c, int residual,
                          int limits) {
  ptrdiff_t place = row * s->columns + c;
  float16 a = LOAD(s->x + place) * LOAD(s->factor + c) + LOAD(s->offset + c);
  if (residual) a += LOAD(s->residual + place);
  if (limits) clamp16(&a, s->low, s->high);
  STORE(s->y + place, a);
}

static INLINE void scale_rows(const graft_scale *s, ptrdiff_t begin, ptrdiff_t end, int residual,
                              int limits) {
  ptrdiff_t whole = s->columns / 16 * 16;
  for (ptrdiff_t row = begin; row < end; row++) {
    for (ptrdiff_t c = 0; c < whole; c += 16) scaled(s, row, c, residual, limits);
    for (ptrdiff_t c = whole; c < s->columns; c++) {
      ptrdiff_t place = row * s->columns + c;
      float a = s->x[place] * s->factor[c] + s->offset[c];
      if (residual) a += s->residual[place];
      s->y[place] = limits ? clamp(a, s->low, s->high) : a;
    }
  }
}

static INLINE void scale(const graft_scale *s, ptrdiff_t begin, ptrdiff_t end) {
  int limits = s->low > -INFINITY || s->high < INFINITY;
  if (s->residual) {
    limits ? scale_rows(s, begin, end, 1, 1) : scale_rows(s, begin, end, 1, 0);
  } else {
    limits ? scale_rows(s, begin, end, 0, 1) : scale_rows(s, begin, end, 0, 0);
  }
}

FOR_EACH_PATH(graft_scale_rows, (const graft_scale *s, ptrdiff_t begin, ptrdiff_t end),
              (s, begin, end), scale)

// MARK: - Its gradient

static INLINE void slope_rows(const graft_slope *s, ptrdiff_t begin, ptrdiff_t end, int bends,
                              int begins) {
  ptrdiff_t whole = s->columns / 16 * 16;
  for (ptrdiff_t row = begin; row < end; row++) {
    for (ptrdiff_t c = 0; c < whole; c += 16) {
      ptrdiff_t place = row * s->columns + c;
      float16 g = LOAD(s->dy + place) * LOAD(s->factor + c);
      if (bends) g += LOAD(s->x + place) * LOAD(s->slope + c) + LOAD(s->offset + c);
      STORE(s->dx + place, begins ? g : LOAD(s->dx + place) + g);
    }
    for (ptrdiff_t c = whole; c < s->columns; c++) {
      ptrdiff_t place = row * s->columns + c;
      float g = s->dy[place] * s->factor[c];
      if (bends) g += s->x[place] * s->slope[c] + s->offset[c];
      s->dx[place] = begins ? g : s->dx[place] + g;
    }
  }
}

static INLINE void slope(const graft_slope *s, ptrdiff_t begin, ptrdiff_t end) {
  if (s->x) {
    s->begins ? slope_rows(s, begin, end, 1, 1) : slope_rows(s, begin, end, 1, 0);
  } else {
    s->begins ? slope_rows(s, begin, end, 0, 1) : slope_rows(s, begin, end, 0, 0);
  }
}

FOR_EACH_PATH(graft_slope_rows, (const graft_slope *s, ptrdiff_t begin, ptrdiff_t end),
              (s, begin, end), slope)
