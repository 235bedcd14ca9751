#include "tile.h"

#include <string.h>

tile_kernel graft_tile_kernel(void) {
#if defined(__x86_64__)
  switch (graft_current_path()) {
    case GRAFT_PATH_AVX512: return (tile_kernel){12, 2, graft_tile_avx512};
    case GRAFT_PATH_AVX2: return (tile_kernel){6, 1, graft_tile_avx2};
    case GRAFT_PATH_PORTABLE: break;
  }
  return (tile_kernel){2, 1, graft_tile_portable};
#else
  return (tile_kernel){6, 1, graft_tile_portable};
#endif
}

// A panel of fewer than 16 columns: computed aside, where there is room for 16.
static void narrow_tile(const tile *t, tile_kernel kernel, ptrdiff_t rows, ptrdiff_t columns) {
  float y[12 * GRAFT_PANEL] = {0}, residual[12 * GRAFT_PANEL] = {0};
  size_t bytes = (size_t)columns * sizeof(float);
  for (ptrdiff_t r = 0; r < rows; r++) {
    if (!t->start) memcpy(y + r * GRAFT_PANEL, t->y + r * t->y_stride, bytes);
    if (t->residual) memcpy(residual + r * GRAFT_PANEL, t->residual + r * t->y_stride, bytes);
  }
  tile aside = *t;
  aside.y = y;
  aside.y_stride = GRAFT_PANEL;
  if (t->residual) aside.residual = residual;
  kernel.compute(&aside, rows, 1);
  for (ptrdiff_t r = 0; r < rows; r++) memcpy(t->y + r * t->y_stride, y + r * GRAFT_PANEL, bytes);
}

void graft_tiles(const tile *first, tile_kernel kernel, ptrdiff_t row_count, ptrdiff_t panels,
                 ptrdiff_t last_columns) {
  // Tiles of nearly equal height: a last one of a single row would run at a sixth of the speed.
  ptrdiff_t count = (row_count + kernel.rows - 1) / kernel.rows;
  ptrdiff_t full = last_columns == GRAFT_PANEL ? panels : panels - 1;
  for (ptrdiff_t p = 0; p < panels;) {
    ptrdiff_t width = full - p < kernel.panels ? full - p : kernel.panels;
    if (width < 1) width = 1;
    ptrdiff_t row = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
      ptrdiff_t end = row_count * (i + 1) / count;
      tile t = *first;
      // The first rows fetch the next weights from memory; for the others they are near already.
      if (i < 2 && p + width < panels) t.ahead = width * first->panel_stride;
      t.rows = first->rows + row;
      t.weights = first->weights + p * first->panel_stride;
      t.y = first->y + row * first->y_stride + p * GRAFT_PANEL;
      if (first->start) t.start = first->start + p * GRAFT_PANEL;
      if (first->residual) t.residual = first->residual + row * first->y_stride + p * GRAFT_PANEL;
      if (p < full) {
        kernel.compute(&t, end - row, width);
      } else {
        narrow_tile(&t, kernel, end - row, last_columns);
      }
      row = end;
    }
    p += width;
  }
}
