// What the PNG and the JPEG decoder have in common.
#ifndef GRAFT_DECODER_H
#define GRAFT_DECODER_H

#include "graft_image.h"

struct graft_image_decoder {
  graft_image_status status;
  char message[256];
  graft_image_facts facts;
  // Rows handed out.
  uint32_t row;
  graft_image_status (*read_row)(graft_image_decoder *decoder, uint8_t *row);
  void (*close)(graft_image_decoder *decoder);
};

graft_image_status graft_image_fail(
    graft_image_decoder *decoder, graft_image_status status, const char *message);

// Sets the status where the size of the image breaks the limits.
graft_image_status graft_image_check_size(
    graft_image_decoder *decoder, graft_image_limits limits);

#endif
