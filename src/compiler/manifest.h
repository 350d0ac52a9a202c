/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - manifest.json: the SHA-256 of everything that went into a build and came out of it.
 */
#ifndef BULKHEAD_MANIFEST_H
#define BULKHEAD_MANIFEST_H

#include "output.h"
#include "plan.h"

/* The text, of all inputs of the plan and all outputs so far. */
char *manifest_text(const struct plan *plan, const struct outputs *outputs);

#endif
