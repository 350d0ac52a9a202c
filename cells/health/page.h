/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - page.html, as it is linked in by page.S.
 */
#ifndef HEALTH_PAGE_H
#define HEALTH_PAGE_H

#include <stdint.h>

extern const char page_text[];
extern const uint32_t page_size;

#endif
