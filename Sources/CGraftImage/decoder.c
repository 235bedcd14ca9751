#include "decoder.h"

#include <stdio.h>

graft_image_status graft_image_fail(
    graft_image_decoder *decoder, graft_image_status status, const char *message) {
  decoder->status = status;
  snprintf(decoder->message, sizeof decoder->message, "%s", message);
  return status;
}

graft_image_status graft_image_check_size(
    graft_image_decoder *decoder, graft_image_limits limits) {
  const uint64_t width = decoder->facts.width, height = decoder->facts.height;
  if (width > limits.side || height > limits.side || width * height > limits.pixels) {
    return graft_image_fail(decoder, GRAFT_IMAGE_TOO_LARGE, "too large");
  }
  return GRAFT_IMAGE_OK;
}

graft_image_status graft_image_get_status(const graft_image_decoder *decoder) {
  return decoder->status;
}

const char *graft_image_get_message(const graft_image_decoder *decoder) {
  return decoder->message;
}

graft_image_facts graft_image_get_facts(const graft_image_decoder *decoder) {
  return decoder->facts;
}

graft_image_status graft_image_read_row(graft_image_decoder *decoder, uint8_t *row) {
  if (decoder->status != GRAFT_IMAGE_OK) return decoder->status;
  if (decoder->row >= decoder->facts.height) {
    return graft_image_fail(decoder, GRAFT_IMAGE_CORRUPT, "no rows are left");
  }
  const graft_image_status status = decoder->read_row(decoder, row);
  decoder->row += 1;
  return status;
}

void graft_image_close(graft_image_decoder *decoder) {
  if (decoder) decoder->close(decoder);
}
