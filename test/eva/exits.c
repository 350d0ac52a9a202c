/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - a core's life as vectors.S drives it, for EVA: started once, then any exits in any order, each
 * with guest registers and syndrome unconstrained. The loop's fixed point covers every history.
 */
#include <__fc_builtin.h>
#include "../../src/arch/arm64/exits.h"
#include "../../src/arch/arm64/gic.h"
#include "../../src/core/rate.h"
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
	core_identify(eva_below(EVA_CORES));
	gic_core_start();
	rate_start();
	/* One more than the loop can be left by: it has no end. */
	while (eva_maybe()) {
		guest_runs();
		frame.whole = 0;
		switch (eva_below(4)) {
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
		default:
			frame.whole = 1;
			exit_serror(&frame);
			break;
		}
	}
}
