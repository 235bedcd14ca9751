// The lines of a plain PNG: inflated all at once, their filters undone with vectors.
//
// Only for files with nothing unusual in them. Whoever gets no lines asks libpng, which reads the
// others and says what is wrong with those that are damaged.
#ifndef GRAFT_PNG_LINES_H
#define GRAFT_PNG_LINES_H

#include <stddef.h>
#include <stdint.h>

// Bytes after a line that may be read and overwritten: pixels move four bytes at a time.
enum { GRAFT_PNG_SLACK = 8 };

// `height` lines of a filter's number and `line_bytes` bytes, and the slack, to be freed with
// free(). `bytes` is the file from its first piece of pixel data on. NULL where libpng is to decide.
uint8_t *graft_png_inflate(
    const uint8_t *bytes, size_t count, size_t line_bytes, size_t height);

// Undoes the filter of the line at `from`, where its filter's number stands: one of 0 to 4.
// `above` is the finished line before, all zero before the first. Pixels have 1 to 4 bytes.
void graft_png_unfilter(
    const uint8_t *from, const uint8_t *above, uint8_t *to, size_t line_bytes, int pixel_bytes);

// The same of two lines that both have the filter of Paeth, the slowest, in the time of one.
void graft_png_unfilter_paeth_pair(
    const uint8_t *from, const uint8_t *above, uint8_t *to, uint8_t *next, size_t line_bytes,
    int pixel_bytes);

// Numbers of filters. Source: Portable Network Graphics (PNG) Specification, section 9.2.
enum {
  GRAFT_PNG_NONE = 0,
  GRAFT_PNG_SUB = 1,
  GRAFT_PNG_UP = 2,
  GRAFT_PNG_AVERAGE = 3,
  GRAFT_PNG_PAETH = 4,
};

#endif
