// The transforms of one tile, in vectors of LANES floats; included once for each width.

#define PASTE(a, b) a##b
#define EXPAND(a, b) PASTE(a, b)
#define LANED(name) EXPAND(name, LANES)
#define VECTOR LANED(float)
#define LOAD_LANES(pointer) (*(const VECTOR *)(pointer))
#define STORE_LANES(pointer, value) (*(VECTOR *)(pointer) = (value))

// Channels [c, c + LANES) of 6x6 pixels, NULL where there is padding, to 36 points.
static INLINE void LANED(transform_input)(const float *pixels[6][6], ptrdiff_t c, float *target,
                                          ptrdiff_t point_stride) {
  VECTOR columns[6][6];
  UNROLL for (int j = 0; j < 6; j++) {
    VECTOR d[6], r[6];
    UNROLL for (int i = 0; i < 6; i++) {
      d[i] = pixels[i][j] ? LOAD_LANES(pixels[i][j] + c) : (VECTOR){0};
    }
    TRANSFORM_INPUT(d[0], d[1], d[2], d[3], d[4], d[5], r);
    UNROLL for (int i = 0; i < 6; i++) columns[i][j] = r[i];
  }
  UNROLL for (int i = 0; i < 6; i++) {
    VECTOR r[6];
    const VECTOR *d = columns[i];
    TRANSFORM_INPUT(d[0], d[1], d[2], d[3], d[4], d[5], r);
    UNROLL for (int j = 0; j < 6; j++) STORE_LANES(target + (i * 6 + j) * point_stride, r[j]);
  }
}

// 36 points to outputs [o, o + LANES) of the pixels of the tile that lie inside the picture.
static INLINE void LANED(transform_output)(const graft_winograd *w, const float *products,
                                           ptrdiff_t point_stride, ptrdiff_t corner,
                                           ptrdiff_t height, ptrdiff_t width, ptrdiff_t o) {
  VECTOR pixels[4][6], bias = LOAD_LANES(w->bias + o);
  UNROLL for (int j = 0; j < 6; j++) {
    VECTOR d[6], r[4];
    UNROLL for (int i = 0; i < 6; i++) {
      d[i] = LOAD_LANES(products + (i * 6 + j) * point_stride + o);
    }
    TRANSFORM_OUTPUT(d[0], d[1], d[2], d[3], d[4], d[5], r);
    UNROLL for (int i = 0; i < 4; i++) pixels[i][j] = r[i];
  }
  for (ptrdiff_t i = 0; i < height; i++) {
    VECTOR r[4];
    const VECTOR *d = pixels[i];
    TRANSFORM_OUTPUT(d[0], d[1], d[2], d[3], d[4], d[5], r);
    for (ptrdiff_t j = 0; j < width; j++) {
      ptrdiff_t place = corner + (i * w->output_width + j) * w->outputs + o;
      VECTOR value = r[j] + bias;
      if (w->residual) value += LOAD_LANES(w->residual + place);
      LANED(clamp)(&value, w->low, w->high);
      STORE_LANES(w->y + place, value);
    }
  }
}

#undef PASTE
#undef EXPAND
#undef LANED
#undef VECTOR
#undef LOAD_LANES
#undef STORE_LANES
#undef LANES
