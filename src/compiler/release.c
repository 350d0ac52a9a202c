// SPDX-License-Identifier: Apache-2.0
/*
 * release.c - the time that images bear: see release.h. build.mk gives RELEASE_TIME.
 */
#include "release.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef RELEASE_TIME
#define RELEASE_TIME 0
#endif

/* [impl->swr~compile-build-time~1] */
bool release_time(uint64_t *seconds)
{
	const char *const text = getenv("SOURCE_DATE_EPOCH");

	*seconds = RELEASE_TIME;
	if (!text || !*text)
		return true;
	if (text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*seconds = strtoull(text, NULL, 10);
	return errno == 0;
}
