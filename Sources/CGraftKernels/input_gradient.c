// The gradient of a convolution by its input, as a product whose results are added where they
// belong:
//
//     dX[what p sees through tap][c] += Σ over outputs o of dY[p][o] · W[o][tap][c]
//
// Nothing is multiplied with padding, and taps and channels fill panels together.
#include <string.h>

#include "tile.h"
#include "vector.h"

// Adds the products of one output pixel, [kernel row][kernel column][channel], to dx of its image.
static INLINE void scatter(const graft_input_gradient *g, const float *products, float *dx,
                           ptrdiff_t oy, ptrdiff_t ox) {
  const graft_convolution *c = &g->window;
  ptrdiff_t channels = c->channels, runs = c->kernel_width, width = 1;
  // Side by side in dx too: one run is a row of the kernel.
  if (c->dilation_width == 1) runs = 1, width = c->kernel_width;
  for (ptrdiff_t i = 0; i < c->kernel_height; i++) {
    ptrdiff_t iy = oy * c->stride_height - c->pad_top + i * c->dilation_height;
    if ((size_t)iy >= (size_t)c->input_height) continue;
    for (ptrdiff_t j = 0; j < runs; j++) {
      ptrdiff_t left = ox * c->stride_width - c->pad_left + j * c->dilation_width;
      ptrdiff_t begin = left < 0 ? 0 : left, end = at_most(left + width, c->input_width);
      const float *from = products + ((i * c->kernel_width + j) + begin - left) * channels;
      float *to = dx + iy * c->row_stride + begin * c->pixel_stride;
      ptrdiff_t count = (end - begin) * channels, k = 0;
      for (; k + 16 <= count; k += 16) STORE(to + k, LOAD(to + k) + LOAD(from + k));
      for (; k < count; k++) to[k] += from[k];
    }
  }
}

static INLINE void images(const graft_input_gradient *g, ptrdiff_t begin, ptrdiff_t end,
                          float *products) {
  const graft_convolution *c = &g->window;
  ptrdiff_t area = c->output_height * c->output_width;
  ptrdiff_t columns = c->kernel_height * c->kernel_width * c->channels;
  ptrdiff_t panels = ceil_div(columns, GRAFT_PANEL), stride = panels * GRAFT_PANEL;
  ptrdiff_t block = graft_channel_block(c->outputs);
  tile_kernel kernel = graft_tile_kernel();
  const float *table[GRAFT_GRADIENT_ROWS];
  for (ptrdiff_t image = begin; image < end; image++) {
    float *dx = g->dx + image * c->image_stride;
    if (g->begins) memset(dx, 0, (size_t)c->image_stride * sizeof(float));
    for (ptrdiff_t first = 0; first < area; first += g->rows) {
      ptrdiff_t count = at_most(g->rows, area - first);
      const float *dy = g->dy + (image * area + first) * c->output_pixel_stride;
      for (ptrdiff_t r = 0; r < count; r++) table[r] = dy + r * c->output_pixel_stride;
      for (ptrdiff_t o = 0; o < c->outputs; o += block) {
        tile t = {
            .rows = table, .offset = o, .taps = 1, .depth = at_most(block, c->outputs - o),
            .weights = c->weights + o * GRAFT_PANEL, .panel_stride = c->outputs * GRAFT_PANEL,
            .y = products, .y_stride = stride, .start = o == 0 ? c->zeros : NULL,
        };
        graft_tiles(&t, kernel, count, panels, GRAFT_PANEL);
      }
      for (ptrdiff_t r = 0; r < count; r++) {
        ptrdiff_t p = first + r;
        scatter(g, products + r * stride, dx, p / c->output_width, p % c->output_width);
      }
    }
  }
}

FOR_EACH_PATH(graft_add_input_gradient,
              (const graft_input_gradient *g, ptrdiff_t begin, ptrdiff_t end, float *products),
              (g, begin, end, products), images)
