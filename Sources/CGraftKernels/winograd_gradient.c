// The gradient of the weights of a Winograd convolution:
//
//     dW = Gᵀ [ Σ over tiles (A dY Aᵀ) ⊙ (Bᵀ X B) ] G
//
// The sums over tiles are 36 products of matrices whose depth is the tiles.
#include "tile.h"
#include "winograd.h"

// MARK: - Gradients of the output

#define TRANSFORM_GRADIENT(d, r, side) \
  do {                                 \
    if (side == 2) {                   \
      TRANSFORM_GRADIENT2TO6(d, r);    \
    } else {                           \
      TRANSFORM_GRADIENT4TO6(d, r);    \
    }                                  \
  } while (0)

static INLINE void differences_of(const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end,
                                  const int side) {
  const graft_winograd *w = &g->tiles;
  ptrdiff_t outputs = w->outputs;
  for (ptrdiff_t first = begin * 8; first < end * 8; first += 8) {
    const float *pixels[8][4][4];  // NULL beyond the picture or the last tile
    for (int n = 0; n < 8; n++) {
      ptrdiff_t tile = first + n;
      place p = find_tile(w, w->first_tile + tile);
      for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
          int inside =
              tile < w->tile_count && p.y + i < w->output_height && p.x + j < w->output_width;
          ptrdiff_t pixel =
              (p.image * w->output_height + p.y + i) * w->output_width + p.x + j;
          pixels[n][i][j] = inside ? g->dy + pixel * outputs : NULL;
        }
      }
    }
    for (ptrdiff_t o = 0; o < outputs; o += 8) {
      float8 points[36][8];
      for (int n = 0; n < 8; n++) {
        float8 columns[6][4];
        UNROLL for (int j = 0; j < side; j++) {
          float8 d[4], r[6];
          UNROLL for (int i = 0; i < side; i++) {
            d[i] = pixels[n][i][j] ? LOAD8(pixels[n][i][j] + o) : (float8){0};
          }
          TRANSFORM_GRADIENT(d, r, side);
          UNROLL for (int i = 0; i < 6; i++) columns[i][j] = r[i];
        }
        UNROLL for (int i = 0; i < 6; i++) {
          float8 r[6];
          const float8 *d = columns[i];
          TRANSFORM_GRADIENT(d, r, side);
          UNROLL for (int j = 0; j < 6; j++) points[i * 6 + j][n] = r[j];
        }
      }
      for (int point = 0; point < 36; point++) {
        transpose8(points[point]);
        float *target = g->differences + (point * outputs + o) * w->tile_stride + first;
        UNROLL for (int k = 0; k < 8; k++) {
          STORE8(target + k * w->tile_stride, points[point][k]);
        }
      }
    }
  }
}

static INLINE void differences(const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end) {
  g->tiles.tile_side == 2 ? differences_of(g, begin, end, 2) : differences_of(g, begin, end, 4);
}

FOR_EACH_PATH(graft_winograd_differences,
              (const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end), (g, begin, end),
              differences)

// MARK: - Products

void graft_winograd_sums(const graft_winograd_gradient *g, ptrdiff_t point, ptrdiff_t output_begin,
                         ptrdiff_t output_end) {
  // Tiles of one pass: what passes by of the panels stays in the first-level cache.
  enum { DEPTH = 256, ROWS = 192 };
  const graft_winograd *w = &g->tiles;
  ptrdiff_t panels = ceil_div(w->channels, GRAFT_PANEL), columns = panels * GRAFT_PANEL;
  const float *differences = g->differences + point * w->outputs * w->tile_stride;
  float *sums = g->sums + point * w->outputs * columns;
  tile_kernel kernel = graft_tile_kernel();
  const float *rows[ROWS];
  for (ptrdiff_t tile_begin = 0; tile_begin < w->tile_count; tile_begin += DEPTH) {
    ptrdiff_t depth = w->tile_count - tile_begin < DEPTH ? w->tile_count - tile_begin : DEPTH;
    for (ptrdiff_t first = output_begin; first < output_end; first += ROWS) {
      ptrdiff_t count = output_end - first < ROWS ? output_end - first : ROWS;
      for (ptrdiff_t r = 0; r < count; r++) rows[r] = differences + (first + r) * w->tile_stride;
      tile t = {
          .rows = rows, .tap_stride = 0, .offset = tile_begin, .taps = 1, .depth = depth,
          .weights = w->transformed + point * w->point_floats + tile_begin * GRAFT_PANEL,
          .panel_stride = w->panel_floats,
          .y = sums + first * columns, .y_stride = columns,
          .start = w->first_tile + tile_begin == 0 ? g->zeros : NULL,
      };
      graft_tiles(&t, kernel, count, panels, GRAFT_PANEL);
    }
  }
}

// MARK: - Weights

#define TRANSFORM_WEIGHT_GRADIENT(d, r, side) \
  do {                                        \
    if (side == 5) {                          \
      TRANSFORM_WEIGHT_GRADIENT6TO5(d, r);    \
    } else {                                  \
      TRANSFORM_WEIGHT_GRADIENT6TO3(d, r);    \
    }                                         \
  } while (0)

// For kernels of `side` x `side`.
static INLINE void weights_of(const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end,
                              const int side) {
  const graft_winograd *w = &g->tiles;
  ptrdiff_t columns = ceil_div(w->channels, GRAFT_PANEL) * GRAFT_PANEL;
  ptrdiff_t point_stride = w->outputs * columns;
  for (ptrdiff_t o = begin; o < end; o++) {
    for (ptrdiff_t c = 0; c < w->channels; c += 8) {
      const float *sums = g->sums + o * columns + c;
      float8 rows[5][6];
      UNROLL for (int j = 0; j < 6; j++) {
        float8 d[6], r[5];
        UNROLL for (int i = 0; i < 6; i++) d[i] = LOAD8(sums + (i * 6 + j) * point_stride);
        TRANSFORM_WEIGHT_GRADIENT(d, r, side);
        UNROLL for (int i = 0; i < side; i++) rows[i][j] = r[i];
      }
      float taps[25][8];
      UNROLL for (int i = 0; i < side; i++) {
        float8 r[5];
        const float8 *d = rows[i];
        TRANSFORM_WEIGHT_GRADIENT(d, r, side);
        UNROLL for (int j = 0; j < side; j++) STORE8(taps[i * side + j], r[j]);
      }
      float *dw = g->dw + (o * w->channels + c) * side * side;
      for (int k = 0; k < 8; k++) {
        for (int t = 0; t < side * side; t++) dw[k * side * side + t] += taps[t][k];
      }
    }
  }
}

static INLINE void weights(const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end) {
  g->tiles.tile_side == 2 ? weights_of(g, begin, end, 5) : weights_of(g, begin, end, 3);
}

FOR_EACH_PATH(graft_winograd_weights,
              (const graft_winograd_gradient *g, ptrdiff_t begin, ptrdiff_t end), (g, begin, end),
              weights)
