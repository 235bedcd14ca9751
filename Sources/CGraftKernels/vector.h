// Loops over runs of 16 floats that are bound by memory rather than by arithmetic: written once with
// the compiler's vectors, compiled once per instruction set.
//
//     static INLINE void body(…) { … float16 … }
//     FOR_EACH_PATH(void, name, (parameters), (arguments), body)
#pragma once

#include "graft_kernels.h"

// Alignment 1: runs begin anywhere, and weights in a mapped file at any byte.
typedef float float16 __attribute__((vector_size(64), aligned(1)));
typedef float float8 __attribute__((vector_size(32), aligned(1)));
typedef int32_t bits8 __attribute__((vector_size(32)));
typedef int32_t bits16 __attribute__((vector_size(64)));

#define INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

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
  bits8 below = *a < l, above = *a > h;
  *a = (float8)(((bits8)*a & ~(below | above)) | ((bits8)l & below) | ((bits8)h & above));
}

static INLINE void clamp16(float16 *a, float low, float high) {
  float16 l = SPLAT(low), h = SPLAT(high);
  bits16 below = *a < l, above = *a > h;
  *a = (float16)(((bits16)*a & ~(below | above)) | ((bits16)l & below) | ((bits16)h & above));
}

// Always in the same order.
static INLINE float sum16(const float16 *a) {
  float16 s = *a;
  float t[4];
  UNROLL for (int i = 0; i < 4; i++) t[i] = (s[i] + s[i + 8]) + (s[i + 4] + s[i + 12]);
  return (t[0] + t[2]) + (t[1] + t[3]);
}

#if defined(__x86_64__)
#define FOR_EACH_PATH(name, parameters, arguments, body)                                    \
  __attribute__((target("avx512f,avx2,fma"))) static void name##_avx512 parameters {        \
    body arguments;                                                                         \
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
#define FOR_EACH_PATH(name, parameters, arguments, body) \
  void name parameters { body arguments; }
#endif
