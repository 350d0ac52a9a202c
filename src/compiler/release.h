/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.h - which release of the tool this is, and the time that its images bear.
 */
#ifndef BULKHEAD_RELEASE_H
#define BULKHEAD_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#ifndef BULKHEAD_VERSION
#define BULKHEAD_VERSION "0.1.0"
#endif

/*
 * Seconds since 1970, the same for the same inputs: the environment's SOURCE_DATE_EPOCH, else when the tool's
 * sources were committed, 0 where that isn't known. False: SOURCE_DATE_EPOCH is no such number.
 */
bool release_time(uint64_t *seconds);

#endif
