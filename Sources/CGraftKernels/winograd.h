// Winograd's convolutions. With the points 0, 1, -1, 1/2, -2 and infinity
//     F(4x4, 3x3): 36 products where the plain sum has 144,
//     F(2x2, 5x5): 36 products where the plain sum has 100;
// these points round about half as much as 0, 1, -1, 2, -2. With 0, 1, -1 and infinity
//     F(2x2, 3x3): 16 products where the plain sum has 36, and less than half the weights.
//
//     Y = Aᵀ [ Σ over channels (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016; the
// matrices are Toom and Cook's for these points. Bᵀ depends on the points alone.
#pragma once

#include "vector.h"

// MARK: - Transforms of one row or column, from array d to array r

// Bᵀ: 4 pixels to 4 points.
#define TRANSFORM_INPUT4(d, r) \
  do {                         \
    r[0] = d[0] - d[2];        \
    r[1] = d[1] + d[2];        \
    r[2] = d[2] - d[1];        \
    r[3] = d[1] - d[3];        \
  } while (0)

// Bᵀ: 6 pixels to 6 points.
#define TRANSFORM_INPUT6(d, r)                                     \
  do {                                                             \
    r[0] = d[0] + (1.5f * (d[3] - d[1]) + (d[4] - 2 * d[2]));      \
    r[1] = 2.5f * d[3] + (0.5f * d[2] + (d[4] - d[1]));            \
    r[2] = 0.5f * d[3] + (d[1] - 2.5f * d[2] + d[4]);              \
    r[3] = 2 * (d[3] - d[1]) + (d[4] - d[2]);                      \
    r[4] = 0.5f * (d[1] - d[3]) + (d[4] - d[2]);                   \
    r[5] = d[1] + (1.5f * (d[4] - d[2]) + (d[5] - 2 * d[3]));      \
  } while (0)

// Aᵀ: 4 points to 2 pixels.
#define TRANSFORM_OUTPUT2OF4(d, r) \
  do {                             \
    r[0] = d[0] + (d[1] + d[2]);   \
    r[1] = (d[1] - d[2]) - d[3];   \
  } while (0)

// Aᵀ: 6 points to 4 pixels.
#define TRANSFORM_OUTPUT4OF6(d, r)                                  \
  do {                                                              \
    r[0] = d[0] + (d[1] + d[2]) + (d[3] + d[4]);                    \
    r[1] = ((d[1] - d[2]) - 2 * d[4]) + 0.5f * d[3];                \
    r[2] = 4 * d[4] + (0.25f * d[3] + (d[1] + d[2]));               \
    r[3] = ((0.125f * d[3] + (d[1] - d[2])) - 8 * d[4]) + d[5];     \
  } while (0)

// Aᵀ: 6 points to 2 pixels.
#define TRANSFORM_OUTPUT2OF6(d, r)                                  \
  do {                                                              \
    r[0] = d[0] + (d[1] + d[2]) + (d[3] + d[4]);                    \
    r[1] = (((d[1] - d[2]) - 2 * d[4]) + 0.5f * d[3]) + d[5];       \
  } while (0)

// G: 3 weights to 4 points.
#define TRANSFORM_WEIGHTS3TO4(d, r)         \
  do {                                      \
    r[0] = d[0];                            \
    r[1] = 0.5f * ((d[0] + d[2]) + d[1]);   \
    r[2] = 0.5f * ((d[0] + d[2]) - d[1]);   \
    r[3] = d[2];                            \
  } while (0)

// G: 3 weights to 6 points.
#define TRANSFORM_WEIGHTS3TO6(d, r)                       \
  do {                                                    \
    r[0] = d[0];                                          \
    r[1] = (1 / 3.0f) * (d[0] + d[1] + d[2]);             \
    r[2] = (1 / 3.0f) * (d[1] - d[0] - d[2]);             \
    r[3] = (-4 / 15.0f) * (4 * d[0] + 2 * d[1] + d[2]);   \
    r[4] = (1 / 15.0f) * (d[0] - 2 * d[1] + 4 * d[2]);    \
    r[5] = d[2];                                          \
  } while (0)

// G: 5 weights to 6 points.
#define TRANSFORM_WEIGHTS5TO6(d, r)                                                          \
  do {                                                                                       \
    r[0] = d[0];                                                                             \
    r[1] = (1 / 3.0f) * ((d[0] + d[2] + d[4]) + (d[1] + d[3]));                              \
    r[2] = (1 / 3.0f) * ((d[1] + d[3]) - (d[0] + d[2] + d[4]));                              \
    r[3] = (-1 / 15.0f) * (16 * d[0] + 8 * d[1] + 4 * d[2] + 2 * d[3] + d[4]);               \
    r[4] = (1 / 15.0f) * ((d[0] + 4 * d[2] + 16 * d[4]) - (2 * d[1] + 8 * d[3]));            \
    r[5] = d[4];                                                                             \
  } while (0)

// A: 4 gradients of pixels to 6 points, Aᵀ the other way round.
#define TRANSFORM_GRADIENT4TO6(d, r)                            \
  do {                                                          \
    r[0] = d[0];                                                \
    r[1] = (d[0] + d[2]) + (d[1] + d[3]);                       \
    r[2] = (d[0] + d[2]) - (d[1] + d[3]);                       \
    r[3] = (d[0] + 0.25f * d[2]) + (0.5f * d[1] + 0.125f * d[3]); \
    r[4] = (d[0] + 4 * d[2]) - (2 * d[1] + 8 * d[3]);           \
    r[5] = d[3];                                                \
  } while (0)

// A: 2 gradients of pixels to 6 points.
#define TRANSFORM_GRADIENT2TO6(d, r) \
  do {                               \
    r[0] = d[0];                     \
    r[1] = d[0] + d[1];              \
    r[2] = d[0] - d[1];              \
    r[3] = d[0] + 0.5f * d[1];       \
    r[4] = d[0] - 2 * d[1];          \
    r[5] = d[1];                     \
  } while (0)

// Gᵀ: 6 points to the gradients of 3 weights.
#define TRANSFORM_WEIGHT_GRADIENT6TO3(d, r)                                                \
  do {                                                                                     \
    r[0] = d[0] + ((1 / 3.0f) * (d[1] - d[2]) + (1 / 15.0f) * (d[4] - 16 * d[3]));         \
    r[1] = (1 / 3.0f) * (d[1] + d[2]) - (2 / 15.0f) * (4 * d[3] + d[4]);                   \
    r[2] = d[5] + ((1 / 3.0f) * (d[1] - d[2]) + (4 / 15.0f) * (d[4] - d[3]));              \
  } while (0)

// Gᵀ: 6 points to the gradients of 5 weights.
#define TRANSFORM_WEIGHT_GRADIENT6TO5(d, r)                                                \
  do {                                                                                     \
    r[0] = d[0] + ((1 / 3.0f) * (d[1] - d[2]) + (1 / 15.0f) * (d[4] - 16 * d[3]));         \
    r[1] = (1 / 3.0f) * (d[1] + d[2]) - (2 / 15.0f) * (4 * d[3] + d[4]);                   \
    r[2] = (1 / 3.0f) * (d[1] - d[2]) + (4 / 15.0f) * (d[4] - d[3]);                       \
    r[3] = (1 / 3.0f) * (d[1] + d[2]) - (2 / 15.0f) * (d[3] + 4 * d[4]);                   \
    r[4] = d[5] + ((1 / 3.0f) * (d[1] - d[2]) + (1 / 15.0f) * (16 * d[4] - d[3]));         \
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
