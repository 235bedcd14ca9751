#pragma once
#include <cblas.h>
// A cblas.h of another BLAS lacks this one; the library linked is OpenBLAS all the same.
void openblas_set_num_threads(int num_threads);
