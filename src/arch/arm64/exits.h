/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.h - where vectors.S hands a guest's exit to C: the guest's registers at the top of the stack.
 */
#ifndef BULKHEAD_EXITS_H
#define BULKHEAD_EXITS_H

#include "../../core/arch.h"

void exit_synchronous(struct exit *exit);
void exit_interrupt(struct exit *exit);
void exit_serror(struct exit *exit);

#endif
