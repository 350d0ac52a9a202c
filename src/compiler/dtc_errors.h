/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dtc_errors.h - what dtc says of a source that it refuses, as diagnostics.
 */
#ifndef BULKHEAD_DTC_ERRORS_H
#define BULKHEAD_DTC_ERRORS_H

#include "plan.h"

/* `errors`: what it printed, spoiled. At least one diagnostic. The folders are those of its -i. */
void dtc_errors_report(const char *path, struct bytes *errors, const char *const *folders,
		       size_t folder_count);

#endif
