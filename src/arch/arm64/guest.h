/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - exceptions that EL2 gives to this core's guest.
 */
#ifndef BULKHEAD_GUEST_H
#define BULKHEAD_GUEST_H

#include "../../core/types.h"

void guest_undefined(void);
/* Synchronous external abort, as a real bus answers an address that nobody has. */
void guest_abort(bool instruction);

#endif
