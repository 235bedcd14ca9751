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

// Uses this path, at most the machine's best, in the calling thread from now on, and in the runs
// that it starts on the pool; -1: the machine's best again. For tests: other threads compute as
// before. Packed weights do not depend on the path.
void graft_force_path(int path);

// What the calling thread was told to use, -1 for nothing.
int graft_forced_path(void);

// A hint to the processor that the thread spins.
static inline void graft_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Multiplies and adds in registers only, and returns how many operations those were: timed, the
// peak of one thread. The result is to be used, so that nothing is left out.
ptrdiff_t graft_multiply_add(ptrdiff_t rounds, float *result);

// A square root that a compiler may vectorise, as sqrtf, which can set errno, is not.
static inline float graft_square_root(float x) { return __builtin_elementwise_sqrt(x); }

// MARK: - Convolution, channels-last

// Output channels that lie side by side in packed weights.
#define GRAFT_PANEL 16

// A convolution of channels-last images, cut into tasks that may run side by side.
//
// Strides count floats. Weights are packed per group: [panels][channel blocks][taps][block][16],
// the last panel filled up with zeros; a channel block is that of graft_channel_block.
typedef struct graft_convolution {
  ptrdiff_t batch;
  ptrdiff_t input_height, input_width, output_height, output_width;
  ptrdiff_t kernel_height, kernel_width, stride_height, stride_width;
  ptrdiff_t dilation_height, dilation_width, pad_top, pad_left;
  ptrdiff_t groups;
  ptrdiff_t channels;  // of one group
  ptrdiff_t outputs;   // of one group
  ptrdiff_t image_stride, row_stride, pixel_stride;  // of x
  ptrdiff_t output_pixel_stride;                     // of y and residual
  const float *x;
  const float *weights;
  const float *bias;      // [groups][panels * 16]; NULL: y is added to (not depthwise)
  const float *residual;  // added before the limits; NULL where there is none
  const float *zeros;     // as many as channels: what padding reads
  float *y;
  float low, high;  // limits of the activation, infinite where there is none
  ptrdiff_t row_block;    // output pixels of one task
  ptrdiff_t panel_block;  // panels of one task
} graft_convolution;

// Channels that one pass over the products covers, and taps, for `channels` of a group.
ptrdiff_t graft_channel_block(ptrdiff_t channels);

// Chooses row_block and panel_block from the shapes.
void graft_convolution_plan(graft_convolution *convolution);
ptrdiff_t graft_convolution_tasks(const graft_convolution *convolution);
void graft_convolve(const graft_convolution *convolution, ptrdiff_t task);

// A float at any address: files align nothing.
typedef float graft_any_float __attribute__((aligned(1)));

// Weights of one group as they lie: of any alignment, strides counted in floats. Turned round, the
// last tap comes first, and outputs and channels change places.
typedef struct graft_weights {
  const graft_any_float *first;
  ptrdiff_t output_stride, channel_stride, tap_stride;
} graft_weights;

// Packs one panel of one group into packed[channel blocks][taps][block][16].
void graft_pack_panel(const graft_weights *weights, float *packed, ptrdiff_t outputs,
                      ptrdiff_t channels, ptrdiff_t taps, ptrdiff_t panel);

// Output rows [begin, end) of batch * output_height of a depthwise convolution: channels is 1,
// weights are [taps][groups * outputs], bias is [groups * outputs].
void graft_convolve_depthwise(const graft_convolution *convolution, ptrdiff_t begin, ptrdiff_t end);

// Output pixels whose products are held at a time, at most.
#define GRAFT_GRADIENT_ROWS 96

// The gradient of a convolution of one group by its input, of whole images.
typedef struct graft_input_gradient {
  graft_convolution window;  // that of the convolution; its weights as [panels of taps * channels]
                             // [outputs][16], its zeros as many as panels; x, y, tasks unused
  const float *dy;
  float *dx;
  int begins;      // dx is assigned, not added to
  ptrdiff_t rows;  // output pixels whose products are held at a time
} graft_input_gradient;

// Of images [begin, end). products: [rows][panels * 16], for this call alone.
void graft_add_input_gradient(const graft_input_gradient *gradient, ptrdiff_t begin, ptrdiff_t end,
                              float *products);

// The gradient of the weights of a convolution, from one block of pixels of one group.
typedef struct graft_weight_gradient {
  graft_convolution window;  // its x and zeros; weights, bias, residual, y and tasks unused
  const float *dy;
  ptrdiff_t group;
  ptrdiff_t first_pixel, pixel_count;  // of the block, counted over the batch
  int is_first;                        // sums are assigned, not added to
  ptrdiff_t room;                      // pixels that a row has room for
  float *transposed;   // [outputs][room]: dy
  float *panels;       // [taps][panels of channels][room][16]: x; NULL where it is read as it lies
  float *sums;         // [taps][outputs][panels of channels * 16]
  const float *zeros;  // [panels of channels * 16]
} graft_weight_gradient;

// Rearranges dy and x of pixels [8 * begin, 8 * end) of the block.
void graft_gradient_rows(const graft_weight_gradient *gradient, ptrdiff_t begin, ptrdiff_t end);
// Sums of one tap for some outputs and panels.
void graft_gradient_sums(const graft_weight_gradient *gradient, ptrdiff_t tap,
                         ptrdiff_t output_begin, ptrdiff_t output_end, ptrdiff_t panel_begin,
                         ptrdiff_t panel_end);
// Those of one row of the kernel, which the window has as one tap, with x read as it lies: padding
// is part of it, and up to 15 floats behind the last are read too. The block is whole rows.
void graft_gradient_row_sums(const graft_weight_gradient *gradient, ptrdiff_t kernel_row,
                             ptrdiff_t output_begin, ptrdiff_t output_end, ptrdiff_t panel_begin,
                             ptrdiff_t panel_end);

// MARK: - Matrix times a few vectors

// y[i][j] = alpha * (sum over k of x[i][k] * w[j][k]) + beta * y[i][j] for i < rows (at most 8 with
// AVX-512, else 4) and begin <= j < end. Strides count floats between rows; w may have any
// alignment; y is not read where beta is 0.
void graft_matrix_vector(const float *x, ptrdiff_t x_stride, const graft_any_float *w,
                         ptrdiff_t w_stride, float *y, ptrdiff_t y_stride, ptrdiff_t rows,
                         ptrdiff_t begin, ptrdiff_t end, ptrdiff_t depth, float alpha, float beta);

// MARK: - Elements

// y[i] = x[i] within the limits; NaN passes through. y may be x.
void graft_clamp(const float *x, float *y, ptrdiff_t count, float low, float high);

// dx[i] += dy[i] where low < y[i] < high; where the gradient begins, assigned, and dx may be dy.
void graft_pass(const float *y, const float *dy, float *dx, ptrdiff_t count, float low, float high,
                int begins);

// One step of descent with momentum: g = dp + decay * p, v = momentum * v + g, p -= rate * v, or
// with look-ahead p -= rate * (g + momentum * v).
void graft_descend(float *p, const float *dp, float *v, ptrdiff_t count, float rate, float decay,
                   float momentum, int looks_ahead);

// y[i] = a[i] + b[i]; y may be either.
void graft_sum(const float *a, const float *b, float *y, ptrdiff_t count);

// y[r][c] = x[r][c] * factor[c] + offset[c] + residual[r][c], within the limits; residual may be
// NULL, y may be x.
typedef struct graft_scale {
  const float *x, *factor, *offset, *residual;
  float *y;
  ptrdiff_t columns;
  float low, high;
} graft_scale;

void graft_scale_rows(const graft_scale *scale, ptrdiff_t begin, ptrdiff_t end);

// dx[r][c] += dy[r][c] * factor[c] + (x[r][c] * slope[c] + offset[c]), without the bracket where x
// is NULL; assigned where the gradient begins.
typedef struct graft_slope {
  const float *dy, *factor, *x, *slope, *offset;
  float *dx;
  ptrdiff_t columns;
  int begins;
} graft_slope;

void graft_slope_rows(const graft_slope *slope, ptrdiff_t begin, ptrdiff_t end);

// MARK: - Pooling, channels-last

// y[c] = the largest of x[pixels[i]][c] for i < count, at least 1; the first of equal ones. from[c]
// is its pixel, where from is not NULL.
void graft_largest(const float *x, const int32_t *pixels, ptrdiff_t count, ptrdiff_t channels,
                   float *y, int32_t *from);

// MARK: - Sums over rows

// Matrices [rows][columns] and what is summed of them.
typedef struct graft_columns {
  const float *a;
  const float *b;       // a itself where NULL
  const float *center;  // taken from a, unless NULL; only without b
  float *passed;        // unless NULL, gets a where low < y < high and 0 elsewhere, which is summed
  const float *y;
  float low, high;
  ptrdiff_t columns;
} graft_columns;

// Assigns sum[c] = Σ a and product[c] = Σ a · b over rows [begin, end). Added up in floats over a
// few rows, then in doubles.
void graft_column_sums(const graft_columns *columns, ptrdiff_t begin, ptrdiff_t end, double *sum,
                       double *product);

// MARK: - Winograd convolution, channels-last

// One block of tiles of a convolution of stride 1: a kernel of 3x3 with 4x4 or 2x2 output pixels a
// tile, or one of 5x5 with 2x2. A tile has as many points as it sees pixels. channels and outputs
// are multiples of 8. Three steps, each over the whole block before the next.
typedef struct graft_winograd {
  ptrdiff_t input_height, input_width, output_height, output_width, pad_top, pad_left;
  ptrdiff_t channels, outputs;
  ptrdiff_t tile_side, seen;           // output and input pixels of a tile, down and across
  ptrdiff_t tiles_down, tiles_across;  // of one image
  ptrdiff_t first_tile, tile_count;    // of the block, counted over the batch
  ptrdiff_t tile_stride;               // tiles that a point's slice has room for
  const float *x;
  const float *weights;  // [points][panels][channels][16]
  const float *bias;     // [outputs]
  const float *residual;
  const float *zeros;  // [panels * 16]
  float *transformed;  // [points][…]: see below
  // Floats between points, between tiles, and between channels 16 apart: channels of a tile lie
  // side by side for the convolution, in panels of 16 for the gradient of its weights.
  ptrdiff_t point_floats, tile_floats, panel_floats;
  float *products;     // [points][tile_stride][panels * 16]
  float *y;
  float low, high;
} graft_winograd;

// Transforms and packs one panel of weights, kernel_side by kernel_side, for tiles of tile_side.
void graft_winograd_pack(const graft_weights *weights, float *packed, ptrdiff_t outputs,
                         ptrdiff_t channels, ptrdiff_t panel, ptrdiff_t kernel_side,
                         ptrdiff_t tile_side);
// Tiles [begin, end) of the block.
void graft_winograd_input(const graft_winograd *winograd, ptrdiff_t begin, ptrdiff_t end);
void graft_winograd_products(const graft_winograd *winograd, ptrdiff_t point, ptrdiff_t panel_begin,
                             ptrdiff_t panel_end);
void graft_winograd_output(const graft_winograd *winograd, ptrdiff_t begin, ptrdiff_t end);

// The gradient of the weights of such a convolution, from blocks of tiles that see 6x6 pixels.
typedef struct graft_winograd_gradient {
  graft_winograd tiles;    // transformed in panels of 16 channels; products, weights, y unused
  const float *dy;
  float *differences;      // [36][outputs][tile_stride]: dy, transformed
  float *sums;             // [36][outputs][panels of channels * 16]
  const float *zeros;      // [panels of channels * 16]
  float *dw;               // [outputs][channels][3][3] or [5][5], added to
} graft_winograd_gradient;

// Transforms dy of tiles [8 * begin, 8 * end) of the block.
void graft_winograd_differences(const graft_winograd_gradient *gradient, ptrdiff_t begin,
                                ptrdiff_t end);
// Sums of one point for some of the outputs; assigned where the block is the first, else added to.
void graft_winograd_sums(const graft_winograd_gradient *gradient, ptrdiff_t point,
                         ptrdiff_t output_begin, ptrdiff_t output_end);
// Adds to dw, behind the last block.
void graft_winograd_weights(const graft_winograd_gradient *gradient, ptrdiff_t output_begin,
                            ptrdiff_t output_end);
