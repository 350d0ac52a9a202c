/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - `bulkhead audit IMAGE [--json]`: proves separation and conformance on the final image.
 *
 * The auditor trusts nothing that the compiler did: it shares no code with it, only src/blueprint.
 * Rules are numbered and documented in docs/audit.md.
 */
#ifndef BULKHEAD_AUDITOR_AUDIT_H
#define BULKHEAD_AUDITOR_AUDIT_H

#include <stdbool.h>

struct audit_options {
	const char *image; /* path of the bulkhead.itb */
	bool json;
	const char *deny; /* kinds of unisolated things that are violations, "a,b"; NULL: none */
};

/* Returns 0: clean, 1: violations, 2: the file can't be read, or is no FIT; or an unknown kind is denied. */
int audit_main(const struct audit_options *options);

#endif
