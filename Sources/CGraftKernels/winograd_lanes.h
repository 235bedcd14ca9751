// The transforms of one tile of SIDE x SIDE output pixels that see SEEN x SEEN input pixels, in
// vectors of LANES floats; included once for each.

#define PASTE(a, b) a##b
#define EXPAND(a, b) PASTE(a, b)
#define NAMED(name) EXPAND(EXPAND(EXPAND(EXPAND(EXPAND(name, SIDE), of), SEEN), x), LANES)
#define INPUT EXPAND(TRANSFORM_INPUT, SEEN)
#define OUTPUT EXPAND(EXPAND(EXPAND(TRANSFORM_OUTPUT, SIDE), OF), SEEN)
#define VECTOR EXPAND(float, LANES)
#define CLAMP EXPAND(clamp, LANES)
#define LOAD_LANES(pointer) (*(const VECTOR *)(pointer))
#define STORE_LANES(pointer, value) (*(VECTOR *)(pointer) = (value))

// Channels [c, c + LANES) of SEEN x SEEN pixels, NULL where there is padding, to as many points.
static INLINE void NAMED(transform_input)(const float *pixels[6][6], ptrdiff_t c, float *target,
                                          ptrdiff_t point_stride) {
  VECTOR columns[SEEN][SEEN];
  UNROLL for (int j = 0; j < SEEN; j++) {
    VECTOR d[SEEN], r[SEEN];
    UNROLL for (int i = 0; i < SEEN; i++) {
      d[i] = pixels[i][j] ? LOAD_LANES(pixels[i][j] + c) : (VECTOR){0};
    }
    INPUT(d, r);
    UNROLL for (int i = 0; i < SEEN; i++) columns[i][j] = r[i];
  }
  UNROLL for (int i = 0; i < SEEN; i++) {
    VECTOR r[SEEN];
    const VECTOR *d = columns[i];
    INPUT(d, r);
    UNROLL for (int j = 0; j < SEEN; j++) {
      STORE_LANES(target + (i * SEEN + j) * point_stride, r[j]);
    }
  }
}

// The points to outputs [o, o + LANES) of the pixels of the tile that lie inside the picture.
static INLINE void NAMED(transform_output)(const graft_winograd *w, const float *products,
                                           ptrdiff_t point_stride, ptrdiff_t corner,
                                           ptrdiff_t height, ptrdiff_t width, ptrdiff_t o) {
  VECTOR pixels[SIDE][SEEN], bias = LOAD_LANES(w->bias + o);
  UNROLL for (int j = 0; j < SEEN; j++) {
    VECTOR d[SEEN], r[SIDE];
    UNROLL for (int i = 0; i < SEEN; i++) {
      d[i] = LOAD_LANES(products + (i * SEEN + j) * point_stride + o);
    }
    OUTPUT(d, r);
    UNROLL for (int i = 0; i < SIDE; i++) pixels[i][j] = r[i];
  }
  for (ptrdiff_t i = 0; i < height; i++) {
    VECTOR r[SIDE];
    const VECTOR *d = pixels[i];
    OUTPUT(d, r);
    for (ptrdiff_t j = 0; j < width; j++) {
      ptrdiff_t place = corner + (i * w->output_width + j) * w->outputs + o;
      VECTOR value = r[j] + bias;
      if (w->residual) value += LOAD_LANES(w->residual + place);
      CLAMP(&value, w->low, w->high);
      STORE_LANES(w->y + place, value);
    }
  }
}

#undef PASTE
#undef EXPAND
#undef NAMED
#undef INPUT
#undef OUTPUT
#undef VECTOR
#undef CLAMP
#undef LOAD_LANES
#undef STORE_LANES
#undef SEEN
#undef SIDE
#undef LANES
