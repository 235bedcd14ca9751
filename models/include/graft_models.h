#pragma once

#include <stddef.h>

/// A data file of the models folder, inside the library.
typedef struct {
  const char *name;            ///< path below models/, for example "vgg16.json"
  const unsigned char *bytes;  ///< not terminated by a zero
  size_t count;
} graft_embedded_file;

/// How many files are embedded: model records, label lists, and the default network with its card.
extern const size_t graft_embedded_file_count;

/// One of them. A function because Swift does not see arrays of unknown length.
const graft_embedded_file *graft_embedded_file_at(size_t index);
