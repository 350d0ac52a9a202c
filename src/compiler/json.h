/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - text as JSON wants it. Called by diag.c, manifest.c and map_json.c.
 */
#ifndef BULKHEAD_JSON_H
#define BULKHEAD_JSON_H

#include <stdio.h>

/* Quoted and escaped; bytes that are no UTF-8 become U+FFFD, so that the result always parses. */
void json_text(FILE *out, const char *text);

#endif
