/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - manifest.json: the SHA-256 of everything that went into a build and came out of it.
 */
#ifndef BULKHEAD_MANIFEST_H
#define BULKHEAD_MANIFEST_H

#include "layout.h"
#include "output.h"

/* The text, of all inputs of the plan and all outputs so far, and what the machine will say of itself. */
char *manifest_text(const struct layout *layout, const struct outputs *outputs);

#endif
