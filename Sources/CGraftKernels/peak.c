#include "vector.h"

// Chains of multiply-adds that wait for nothing but themselves: what the processor can do at most.
static INLINE float chains(ptrdiff_t rounds, const int count) {
  float16 sum[12];
  UNROLL for (int i = 0; i < count; i++) sum[i] = SPLAT((float)i);
  float16 factor = SPLAT(0.999f), step = SPLAT(0.5f);
  for (ptrdiff_t round = 0; round < rounds; round++) {
    UNROLL for (int i = 0; i < count; i++) sum[i] = sum[i] * factor + step;
    // Keeps the compiler from seeing where the chains lead.
    __asm__ volatile("" ::: "memory");
  }
  float16 all = sum[0];
  UNROLL for (int i = 1; i < count; i++) all += sum[i];
  return sum16(&all);
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx2,fma"))) static float chains_avx512(ptrdiff_t rounds) {
  return chains(rounds, 12);
}
__attribute__((target("avx2,fma"))) static float chains_avx2(ptrdiff_t rounds) {
  return chains(rounds, 6);
}
#endif

ptrdiff_t graft_multiply_add(ptrdiff_t rounds, float *result) {
  const ptrdiff_t lanes = 16, operations = 2;
#if defined(__x86_64__)
  switch (graft_current_path()) {
    case GRAFT_PATH_AVX512:
      *result = chains_avx512(rounds);
      return 12 * lanes * operations * rounds;
    case GRAFT_PATH_AVX2:
      *result = chains_avx2(rounds);
      return 6 * lanes * operations * rounds;
    case GRAFT_PATH_PORTABLE: break;
  }
#endif
  *result = chains(rounds, 6);
  return 6 * lanes * operations * rounds;
}
