/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - what an exit handler wants to happen next.
 */
#ifndef BULKHEAD_OUTCOME_H
#define BULKHEAD_OUTCOME_H

enum outcome {
	OUTCOME_SAME,	   /* back to where the guest was */
	OUTCOME_NEXT,	   /* past the instruction that exited */
	OUTCOME_UNDEFINED, /* the guest takes an Undefined Instruction exception */
	OUTCOME_ABORT,	   /* the guest takes a synchronous external abort */
	OUTCOME_REST,	   /* this core comes to rest; it comes back as new, if at all */
	OUTCOME_OFF,	   /* the guest turned this core off; so is that */
	OUTCOME_WHOLE	   /* nothing was done yet: call again with all registers in the frame */
};

#endif
