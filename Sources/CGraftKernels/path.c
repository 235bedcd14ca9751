#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graft_kernels.h"

// -1: not asked yet. Two threads that ask at once find the same answer.
static _Atomic int chosen = -1;

// What this thread was told to use, -1 for nothing.
static _Thread_local int forced = -1;

graft_path graft_best_path(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return GRAFT_PATH_PORTABLE;
  return __builtin_cpu_supports("avx512f") ? GRAFT_PATH_AVX512 : GRAFT_PATH_AVX2;
#else
  return GRAFT_PATH_PORTABLE;
#endif
}

static graft_path chosen_path(void) {
  graft_path best = graft_best_path();
  const char *wish = getenv("GRAFT_CPU");
  if (!wish) return best;
  graft_path path = best;
  if (!strcmp(wish, "portable")) path = GRAFT_PATH_PORTABLE;
  if (!strcmp(wish, "avx2")) path = GRAFT_PATH_AVX2;
  return path < best ? path : best;
}

graft_path graft_current_path(void) {
  if (forced >= 0) return (graft_path)forced;
  int path = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (path < 0) {
    path = (int)chosen_path();
    atomic_store_explicit(&chosen, path, memory_order_relaxed);
  }
  return (graft_path)path;
}

int graft_forced_path(void) { return forced; }

void graft_force_path(int path) {
  if (path == forced) return;
  int best = (int)graft_best_path();
  forced = path < best ? path : best;
}
