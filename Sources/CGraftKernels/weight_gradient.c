// The gradient of the weights of a convolution, of any window:
//
//     dW[o][tap][c] = Σ over output pixels p of dY[p][o] · X[what p sees through tap][c]
//
// a product of matrices whose depth is the pixels. Of a block of pixels, dY is turned round and X
// laid in panels; then the micro-kernel does the rest. With few channels X is read where it lies:
// what the pixels of a row see through a row of the kernel are runs at equal distances.
#include "tile.h"
#include "vector.h"

enum { PIXELS = 8, TAPS = 16 };

// transposed[o][p] = dy[p][o] for a few pixels from `first` on.
static INLINE void turn(const graft_weight_gradient *g, ptrdiff_t first, ptrdiff_t count) {
  const graft_convolution *c = &g->window;
  ptrdiff_t stride = c->output_pixel_stride;
  const float *dy = g->dy + (g->first_pixel + first) * stride + g->group * c->outputs;
  float *target = g->transposed + first;
  ptrdiff_t o = 0;
  if (count == PIXELS) {
    for (; o + 8 <= c->outputs; o += 8) {
      float8 r[8];
      UNROLL for (int i = 0; i < 8; i++) r[i] = LOAD8(dy + i * stride + o);
      transpose8(r);
      UNROLL for (int i = 0; i < 8; i++) STORE8(target + (o + i) * g->room, r[i]);
    }
  }
  for (; o < c->outputs; o++) {
    for (ptrdiff_t i = 0; i < count; i++) target[o * g->room + i] = dy[i * stride + o];
  }
}

// Lays one run of channels into the panels of a tap, filled up with zeros.
static INLINE void lay(const graft_weight_gradient *g, const float *x, float *target) {
  ptrdiff_t channels = g->window.channels, whole = channels / GRAFT_PANEL * GRAFT_PANEL;
  ptrdiff_t panel_floats = g->room * GRAFT_PANEL;
  for (ptrdiff_t c = 0; c < whole; c += GRAFT_PANEL, target += panel_floats) {
    STORE(target, LOAD(x + c));
  }
  if (whole == channels) return;
  for (ptrdiff_t i = 0; i < GRAFT_PANEL; i++) target[i] = whole + i < channels ? x[whole + i] : 0;
}

static INLINE void rows(const graft_weight_gradient *g, ptrdiff_t begin, ptrdiff_t end) {
  const graft_convolution *c = &g->window;
  ptrdiff_t taps = c->kernel_height * c->kernel_width;
  ptrdiff_t tap_floats = ceil_div(c->channels, GRAFT_PANEL) * g->room * GRAFT_PANEL;
  const float *x = c->x + g->group * c->channels;
  const float *table[TAPS * PIXELS];
  for (ptrdiff_t first = begin * PIXELS; first < at_most(end * PIXELS, g->pixel_count);
       first += PIXELS) {
    ptrdiff_t count = at_most(PIXELS, g->pixel_count - first);
    turn(g, first, count);
    if (!g->panels) continue;
    for (ptrdiff_t tap = 0; tap < taps; tap += TAPS) {
      ptrdiff_t some = at_most(TAPS, taps - tap);
      graft_find_rows(c, x, g->first_pixel + first, count, tap, some, table);
      for (ptrdiff_t t = 0; t < some; t++) {
        float *target = g->panels + (tap + t) * tap_floats + first * GRAFT_PANEL;
        for (ptrdiff_t i = 0; i < count; i++) {
          lay(g, table[t * count + i], target + i * GRAFT_PANEL);
        }
      }
    }
  }
}

FOR_EACH_PATH(graft_gradient_rows,
              (const graft_weight_gradient *g, ptrdiff_t begin, ptrdiff_t end), (g, begin, end),
              rows)

void graft_gradient_sums(const graft_weight_gradient *g, ptrdiff_t tap, ptrdiff_t output_begin,
                         ptrdiff_t output_end, ptrdiff_t panel_begin, ptrdiff_t panel_end) {
  // Pixels of one pass: what passes by of the panels stays in the first-level cache.
  enum { DEPTH = 256, ROWS = 48 };
  const graft_convolution *c = &g->window;
  ptrdiff_t panels = ceil_div(c->channels, GRAFT_PANEL), columns = panels * GRAFT_PANEL;
  ptrdiff_t panel_floats = g->room * GRAFT_PANEL;
  const float *laid = g->panels + (tap * panels + panel_begin) * panel_floats;
  float *sums = g->sums + tap * c->outputs * columns + panel_begin * GRAFT_PANEL;
  tile_kernel kernel = graft_tile_kernel();
  const float *table[ROWS];
  for (ptrdiff_t pixel = 0; pixel < g->pixel_count; pixel += DEPTH) {
    for (ptrdiff_t first = output_begin; first < output_end; first += ROWS) {
      ptrdiff_t count = at_most(ROWS, output_end - first);
      for (ptrdiff_t r = 0; r < count; r++) table[r] = g->transposed + (first + r) * g->room;
      tile t = {
          .rows = table, .offset = pixel, .taps = 1,
          .depth = at_most(DEPTH, g->pixel_count - pixel),
          .weights = laid + pixel * GRAFT_PANEL, .panel_stride = panel_floats,
          .y = sums + first * columns, .y_stride = columns,
          .start = g->is_first && pixel == 0 ? g->zeros : NULL,
      };
      graft_tiles(&t, kernel, count, panel_end - panel_begin, GRAFT_PANEL);
    }
  }
}

void graft_gradient_row_sums(const graft_weight_gradient *g, ptrdiff_t kernel_row,
                             ptrdiff_t output_begin, ptrdiff_t output_end, ptrdiff_t panel_begin,
                             ptrdiff_t panel_end) {
  // Pixels of one pass, in whole rows.
  enum { DEPTH = 256, LINES = 32, ROWS = 24 };
  const graft_convolution *c = &g->window;
  ptrdiff_t panels = ceil_div(c->channels, GRAFT_PANEL), columns = panels * GRAFT_PANEL;
  ptrdiff_t width = c->output_width, lines = g->pixel_count / width;
  ptrdiff_t pass = at_most(LINES, ceil_div(DEPTH, width));
  const float *x = c->x + kernel_row * c->dilation_height * c->row_stride;
  float *sums =
      g->sums + kernel_row * c->outputs * columns + panel_begin * GRAFT_PANEL;
  tile_kernel kernel = graft_tile_kernel();
  const float *table[LINES * ROWS];
  ptrdiff_t places[LINES];
  for (ptrdiff_t line = 0; line < lines; line += pass) {
    ptrdiff_t some = at_most(pass, lines - line);
    for (ptrdiff_t l = 0; l < some; l++) {
      ptrdiff_t row = g->first_pixel / width + line + l;
      places[l] = row / c->output_height * c->image_stride +
                  row % c->output_height * c->stride_height * c->row_stride;
    }
    for (ptrdiff_t first = output_begin; first < output_end; first += ROWS) {
      ptrdiff_t count = at_most(ROWS, output_end - first);
      for (ptrdiff_t l = 0; l < some; l++) {
        for (ptrdiff_t r = 0; r < count; r++) {
          table[l * count + r] = g->transposed + (first + r) * g->room + (line + l) * width;
        }
      }
      tile t = {
          .rows = table, .tap_stride = count, .taps = some, .depth = width,
          .weights = x + panel_begin * GRAFT_PANEL, .panel_stride = GRAFT_PANEL,
          .weight_places = places, .weight_step = c->stride_width * c->pixel_stride,
          .y = sums + first * columns, .y_stride = columns,
          .start = g->is_first && line == 0 ? g->zeros : NULL,
      };
      graft_tiles(&t, kernel, count, panel_end - panel_begin, GRAFT_PANEL);
    }
  }
}
