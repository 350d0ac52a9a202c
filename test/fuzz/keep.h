/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.h - frees what code that runs once and ends has allocated: objects that are compiled with
 * -Dcalloc=kept_calloc and so on (build.mk) have their blocks noted, and keep_free() gives all of them back.
 */
#ifndef BULKHEAD_FUZZ_KEEP_H
#define BULKHEAD_FUZZ_KEEP_H

void keep_free(void);

#endif
