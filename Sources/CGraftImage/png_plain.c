#include "png_plain.h"

#include <stdlib.h>
#include <string.h>

#include "png_lines.h"

struct graft_png_plain {
  graft_png_pixel pixel;
  int pixel_bytes;
  size_t width, line_bytes;
  // Lines as inflated; the next one, and how many are left.
  uint8_t *lines;
  const uint8_t *next;
  size_t left;
  // Finished lines: the last of all, and room for two more.
  uint8_t *finished, *above, *first, *second;
  // The second of a pair of lines, still to be handed out.
  const uint8_t *pending;
  uint8_t palette[768];
};

graft_png_plain *graft_png_plain_open(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, graft_png_pixel pixel,
    const uint8_t palette[768]) {
  graft_png_plain *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->pixel = pixel;
  self->pixel_bytes = pixel == GRAFT_PNG_INDEX ? 1 : (int)pixel;
  self->width = width;
  self->line_bytes = width * (size_t)self->pixel_bytes;
  if (pixel == GRAFT_PNG_INDEX) memcpy(self->palette, palette, sizeof self->palette);
  self->lines = graft_png_inflate(bytes, count, self->line_bytes, height);
  self->next = self->lines;
  self->left = height;
  const size_t room = self->line_bytes + GRAFT_PNG_SLACK;
  // Zeroed: above the first line everything is.
  if (self->lines) self->finished = calloc(3, room);
  if (!self->finished) {
    graft_png_plain_close(self);
    return NULL;
  }
  self->above = self->finished;
  self->first = self->above + room;
  self->second = self->first + room;
  return self;
}

void graft_png_plain_close(graft_png_plain *self) {
  if (!self) return;
  free(self->lines);
  free(self->finished);
  free(self);
}

static void swap(uint8_t **a, uint8_t **b) {
  uint8_t *const kept = *a;
  *a = *b;
  *b = kept;
}

// The next line; the one after it, too, where both have the filter that is slow one by one.
static const uint8_t *finish(graft_png_plain *self) {
  const uint8_t *line = self->next;
  const size_t stride = self->line_bytes + 1;
  if (self->left > 1 && line[0] == GRAFT_PNG_PAETH && line[stride] == GRAFT_PNG_PAETH) {
    graft_png_unfilter_paeth_pair(
        line, self->above, self->first, self->second, self->line_bytes, self->pixel_bytes);
    self->next += 2 * stride;
    self->left -= 2;
    swap(&self->above, &self->second);
    self->pending = self->above;
    return self->first;
  }
  graft_png_unfilter(line, self->above, self->first, self->line_bytes, self->pixel_bytes);
  self->next += stride;
  self->left -= 1;
  swap(&self->above, &self->first);
  return self->above;
}

static void spread_grey(const uint8_t *from, uint8_t *row, size_t width, int step) {
  for (size_t x = 0; x < width; x++) {
    row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = from[(size_t)step * x];
  }
}

static void drop_alpha(const uint8_t *from, uint8_t *row, size_t width) {
  for (size_t x = 0; x < width; x++) memcpy(row + 3 * x, from + 4 * x, 3);
}

static void look_up(const uint8_t *from, uint8_t *row, size_t width, const uint8_t *palette) {
  for (size_t x = 0; x < width; x++) memcpy(row + 3 * x, palette + 3 * from[x], 3);
}

void graft_png_plain_read_row(graft_png_plain *self, uint8_t *row) {
  const uint8_t *line = self->pending;
  self->pending = NULL;
  if (!line) line = finish(self);
  switch (self->pixel) {
    case GRAFT_PNG_NOT_PLAIN: break;
    case GRAFT_PNG_RGB: memcpy(row, line, self->line_bytes); break;
    case GRAFT_PNG_RGBA: drop_alpha(line, row, self->width); break;
    case GRAFT_PNG_INDEX: look_up(line, row, self->width, self->palette); break;
    case GRAFT_PNG_GREY:
    case GRAFT_PNG_GREY_ALPHA: spread_grey(line, row, self->width, self->pixel_bytes); break;
  }
}
