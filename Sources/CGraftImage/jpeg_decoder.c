// JPEG through libjpeg(-turbo), with an error manager and a source of our own.
#include "decoder.h"

// jpeglib.h uses FILE and size_t without including their headers.
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct jpeg_decoder {
  graft_image_decoder base;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  int is_created;
  int has_started;
  int max_scans;
  // CMYK rows are converted here.
  uint8_t *cmyk_row;
} jpeg_decoder;

static void fail(jpeg_decoder *self, graft_image_status status, const char *message) {
  graft_image_fail(&self->base, status, message);
  longjmp(self->jump, 1);
}

static void fail_as_libjpeg_says(jpeg_decoder *self, graft_image_status status) {
  char message[JMSG_LENGTH_MAX];
  self->errors.format_message((j_common_ptr)&self->jpeg, message);
  fail(self, status, message);
}

static void on_error(j_common_ptr common) {
  jpeg_decoder *self = common->client_data;
  const int code = self->errors.msg_code;
  // Without a backing store, libjpeg asks for one when its memory limit is reached.
  const int is_memory = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE;
  fail_as_libjpeg_says(self, is_memory ? GRAFT_IMAGE_NO_MEMORY : GRAFT_IMAGE_CORRUPT);
}

// libjpeg invents the pixels that a damaged file lacks and only warns. Those warnings are errors
// here; those about harmless oddities are not.
static void on_message(j_common_ptr common, int level) {
  jpeg_decoder *self = common->client_data;
  if (level >= 0) return;
  switch (self->errors.msg_code) {
    case JWRN_HIT_MARKER:
      fail(self, GRAFT_IMAGE_ENDS_EARLY, "pixel data ends early");
      break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
      fail_as_libjpeg_says(self, GRAFT_IMAGE_CORRUPT);
      break;
    default: break;
  }
}

static void on_output(j_common_ptr common) { (void)common; }

// A progressive file of a few kilobytes can ask for millions of passes over the image.
static void on_progress(j_common_ptr common) {
  jpeg_decoder *self = common->client_data;
  if (self->jpeg.input_scan_number > self->max_scans) {
    fail(self, GRAFT_IMAGE_TOO_MANY_SCANS, "too many scans");
  }
}

static void do_nothing(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean fill_input_buffer(j_decompress_ptr jpeg) {
  fail(jpeg->client_data, GRAFT_IMAGE_ENDS_EARLY, "file ends early");
  return FALSE;
}

static void skip_input_data(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) fill_input_buffer(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void read_header(
    jpeg_decoder *self, const uint8_t *bytes, size_t count, graft_image_limits limits) {
  struct jpeg_decompress_struct *jpeg = &self->jpeg;
  if (setjmp(self->jump)) return;
  jpeg->err = jpeg_std_error(&self->errors);
  self->errors.error_exit = on_error;
  self->errors.emit_message = on_message;
  self->errors.output_message = on_output;
  jpeg->client_data = self;
  jpeg_create_decompress(jpeg);
  self->is_created = 1;
  // jpeg_create_decompress keeps err and client_data and clears the rest.
  self->source.init_source = do_nothing;
  self->source.fill_input_buffer = fill_input_buffer;
  self->source.skip_input_data = skip_input_data;
  self->source.resync_to_restart = jpeg_resync_to_restart;
  self->source.term_source = do_nothing;
  self->source.next_input_byte = bytes;
  self->source.bytes_in_buffer = count;
  jpeg->src = &self->source;
  self->progress.progress_monitor = on_progress;
  jpeg->progress = &self->progress;
  self->max_scans = limits.scans;
  jpeg->mem->max_memory_to_use = (long)limits.memory;

  jpeg_read_header(jpeg, TRUE);
  graft_image_facts *facts = &self->base.facts;
  facts->width = jpeg->image_width;
  facts->height = jpeg->image_height;
  facts->is_grey = jpeg->num_components == 1;
  facts->is_cmyk = jpeg->num_components == 4;
  if (graft_image_check_size(&self->base, limits) != GRAFT_IMAGE_OK) return;
  switch (jpeg->num_components) {
    case 1:
    case 3: jpeg->out_color_space = JCS_RGB; break;
    case 4: jpeg->out_color_space = JCS_CMYK; break;
    default:
      fail(self, GRAFT_IMAGE_CORRUPT, "neither 1, 3 nor 4 colour components");
  }
  if (facts->is_cmyk) {
    self->cmyk_row = malloc((size_t)facts->width * 4);
    if (!self->cmyk_row) fail(self, GRAFT_IMAGE_NO_MEMORY, "out of memory");
  }
}

// a * b / 255, rounded
static inline int multiply(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Adobe's convention, which every CMYK JPEG is taken to follow: 255 is no ink. Without a colour
// profile, ink c leaves (255 - k) * (255 - c) / 255 of the light.
static void convert_cmyk(const uint8_t *from, uint8_t *to, size_t width) {
  for (size_t x = 0; x < width; x++) {
    const int light = from[4 * x + 3];
    for (int channel = 0; channel < 3; channel++) {
      const int value = light - multiply(255 - from[4 * x + channel], light);
      to[3 * x + channel] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}

static graft_image_status read_row(graft_image_decoder *base, uint8_t *row) {
  jpeg_decoder *self = (jpeg_decoder *)base;
  if (setjmp(self->jump)) return base->status;
  if (!self->has_started) {
    self->has_started = 1;
    jpeg_start_decompress(&self->jpeg);
  }
  JSAMPROW rows[1] = {self->cmyk_row ? self->cmyk_row : row};
  if (jpeg_read_scanlines(&self->jpeg, rows, 1) != 1) {
    fail(self, GRAFT_IMAGE_ENDS_EARLY, "file ends early");
  }
  if (self->cmyk_row) convert_cmyk(self->cmyk_row, row, base->facts.width);
  if (base->row + 1 == base->facts.height) jpeg_finish_decompress(&self->jpeg);
  return GRAFT_IMAGE_OK;
}

static void close_decoder(graft_image_decoder *base) {
  jpeg_decoder *self = (jpeg_decoder *)base;
  if (self->is_created) jpeg_destroy_decompress(&self->jpeg);
  free(self->cmyk_row);
  free(self);
}

graft_image_decoder *graft_jpeg_open(
    const uint8_t *bytes, size_t count, graft_image_limits limits) {
  jpeg_decoder *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->base.read_row = read_row;
  self->base.close = close_decoder;
  read_header(self, bytes, count, limits);
  return &self->base;
}
