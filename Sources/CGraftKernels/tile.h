// The micro-kernel that everything with products shares: a few rows times one or two panels of 16
// packed columns, kept in registers over the whole depth.
//
//     y[r][c] = sum over taps t and k < depth of rows[t][r][offset + k] * weights[t][k][c]
//             + start[c], or + y[r][c] where start is NULL
//
// and in the last pass + residual[r][c], clamped to low...high.
#pragma once

#include "counts.h"
#include "graft_kernels.h"

typedef struct tile {
  const float *const *rows;  // row pointers of the first tap
  ptrdiff_t tap_stride;      // pointers between taps
  ptrdiff_t offset;          // floats added to every pointer
  ptrdiff_t taps, depth;
  const float *weights;
  ptrdiff_t panel_stride;  // floats between panels of weights
  // Where the weights of each tap begin, and the floats from those of one k to those of the next;
  // NULL where all lie packed, 16 after 16.
  const ptrdiff_t *weight_places;
  ptrdiff_t weight_step;
  // Where the weights of the panels that come next lie, in floats from these: they are fetched
  // meanwhile. 0: nothing is.
  ptrdiff_t ahead;
  float *y;
  ptrdiff_t y_stride;  // floats between rows of y and of residual
  const float *start;
  const float *residual;
  int last;
  float low, high;
} tile;

// Rows that a path takes at once, and how many panels.
typedef struct tile_kernel {
  ptrdiff_t rows, panels;
  // As many rows (up to `rows`) and full panels (up to `panels`) as asked for.
  void (*compute)(const tile *tile, ptrdiff_t rows, ptrdiff_t panels);
} tile_kernel;

#if defined(__x86_64__)
void graft_tile_avx2(const tile *tile, ptrdiff_t rows, ptrdiff_t panels);
void graft_tile_avx512(const tile *tile, ptrdiff_t rows, ptrdiff_t panels);
#endif
void graft_tile_portable(const tile *tile, ptrdiff_t rows, ptrdiff_t panels);

tile_kernel graft_tile_kernel(void);

// The product of `row_count` rows with `panels` panels, of which the last has only `last_columns`
// columns of y. The tile describes the first row and panel.
void graft_tiles(const tile *first, tile_kernel kernel, ptrdiff_t row_count, ptrdiff_t panels,
                 ptrdiff_t last_columns);

// The address of every input pixel that `count` output pixels from `first` on see through taps
// [tap, tap + taps): table[t * count + row].
void graft_find_rows(const graft_convolution *c, const float *x, ptrdiff_t first, ptrdiff_t count,
                     ptrdiff_t tap, ptrdiff_t taps, const float **table);
