// The hot loops of graft: C11, no allocation, no input or output. The only state is which
// instruction set to use.
#pragma once

#include <stddef.h>
#include <stdint.h>

// MARK: - Instruction sets

// Ordered: each one runs wherever a later one does.
typedef enum graft_path {
  GRAFT_PATH_PORTABLE = 0,
  GRAFT_PATH_AVX2 = 1,
  GRAFT_PATH_AVX512 = 2,
} graft_path;

// The best path of this machine, or a lower one that GRAFT_CPU=portable|avx2|avx512 asks for.
graft_path graft_current_path(void);

// The best path of this machine, whatever is forced.
graft_path graft_best_path(void);

// Uses this path from now on, at most the machine's best; for tests. Packed weights do not depend
// on the path.
void graft_force_path(graft_path path);

// A hint to the processor that the thread spins.
static inline void graft_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
