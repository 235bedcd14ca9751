// Winograd's F(4x4, 3x3) with the points 0, 1, -1, 1/2, -2 and infinity: 36 products where the
// plain sum has 144. These points round about half as much as 0, 1, -1, 2, -2. And F(2x2, 3x3) with
// 0, 1, -1 and infinity: 16 products where the plain sum has 36, and less than half the weights.
//
//     Y = Aᵀ [ Σ over channels (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016; the
// matrices are Toom and Cook's for these points.
#pragma once

#include "vector.h"

// MARK: - Transforms of one row or column

// Bᵀ: 4 pixels to 4 points, of F(2x2, 3x3).
#define TRANSFORM_INPUT2(d, r) \
  do {                         \
    r[0] = d[0] - d[2];        \
    r[1] = d[1] + d[2];        \
    r[2] = d[2] - d[1];        \
    r[3] = d[1] - d[3];        \
  } while (0)

// Aᵀ: 4 points to 2 pixels.
#define TRANSFORM_OUTPUT2(d, r)   \
  do {                            \
    r[0] = d[0] + (d[1] + d[2]);  \
    r[1] = (d[1] - d[2]) - d[3];  \
  } while (0)

// G: 3 weights to 4 points.
#define TRANSFORM_WEIGHTS2(a, b, c, r)     \
  do {                                     \
    r[0] = (a);                            \
    r[1] = 0.5f * (((a) + (c)) + (b));     \
    r[2] = 0.5f * (((a) + (c)) - (b));     \
    r[3] = (c);                            \
  } while (0)

#define TRANSFORM_INPUT4(d, r) TRANSFORM_INPUT(d[0], d[1], d[2], d[3], d[4], d[5], r)
#define TRANSFORM_OUTPUT4(d, r) TRANSFORM_OUTPUT(d[0], d[1], d[2], d[3], d[4], d[5], r)

// Bᵀ: 6 pixels to 6 points, of F(4x4, 3x3).
#define TRANSFORM_INPUT(a, b, c, d, e, f, r)           \
  do {                                                 \
    r[0] = (a) + (1.5f * ((d) - (b)) + ((e) - 2 * (c))); \
    r[1] = 2.5f * (d) + (0.5f * (c) + ((e) - (b)));    \
    r[2] = 0.5f * (d) + ((b) - 2.5f * (c) + (e));      \
    r[3] = 2 * ((d) - (b)) + ((e) - (c));              \
    r[4] = 0.5f * ((b) - (d)) + ((e) - (c));           \
    r[5] = (b) + (1.5f * ((e) - (c)) + ((f) - 2 * (d))); \
  } while (0)

// Aᵀ: 6 points to 4 pixels.
#define TRANSFORM_OUTPUT(a, b, c, d, e, f, r)           \
  do {                                                  \
    r[0] = (a) + ((b) + (c)) + ((d) + (e));             \
    r[1] = (((b) - (c)) - 2 * (e)) + 0.5f * (d);        \
    r[2] = 4 * (e) + (0.25f * (d) + ((b) + (c)));       \
    r[3] = ((0.125f * (d) + ((b) - (c))) - 8 * (e)) + (f); \
  } while (0)

// G: 3 weights to 6 points.
#define TRANSFORM_WEIGHTS(a, b, c, r)                     \
  do {                                                    \
    r[0] = (a);                                           \
    r[1] = (1 / 3.0f) * ((a) + (b) + (c));                \
    r[2] = (1 / 3.0f) * ((b) - (a) - (c));                \
    r[3] = (-4 / 15.0f) * (4 * (a) + 2 * (b) + (c));      \
    r[4] = (1 / 15.0f) * ((a) - 2 * (b) + 4 * (c));       \
    r[5] = (c);                                           \
  } while (0)

// A: 4 gradients of pixels to 6 points, Aᵀ the other way round.
#define TRANSFORM_GRADIENT(a, b, c, d, r)                                 \
  do {                                                                    \
    r[0] = (a);                                                           \
    r[1] = ((a) + (c)) + ((b) + (d));                                     \
    r[2] = ((a) + (c)) - ((b) + (d));                                     \
    r[3] = ((a) + 0.25f * (c)) + (0.5f * (b) + 0.125f * (d));             \
    r[4] = ((a) + 4 * (c)) - (2 * (b) + 8 * (d));                         \
    r[5] = (d);                                                           \
  } while (0)

// Gᵀ: 6 points to the gradients of 3 weights.
#define TRANSFORM_WEIGHT_GRADIENT(a, b, c, d, e, f, r)                              \
  do {                                                                              \
    r[0] = (a) + ((1 / 3.0f) * ((b) - (c)) + (1 / 15.0f) * ((e) - 16 * (d)));       \
    r[1] = (1 / 3.0f) * ((b) + (c)) - (2 / 15.0f) * (4 * (d) + (e));                \
    r[2] = (f) + ((1 / 3.0f) * ((b) - (c)) + (4 / 15.0f) * ((e) - (d)));            \
  } while (0)

// MARK: - Tiles

// Where a tile of the batch lies: its image, and its first output pixel.
typedef struct place {
  ptrdiff_t image, y, x;
} place;

static INLINE place find_tile(const graft_winograd *w, ptrdiff_t tile) {
  ptrdiff_t per_image = w->tiles_down * w->tiles_across;
  ptrdiff_t in_image = tile % per_image;
  return (place){tile / per_image, in_image / w->tiles_across * w->tile_side,
                 in_image % w->tiles_across * w->tile_side};
}
