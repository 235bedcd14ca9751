// Winograd's convolution: winograd.h has the transforms.
#include "winograd.h"

#include "tile.h"

#define SIDE 4
#define SEEN 6
#define LANES 8
#include "winograd_lanes.h"
#define SIDE 4
#define SEEN 6
#define LANES 16
#include "winograd_lanes.h"
#define SIDE 2
#define SEEN 4
#define LANES 8
#include "winograd_lanes.h"
#define SIDE 2
#define SEEN 4
#define LANES 16
#include "winograd_lanes.h"
#define SIDE 2
#define SEEN 6
#define LANES 8
#include "winograd_lanes.h"
#define SIDE 2
#define SEEN 6
#define LANES 16
#include "winograd_lanes.h"

// MARK: - Weights

#define TRANSFORM_WEIGHTS(d, r, side, seen) \
  do {                                      \
    if (side == 5) {                        \
      TRANSFORM_WEIGHTS5TO6(d, r);          \
    } else if (seen == 4) {                 \
      TRANSFORM_WEIGHTS3TO4(d, r);          \
    } else {                                \
      TRANSFORM_WEIGHTS3TO6(d, r);          \
    }                                       \
  } while (0)

// For kernels of `side` x `side`, to `seen` x `seen` points.
static INLINE void pack_tiles(const graft_weights *weights, float *packed, ptrdiff_t outputs,
                              ptrdiff_t channels, ptrdiff_t panel, const int side, const int seen) {
  ptrdiff_t panels = ceil_div(outputs, GRAFT_PANEL), first = panel * GRAFT_PANEL;
  ptrdiff_t width = outputs - first < GRAFT_PANEL ? outputs - first : GRAFT_PANEL;
  ptrdiff_t point_stride = panels * channels * GRAFT_PANEL;
  for (ptrdiff_t c = 0; c < channels; c++) {
    float taps[25][GRAFT_PANEL] = {{0}};
    for (ptrdiff_t o = 0; o < width; o++) {
      const graft_any_float *w =
          weights->first + (first + o) * weights->output_stride + c * weights->channel_stride;
      for (int t = 0; t < side * side; t++) taps[t][o] = w[t * weights->tap_stride];
    }
    float16 rows[6][5];
    for (int j = 0; j < side; j++) {
      float16 d[5], r[6];
      for (int i = 0; i < side; i++) d[i] = LOAD(taps[i * side + j]);
      TRANSFORM_WEIGHTS(d, r, side, seen);
      for (int i = 0; i < seen; i++) rows[i][j] = r[i];
    }
    float *target = packed + (panel * channels + c) * GRAFT_PANEL;
    for (int i = 0; i < seen; i++) {
      float16 r[6];
      const float16 *d = rows[i];
      TRANSFORM_WEIGHTS(d, r, side, seen);
      for (int j = 0; j < seen; j++) STORE(target + (i * seen + j) * point_stride, r[j]);
    }
  }
}

static INLINE void pack(const graft_weights *weights, float *packed, ptrdiff_t outputs,
                        ptrdiff_t channels, ptrdiff_t panel, ptrdiff_t kernel_side,
                        ptrdiff_t tile_side) {
  if (kernel_side == 5) {
    pack_tiles(weights, packed, outputs, channels, panel, 5, 6);
  } else if (tile_side == 2) {
    pack_tiles(weights, packed, outputs, channels, panel, 3, 4);
  } else {
    pack_tiles(weights, packed, outputs, channels, panel, 3, 6);
  }
}

FOR_EACH_PATH(graft_winograd_pack,
              (const graft_weights *weights, float *packed, ptrdiff_t outputs, ptrdiff_t channels,
               ptrdiff_t panel, ptrdiff_t kernel_side, ptrdiff_t tile_side),
              (weights, packed, outputs, channels, panel, kernel_side, tile_side), pack)

// MARK: - Input

// Sixteen channels at a time where 32 registers hold them.
static INLINE void inputs(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end, const int wide,
                          const int seen) {
  ptrdiff_t channels = w->channels, point_stride = w->point_floats;
  for (ptrdiff_t t = begin; t < end; t++) {
    place p = find_tile(w, w->first_tile + t);
    const float *pixels[6][6];
    for (int i = 0; i < seen; i++) {
      for (int j = 0; j < seen; j++) {
        ptrdiff_t y = p.y - w->pad_top + i, x = p.x - w->pad_left + j;
        int inside = (size_t)y < (size_t)w->input_height && (size_t)x < (size_t)w->input_width;
        ptrdiff_t pixel = (p.image * w->input_height + y) * w->input_width + x;
        pixels[i][j] = inside ? w->x + pixel * channels : NULL;
      }
    }
    float *transformed = w->transformed + t * w->tile_floats;
    for (ptrdiff_t c = 0; c < channels;) {
      float *target = transformed + c / 16 * w->panel_floats + c % 16;
      if (wide && c + 16 <= channels) {
        if (seen == 4) {
          transform_input2of4x16(pixels, c, target, point_stride);
        } else {
          transform_input4of6x16(pixels, c, target, point_stride);
        }
        c += 16;
      } else {
        if (seen == 4) {
          transform_input2of4x8(pixels, c, target, point_stride);
        } else {
          transform_input4of6x8(pixels, c, target, point_stride);
        }
        c += 8;
      }
    }
  }
}

static INLINE void input(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end) {
  w->seen == 4 ? inputs(w, begin, end, 0, 4) : inputs(w, begin, end, 0, 6);
}

static INLINE void wide_input(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end) {
  w->seen == 4 ? inputs(w, begin, end, 1, 4) : inputs(w, begin, end, 1, 6);
}

FOR_EACH_WIDTH(graft_winograd_input, (const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end),
               (w, begin, end), input, wide_input)

// MARK: - Products

void graft_winograd_products(const graft_winograd *w, ptrdiff_t point, ptrdiff_t panel_begin,
                             ptrdiff_t panel_end) {
  enum { ROWS = 192 };
  ptrdiff_t panels = ceil_div(w->outputs, GRAFT_PANEL), columns = panels * GRAFT_PANEL;
  ptrdiff_t block = graft_channel_block(w->channels);
  const float *v = w->transformed + point * w->point_floats;
  const float *weights = w->weights + (point * panels + panel_begin) * w->channels * GRAFT_PANEL;
  float *products = w->products + point * w->tile_stride * columns + panel_begin * GRAFT_PANEL;
  tile_kernel kernel = graft_tile_kernel();
  const float *rows[ROWS];
  for (ptrdiff_t first = 0; first < w->tile_count; first += ROWS) {
    ptrdiff_t count = w->tile_count - first < ROWS ? w->tile_count - first : ROWS;
    for (ptrdiff_t r = 0; r < count; r++) rows[r] = v + (first + r) * w->channels;
    for (ptrdiff_t channel = 0; channel < w->channels; channel += block) {
      ptrdiff_t depth = w->channels - channel < block ? w->channels - channel : block;
      tile t = {
          .rows = rows, .tap_stride = 0, .offset = channel, .taps = 1, .depth = depth,
          .weights = weights + channel * GRAFT_PANEL,
          .panel_stride = w->channels * GRAFT_PANEL,
          .y = products + first * columns, .y_stride = columns,
          .start = channel == 0 ? w->zeros : NULL,
      };
      graft_tiles(&t, kernel, count, panel_end - panel_begin, GRAFT_PANEL);
    }
  }
}

// MARK: - Output

#define TRANSFORM_OUTPUT(lanes)                                                            \
  do {                                                                                     \
    if (side == 4) {                                                                       \
      transform_output4of6x##lanes(w, products, point_stride, corner, height, width, o);   \
    } else if (seen == 4) {                                                                \
      transform_output2of4x##lanes(w, products, point_stride, corner, height, width, o);   \
    } else {                                                                               \
      transform_output2of6x##lanes(w, products, point_stride, corner, height, width, o);   \
    }                                                                                      \
  } while (0)

static INLINE void outputs(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end, const int wide,
                           const int side, const int seen) {
  ptrdiff_t columns = ceil_div(w->outputs, GRAFT_PANEL) * GRAFT_PANEL;
  ptrdiff_t point_stride = w->tile_stride * columns;
  for (ptrdiff_t t = begin; t < end; t++) {
    place p = find_tile(w, w->first_tile + t);
    ptrdiff_t height = at_most(side, w->output_height - p.y);
    ptrdiff_t width = at_most(side, w->output_width - p.x);
    const float *products = w->products + t * columns;
    ptrdiff_t corner =
        ((p.image * w->output_height + p.y) * w->output_width + p.x) * w->outputs;
    for (ptrdiff_t o = 0; o < w->outputs;) {
      if (wide && o + 16 <= w->outputs) {
        TRANSFORM_OUTPUT(16);
        o += 16;
      } else {
        TRANSFORM_OUTPUT(8);
        o += 8;
      }
    }
  }
}

static INLINE void outputs_of(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end,
                              const int wide) {
  if (w->tile_side == 4) {
    outputs(w, begin, end, wide, 4, 6);
  } else if (w->seen == 4) {
    outputs(w, begin, end, wide, 2, 4);
  } else {
    outputs(w, begin, end, wide, 2, 6);
  }
}

static INLINE void output(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end) {
  outputs_of(w, begin, end, 0);
}

static INLINE void wide_output(const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end) {
  outputs_of(w, begin, end, 1);
}

FOR_EACH_WIDTH(graft_winograd_output, (const graft_winograd *w, ptrdiff_t begin, ptrdiff_t end),
               (w, begin, end), output, wide_output)
