#include "paths.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// -1: not asked yet. Two threads that ask at once find the same answer.
static _Atomic int uses_avx2 = -1;

static int may_use_avx2(void) {
#if defined(__x86_64__)
  const char *wish = getenv("GRAFT_CPU");
  if (wish && strcmp(wish, "portable") == 0) return 0;
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
#else
  return 0;
#endif
}

int32_t graft_image_uses_avx2(void) {
  int answer = atomic_load_explicit(&uses_avx2, memory_order_relaxed);
  if (answer < 0) {
    answer = may_use_avx2();
    atomic_store_explicit(&uses_avx2, answer, memory_order_relaxed);
  }
  return answer;
}

void graft_image_allow_avx2(int32_t is_allowed) {
  atomic_store_explicit(&uses_avx2, is_allowed && may_use_avx2(), memory_order_relaxed);
}
