#include "vector.h"

typedef struct taps {
  ptrdiff_t i0, i1, j0, j1;  // kernel rows and columns that lie inside the image
} taps;

static INLINE ptrdiff_t first_inside(ptrdiff_t start, ptrdiff_t dilation, ptrdiff_t kernel) {
  ptrdiff_t first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  return first < kernel ? first : kernel;
}

static INLINE ptrdiff_t end_inside(ptrdiff_t start, ptrdiff_t dilation, ptrdiff_t kernel,
                                   ptrdiff_t extent) {
  ptrdiff_t end = start >= extent ? 0 : (extent - start + dilation - 1) / dilation;
  return end < kernel ? end : kernel;
}

// `count` neighbouring output pixels that see the same taps; x is the pixel that the first one would
// see through tap (0, 0), y and residual the first one's place. Where all `width` columns of the
// kernel are inside and everything is one pixel apart, neighbours share what they read.
static INLINE void pixels(const graft_convolution *c, const float *x, float *y,
                          const float *residual, taps t, const int count, const int width) {
  ptrdiff_t channels = c->groups, step = c->stride_width * c->pixel_stride;
  ptrdiff_t down = c->dilation_height * c->row_stride, right = c->dilation_width * c->pixel_stride;
  ptrdiff_t k = 0;
  for (; k + 16 <= channels; k += 16) {
    float16 sum[4];
    UNROLL for (int p = 0; p < count; p++) sum[p] = LOAD(c->bias + k);
    for (ptrdiff_t i = t.i0; i < t.i1 && width > 0; i++) {
      const float *seen = x + i * down + k, *weights = c->weights + i * width * channels + k;
      UNROLL for (int place = 0; place < count + width - 1; place++) {
        float16 pixel = LOAD(seen + place * right);
        UNROLL for (int j = 0; j < width; j++) {
          int p = place - j;
          if (p >= 0 && p < count) sum[p] += pixel * LOAD(weights + j * channels);
        }
      }
    }
    for (ptrdiff_t i = t.i0; i < t.i1 && width == 0; i++) {
      for (ptrdiff_t j = t.j0; j < t.j1; j++) {
        float16 w = LOAD(c->weights + (i * c->kernel_width + j) * channels + k);
        const float *seen = x + i * down + j * right + k;
        UNROLL for (int p = 0; p < count; p++) sum[p] += LOAD(seen + p * step) * w;
      }
    }
    UNROLL for (int p = 0; p < count; p++) {
      if (residual) sum[p] += LOAD(residual + p * c->output_pixel_stride + k);
      clamp16(&sum[p], c->low, c->high);
      STORE(y + p * c->output_pixel_stride + k, sum[p]);
    }
  }
  for (; k < channels; k++) {
    for (int p = 0; p < count; p++) {
      float sum = c->bias[k];
      for (ptrdiff_t i = t.i0; i < t.i1; i++) {
        for (ptrdiff_t j = t.j0; j < t.j1; j++) {
          sum += x[i * down + j * right + p * step + k] *
                 c->weights[(i * c->kernel_width + j) * channels + k];
        }
      }
      if (residual) sum += residual[p * c->output_pixel_stride + k];
      y[p * c->output_pixel_stride + k] = clamp(sum, c->low, c->high);
    }
  }
}

// Several outputs per channel, which hardly any network has: one at a time.
static INLINE void multiplied_pixel(const graft_convolution *c, const float *x, float *y,
                                    const float *residual, taps t) {
  ptrdiff_t outputs = c->groups * c->outputs;
  ptrdiff_t down = c->dilation_height * c->row_stride, right = c->dilation_width * c->pixel_stride;
  for (ptrdiff_t o = 0; o < outputs; o++) {
    float sum = c->bias[o];
    const float *seen = x + o / c->outputs;
    for (ptrdiff_t i = t.i0; i < t.i1; i++) {
      for (ptrdiff_t j = t.j0; j < t.j1; j++) {
        sum += seen[i * down + j * right] * c->weights[(i * c->kernel_width + j) * outputs + o];
      }
    }
    if (residual) sum += residual[o];
    y[o] = clamp(sum, c->low, c->high);
  }
}

static INLINE void body(const graft_convolution *c, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t row = begin; row < end; row++) {
    ptrdiff_t top = row % c->output_height * c->stride_height - c->pad_top;
    taps t;
    t.i0 = first_inside(top, c->dilation_height, c->kernel_height);
    t.i1 = end_inside(top, c->dilation_height, c->kernel_height, c->input_height);
    const float *image = c->x + row / c->output_height * c->image_stride + top * c->row_stride;
    ptrdiff_t place = row * c->output_width * c->output_pixel_stride;
    for (ptrdiff_t ox = 0; ox < c->output_width;) {
      ptrdiff_t left = ox * c->stride_width - c->pad_left;
      t.j0 = first_inside(left, c->dilation_width, c->kernel_width);
      t.j1 = end_inside(left, c->dilation_width, c->kernel_width, c->input_width);
      ptrdiff_t last = left + 3 * c->stride_width + (c->kernel_width - 1) * c->dilation_width;
      const float *x = image + left * c->pixel_stride;
      float *y = c->y + place + ox * c->output_pixel_stride;
      const float *residual =
          c->residual ? c->residual + place + ox * c->output_pixel_stride : NULL;
      if (c->outputs > 1) {
        multiplied_pixel(c, x, y, residual, t);
        ox++;
      } else if (left >= 0 && last < c->input_width && ox + 4 <= c->output_width) {
        int unit = c->stride_width == 1 && c->dilation_width == 1;
        if (unit && c->kernel_width == 3) {
          pixels(c, x, y, residual, t, 4, 3);
        } else if (unit && c->kernel_width == 5) {
          pixels(c, x, y, residual, t, 4, 5);
        } else {
          pixels(c, x, y, residual, t, 4, 0);
        }
        ox += 4;
      } else {
        pixels(c, x, y, residual, t, 1, 0);
        ox++;
      }
    }
  }
}

FOR_EACH_PATH(graft_convolve_depthwise,
              (const graft_convolution *c, ptrdiff_t begin, ptrdiff_t end), (c, begin, end), body)
