// Small arithmetic on counts, and how short loops are unrolled.
#pragma once

#include <stddef.h>

static inline ptrdiff_t ceil_div(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }
static inline ptrdiff_t at_most(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

#define UNROLL _Pragma("clang loop unroll(full)")
