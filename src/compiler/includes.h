/* SPDX-License-Identifier: Apache-2.0 */
/*
 * includes.h - which /include/ or /incbin/ can't be followed, and where it stands: dtc names the file that it
 * misses, not the one that asks for it.
 */
#ifndef BULKHEAD_INCLUDES_H
#define BULKHEAD_INCLUDES_H

#include <stdbool.h>
#include <stddef.h>

/* Diagnoses the first one that can't be read, from `path` on. False: all can. */
bool includes_diagnose(const char *path, const char *const *folders, size_t folder_count);

#endif
