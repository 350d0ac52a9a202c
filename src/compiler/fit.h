/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit.h - the image that U-Boot loads: docs/formats.md, "The image".
 */
#ifndef BULKHEAD_FIT_H
#define BULKHEAD_FIT_H

#include "layout.h"

/* `kernel`: from image_write(). False after a diagnostic. */
bool fit_write(const struct layout *layout, const struct bytes *kernel, struct bytes *fit);

#endif
