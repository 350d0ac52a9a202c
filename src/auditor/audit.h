/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - `bulkhead audit IMAGE [--json]`: proves separation and conformance on the final image.
 *
 * The auditor trusts nothing that the compiler did: it shares no code with it, only src/blueprint.
 * Rules are numbered and documented in docs/audit.md.
 */
#ifndef BULKHEAD_AUDITOR_AUDIT_H
#define BULKHEAD_AUDITOR_AUDIT_H

/* argv[0] is "audit". Returns 0: clean, 1: violations, 2: usage, or the file can't be read. */
int audit_main(int argc, char **argv);

#endif
