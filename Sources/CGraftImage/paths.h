// Loops on the compiler's vectors, compiled for the processors there are and chosen when called:
//
//     static INLINE void body(…) { … }
//     FOR_EACH_PATH(name, (parameters), (arguments), body)
#ifndef GRAFT_IMAGE_PATHS_H
#define GRAFT_IMAGE_PATHS_H

#include "graft_image.h"

#define INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define FOR_EACH_PATH(name, parameters, arguments, body)                                \
  __attribute__((target("avx2"))) static void name##_avx2 parameters { body arguments; } \
  static void name##_portable parameters { body arguments; }                            \
  void name parameters {                                                                \
    if (graft_image_uses_avx2()) return name##_avx2 arguments;                          \
    return name##_portable arguments;                                                   \
  }
#else
#define FOR_EACH_PATH(name, parameters, arguments, body) \
  void name parameters { body arguments; }
#endif

#endif
