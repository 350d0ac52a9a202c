/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex.h - bytes as hexadecimal digits, lower case. Portable.
 */
#ifndef HEALTH_HEX_H
#define HEALTH_HEX_H

#include <stdint.h>

#define HEX_TEXT(bytes) (2 * (bytes) + 1) /* room, with the NUL */

/* Returns `text`, which has room for HEX_TEXT(count). */
const char *hex(const uint8_t *bytes, unsigned count, char *text);

#endif
