#include "tile.h"

#include <string.h>

// Pixels of one task: its input rows stay in the second-level cache while the weights pass by.
enum { ROW_BLOCK = 96 };
// Products that a panel of weights runs through at a time: 32 KiB, the first-level cache.
enum { DEPTH = 512 };
// Taps of one pass; bounds the table of row pointers on the stack.
enum { TAPS = 16 };

// `total` cut into about equal parts of roughly `size`.
static ptrdiff_t even_part(ptrdiff_t total, ptrdiff_t size) {
  ptrdiff_t parts = (total + size / 2) / size;
  return ceil_div(total, parts < 1 ? 1 : parts);
}

ptrdiff_t graft_channel_block(ptrdiff_t channels) { return even_part(channels, DEPTH); }

static ptrdiff_t panels(const graft_convolution *c) { return ceil_div(c->outputs, GRAFT_PANEL); }

static ptrdiff_t pixels(const graft_convolution *c) {
  return c->batch * c->output_height * c->output_width;
}

void graft_convolution_plan(graft_convolution *c) {
  // Enough tasks for many threads, each worth at least some ten microseconds.
  const ptrdiff_t wanted_tasks = 32, smallest_task = 500 * 1000;
  ptrdiff_t rows = pixels(c), blocks = ceil_div(rows, ROW_BLOCK);
  c->row_block = ceil_div(rows, blocks);
  ptrdiff_t parts = ceil_div(wanted_tasks, blocks * c->groups);
  ptrdiff_t block = ceil_div(panels(c), parts);
  ptrdiff_t work =
      2 * c->row_block * GRAFT_PANEL * c->channels * c->kernel_height * c->kernel_width;
  ptrdiff_t least = ceil_div(smallest_task, work);
  if (block < least) block = least;
  // Even: the widest kernel takes two panels at once.
  c->panel_block = at_most((block + 1) / 2 * 2, panels(c));
}

ptrdiff_t graft_convolution_tasks(const graft_convolution *c) {
  return ceil_div(pixels(c), c->row_block) * c->groups * ceil_div(panels(c), c->panel_block);
}

void graft_find_rows(const graft_convolution *c, const float *x, ptrdiff_t first, ptrdiff_t count,
                     ptrdiff_t tap, ptrdiff_t taps, const float **table) {
  ptrdiff_t area = c->output_height * c->output_width;
  ptrdiff_t image = first / area, oy = first % area / c->output_width, ox = first % c->output_width;
  // Of each tap: its place in the window, and how far its pixel lies from the window's first.
  ptrdiff_t down[TAPS], across[TAPS], offset[TAPS];
  for (ptrdiff_t t = 0; t < taps; t++) {
    down[t] = (tap + t) / c->kernel_width * c->dilation_height;
    across[t] = (tap + t) % c->kernel_width * c->dilation_width;
    offset[t] = down[t] * c->row_stride + across[t] * c->pixel_stride;
  }
  ptrdiff_t last_top = c->input_height - 1 - (c->kernel_height - 1) * c->dilation_height;
  ptrdiff_t last_left = c->input_width - 1 - (c->kernel_width - 1) * c->dilation_width;
  for (ptrdiff_t row = 0; row < count; row++) {
    ptrdiff_t top = oy * c->stride_height - c->pad_top, left = ox * c->stride_width - c->pad_left;
    ptrdiff_t corner = image * c->image_stride + top * c->row_stride + left * c->pixel_stride;
    if (top >= 0 && top <= last_top && left >= 0 && left <= last_left) {
      for (ptrdiff_t t = 0; t < taps; t++) table[t * count + row] = x + (corner + offset[t]);
    } else {
      for (ptrdiff_t t = 0; t < taps; t++) {
        ptrdiff_t iy = top + down[t], ix = left + across[t];
        int inside = (size_t)iy < (size_t)c->input_height && (size_t)ix < (size_t)c->input_width;
        table[t * count + row] = inside ? x + (corner + offset[t]) : c->zeros;
      }
    }
    if (++ox == c->output_width) {
      ox = 0;
      if (++oy == c->output_height) oy = 0, image++;
    }
  }
}

void graft_convolve(const graft_convolution *c, ptrdiff_t task) {
  ptrdiff_t parts = ceil_div(panels(c), c->panel_block);
  ptrdiff_t part = task % parts, group = task / parts % c->groups;
  ptrdiff_t first = task / parts / c->groups * c->row_block;
  ptrdiff_t count = at_most(c->row_block, pixels(c) - first);
  ptrdiff_t panel = part * c->panel_block;
  ptrdiff_t width = at_most(c->panel_block, panels(c) - panel);
  ptrdiff_t last_columns = at_most(GRAFT_PANEL, c->outputs - (panel + width - 1) * GRAFT_PANEL);

  ptrdiff_t taps = c->kernel_height * c->kernel_width;
  ptrdiff_t channel_block = graft_channel_block(c->channels);
  ptrdiff_t passes = (taps * channel_block + DEPTH / 2) / DEPTH;
  if (passes < ceil_div(taps, TAPS)) passes = ceil_div(taps, TAPS);
  ptrdiff_t tap_block = ceil_div(taps, passes < 1 ? 1 : passes);

  ptrdiff_t panel_floats = taps * c->channels * GRAFT_PANEL;
  ptrdiff_t column = group * c->outputs + panel * GRAFT_PANEL;
  const float *x = c->x + group * c->channels;
  const float *weights = c->weights + (group * panels(c) + panel) * panel_floats;
  const float *bias = c->bias ? c->bias + (group * panels(c) + panel) * GRAFT_PANEL : NULL;
  const float *table[TAPS * ROW_BLOCK];
  ptrdiff_t known_tap = -1;  // the taps the table is for

  tile_kernel kernel = graft_tile_kernel();
  for (ptrdiff_t channel = 0; channel < c->channels; channel += channel_block) {
    ptrdiff_t depth = at_most(channel_block, c->channels - channel);
    for (ptrdiff_t tap = 0; tap < taps; tap += tap_block) {
      ptrdiff_t tap_count = at_most(tap_block, taps - tap);
      if (known_tap != tap) graft_find_rows(c, x, first, count, tap, tap_count, table);
      known_tap = tap;
      int is_first = channel == 0 && tap == 0;
      tile t = {
          .rows = table, .tap_stride = count, .offset = channel, .taps = tap_count, .depth = depth,
          .weights = weights + (channel * taps + tap * depth) * GRAFT_PANEL,
          .panel_stride = panel_floats,
          .y = c->y + first * c->output_pixel_stride + column,
          .y_stride = c->output_pixel_stride,
          .start = is_first ? bias : NULL,
          .residual =
              c->residual ? c->residual + first * c->output_pixel_stride + column : NULL,
          .last = channel + depth == c->channels && tap + tap_count == taps,
          .low = c->low, .high = c->high,
      };
      graft_tiles(&t, kernel, count, width, last_columns);
    }
  }
}

void graft_pack_panel(const graft_weights *weights, float *packed, ptrdiff_t outputs,
                      ptrdiff_t channels, ptrdiff_t taps, ptrdiff_t panel) {
  ptrdiff_t block = graft_channel_block(channels), first = panel * GRAFT_PANEL;
  ptrdiff_t width = at_most(GRAFT_PANEL, outputs - first);
  const graft_any_float *w = weights->first + first * weights->output_stride;
  for (ptrdiff_t channel = 0; channel < channels; channel += block) {
    ptrdiff_t depth = at_most(block, channels - channel);
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
      for (ptrdiff_t k = 0; k < depth; k++, packed += GRAFT_PANEL) {
        const graft_any_float *from =
            w + (channel + k) * weights->channel_stride + tap * weights->tap_stride;
        if (weights->output_stride == 1 && width == GRAFT_PANEL) {
          memcpy(packed, from, GRAFT_PANEL * sizeof(float));
          continue;
        }
        for (ptrdiff_t o = 0; o < width; o++) packed[o] = from[o * weights->output_stride];
        for (ptrdiff_t o = width; o < GRAFT_PANEL; o++) packed[o] = 0;
      }
    }
  }
}
