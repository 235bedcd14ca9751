// Loops over runs of 16 floats that are bound by memory rather than by arithmetic: written once
// with the compiler's vectors, compiled once per instruction set.
//
//     static INLINE void body(…) { … float16 … }
//     FOR_EACH_PATH(name, (parameters), (arguments), body)
//
// FOR_EACH_WIDTH has another body for processors with 32 vector registers.
#pragma once

#include <math.h>

#include "counts.h"
#include "graft_kernels.h"

// Alignment 1: runs begin anywhere, and weights in a mapped file at any byte.
typedef float float16 __attribute__((vector_size(64), aligned(1)));
typedef float float8 __attribute__((vector_size(32), aligned(1)));
typedef int32_t bits8 __attribute__((vector_size(32)));
typedef int32_t bits16 __attribute__((vector_size(64)));

#define INLINE inline __attribute__((always_inline))

#define LOAD8(pointer) (*(const float8 *)(pointer))
#define STORE8(pointer, value) (*(float8 *)(pointer) = (value))
#define LOAD(pointer) (*(const float16 *)(pointer))
#define STORE(pointer, value) (*(float16 *)(pointer) = (value))
#define SPLAT(value) ((float16){0} + (value))

// Limits written so that NaN passes through.
static INLINE float clamp(float a, float low, float high) {
  a = a < low ? low : a;
  return a > high ? high : a;
}

static INLINE void clamp8(float8 *a, float low, float high) {
  float8 l = (float8){0} + low, h = (float8){0} + high;
  bits8 below = *a < l;
  *a = (float8)(((bits8)*a & ~below) | ((bits8)l & below));
  bits8 above = *a > h;
  *a = (float8)(((bits8)*a & ~above) | ((bits8)h & above));
}

static INLINE void clamp16(float16 *a, float low, float high) {
  float16 l = SPLAT(low), h = SPLAT(high);
  bits16 below = *a < l;
  *a = (float16)(((bits16)*a & ~below) | ((bits16)l & below));
  bits16 above = *a > h;
  *a = (float16)(((bits16)*a & ~above) | ((bits16)h & above));
}

// The gradient that passes limits: dy where the result lies between them.
static INLINE float pass(float dy, float y, float low, float high) {
  return y > low && y < high ? dy : 0;
}

static INLINE void pass16(float16 *dy, const float *y, float low, float high) {
  float16 result = LOAD(y);
  bits16 inside = (result > SPLAT(low)) & (result < SPLAT(high));
  *dy = (float16)((bits16)*dy & inside);
}

// Always in the same order.
static INLINE float sum16(const float16 *a) {
  float16 s = *a;
  float t[4];
  UNROLL for (int i = 0; i < 4; i++) t[i] = (s[i] + s[i + 8]) + (s[i + 4] + s[i + 12]);
  return (t[0] + t[2]) + (t[1] + t[3]);
}

// rows[i][j] becomes rows[j][i].
static INLINE void transpose8(float8 *r) {
  float8 a[8], b[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    a[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  UNROLL for (int i = 0; i < 8; i += 4) {
    UNROLL for (int j = 0; j < 2; j++) {
      b[i + j] = __builtin_shufflevector(a[i + j], a[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      b[i + j + 2] = __builtin_shufflevector(a[i + j], a[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  UNROLL for (int j = 0; j < 4; j++) {
    r[j] = __builtin_shufflevector(b[j], b[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[j + 4] = __builtin_shufflevector(b[j], b[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

#if defined(__x86_64__)
#define FOR_EACH_WIDTH(name, parameters, arguments, body, wide_body)                         \
  __attribute__((target("avx512f,avx2,fma"))) static void name##_avx512 parameters {        \
    wide_body arguments;                                                                    \
  }                                                                                         \
  __attribute__((target("avx2,fma"))) static void name##_avx2 parameters { body arguments; } \
  static void name##_portable parameters { body arguments; }                                \
  void name parameters {                                                                    \
    switch (graft_current_path()) {                                                         \
      case GRAFT_PATH_AVX512: return name##_avx512 arguments;                               \
      case GRAFT_PATH_AVX2: return name##_avx2 arguments;                                   \
      case GRAFT_PATH_PORTABLE: return name##_portable arguments;                           \
    }                                                                                       \
  }
#else
#define FOR_EACH_WIDTH(name, parameters, arguments, body, wide_body) \
  void name parameters { wide_body arguments; }
#endif

#define FOR_EACH_PATH(name, parameters, arguments, body) \
  FOR_EACH_WIDTH(name, parameters, arguments, body, body)
