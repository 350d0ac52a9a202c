/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercalls.h - the vendor hypercalls of src/blueprint/hypercall.h.
 */
#ifndef BULKHEAD_HYPERCALLS_H
#define BULKHEAD_HYPERCALLS_H

#include "arch.h"
#include "outcome.h"

/* Function ID and arguments in exit->x[0..4]; results in x[0..3]. */
enum outcome hypercall(struct exit *exit);

#endif
