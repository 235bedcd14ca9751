// The pixel data of a plain PNG through libdeflate, which is faster than zlib and wants its input
// and its output whole. Everything that libpng would complain about is left to libpng.
#include "png_lines.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

// Larger images come from libpng, which holds a few lines.
static const size_t LARGEST_OUTPUT = (size_t)64 << 20;

// The bytes of a chunk beside its data: length, kind, checksum.
enum { CHUNK_FRAME = 12 };

typedef struct chunk {
  const uint8_t *kind, *data;
  size_t count;
} chunk;

typedef struct reader {
  const uint8_t *bytes;
  size_t left;
} reader;

static uint32_t big_endian(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// Zero where the next chunk is not all there.
static int take(reader *from, chunk *out) {
  if (from->left < CHUNK_FRAME) return 0;
  const size_t count = big_endian(from->bytes);
  if (count > from->left - CHUNK_FRAME) return 0;
  *out = (chunk){from->bytes + 4, from->bytes + 8, count};
  from->bytes += CHUNK_FRAME + count;
  from->left -= CHUNK_FRAME + count;
  return 1;
}

static int is_kind(const chunk *it, const char *kind) { return memcmp(it->kind, kind, 4) == 0; }

static int has_right_checksum(const chunk *it) {
  return libdeflate_crc32(0, it->kind, it->count + 4) == big_endian(it->data + it->count);
}

// A chunk that libpng passes over when it comes after the pixels, its checksum right or wrong.
static int is_passed_over(const chunk *it) {
  for (int i = 0; i < 4; i++) {
    const int letter = it->kind[i] | 0x20;
    if (letter < 'a' || letter > 'z') return 0;
  }
  // A small first letter marks what a reader need not know.
  return (it->kind[0] & 0x20) != 0;
}

// Whether pieces of pixel data come without a gap and the file's end behind them; how much data.
static int survey(reader from, size_t *total) {
  chunk it;
  int has_end = take(&from, &it);
  for (*total = 0; has_end && is_kind(&it, "IDAT"); has_end = take(&from, &it)) {
    if (!has_right_checksum(&it)) return 0;
    *total += it.count;
  }
  while (has_end && is_passed_over(&it)) has_end = take(&from, &it);
  return has_end && is_kind(&it, "IEND") && it.count == 0 && has_right_checksum(&it);
}

static void join(reader from, size_t total, uint8_t *out) {
  chunk it;
  for (size_t done = 0; done < total && take(&from, &it); done += it.count) {
    memcpy(out + done, it.data, it.count);
  }
}

// zlib refuses to look back further than the stream's header says, libdeflate does not: no
// difference where the header says 32 KiB, the most there is, or more than all of the output.
static int has_wide_window(const uint8_t *stream, size_t output) {
  const int log = (stream[0] >> 4) + 8;
  return log == 15 || (log < 15 && output <= (size_t)1 << log);
}

// All of the stream must be used and all of the output filled.
static int inflate_whole(const uint8_t *stream, size_t count, uint8_t *out, size_t output) {
  if (count < 2 || !has_wide_window(stream, output)) return 0;
  struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
  if (!inflater) return 0;
  size_t used = 0;
  const enum libdeflate_result result =
      libdeflate_zlib_decompress_ex(inflater, stream, count, out, output, &used, NULL);
  libdeflate_free_decompressor(inflater);
  return result == LIBDEFLATE_SUCCESS && used == count;
}

static int has_known_filters(const uint8_t *lines, size_t line_bytes, size_t height) {
  int known = 1;
  for (size_t y = 0; y < height; y++) known &= lines[y * (line_bytes + 1)] <= GRAFT_PNG_PAETH;
  return known;
}

uint8_t *graft_png_inflate(
    const uint8_t *bytes, size_t count, size_t line_bytes, size_t height) {
  const reader from = {bytes, count};
  const size_t output = (line_bytes + 1) * height;
  size_t total;
  // Data that is longer than its lines is unusual, too; this bounds the memory.
  if (output > LARGEST_OUTPUT || !survey(from, &total) || total > output + output / 8 + 1024) {
    return NULL;
  }
  uint8_t *stream = malloc(total);
  uint8_t *lines = malloc(output + GRAFT_PNG_SLACK);
  int is_done = 0;
  if (stream && lines) {
    join(from, total, stream);
    is_done = inflate_whole(stream, total, lines, output) &&
              has_known_filters(lines, line_bytes, height);
  }
  free(stream);
  if (is_done) {
    memset(lines + output, 0, GRAFT_PNG_SLACK);
    return lines;
  }
  free(lines);
  return NULL;
}
