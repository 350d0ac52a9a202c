/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - a core's life as vectors.S drives it, for EVA: started once, then any exits in any order, each
 * with guest registers and syndrome unconstrained. The loop's fixed point covers every history.
 */
#include <__fc_builtin.h>
#include "../../src/arch/arm64/boot.h"
#include "../../src/arch/arm64/exits.h"
#include "memory.h"

static struct exit frame;

static void guest_runs(void)
{
	Frama_C_make_unknown((char *)frame.x, sizeof(frame.x));
	frame.reason = 0;
	eva_others_write();
}

void eva_exits(void)
{
	eva_memory_start();
	guest_runs(); /* registers hold anything at a core's start, too */
	core_start(&frame, eva_below(EVA_CORES));
	/* One more than the loop can be left by: it has no end. */
	while (eva_maybe()) {
		guest_runs();
		frame.whole = 0;
		switch (eva_below(5)) {
		case 0:
			if (exit_synchronous(&frame) == EXIT_AGAIN) {
				frame.whole = 1;
				exit_synchronous(&frame);
			}
			break;
		case 1:
			exit_interrupt(&frame);
			break;
		case 2:
			exit_fiq(&frame);
			break;
		case 3:
			frame.whole = 1;
			exit_serror(&frame);
			break;
		default: /* an exception in EL2, which ends in a reset */
			crash(&frame, eva_below(16), eva_any());
			break;
		}
	}
}
