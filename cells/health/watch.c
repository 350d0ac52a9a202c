// SPDX-License-Identifier: Apache-2.0
/*
 * watch.c - heartbeats and boot timeouts (watch.h). [impl->swr~health-heartbeat~1]
 * [impl->swr~health-boot-timeout~1]
 */
#include "watch.h"

#include "../../src/blueprint/telemetry.h"

static bool is_up(uint64_t state)
{
	return state == CELL_RUNNING || state == CELL_READY;
}

static enum watch_verdict beat_seen(struct watch *watch, const struct watch_input *input)
{
	const bool recovered = watch->told;

	watch->beat = input->beat;
	watch->seen = input->now;
	watch->armed = true;
	watch->told = false;
	return recovered ? WATCH_RECOVERED : WATCH_QUIET;
}

static enum watch_verdict tell(struct watch *watch, uint64_t delay, enum watch_verdict verdict)
{
	if (watch->told)
		return WATCH_QUIET;
	watch->told = true;
	watch->delay = delay;
	return verdict;
}

enum watch_verdict watch_cell(struct watch *watch, const struct watch_limits *limits,
			      const struct watch_input *input)
{
	if (!is_up(input->state))
		return WATCH_QUIET;
	if (input->generation != watch->generation)
		*watch = (struct watch){.generation = input->generation, .seen = input->now};
	if (input->beat != watch->beat)
		return beat_seen(watch, input);
	if (!watch->armed && input->ready_time) {
		watch->armed = true;
		watch->seen = input->now;
		watch->told = false;
	}
	if (watch->armed && limits->heartbeat && input->now - watch->seen > limits->heartbeat + limits->grace)
		return tell(watch, input->now - watch->seen, WATCH_HEARTBEAT_MISSED);
	if (!watch->armed && limits->boot_timeout && input->now > input->start_time &&
	    input->now - input->start_time > limits->boot_timeout)
		return tell(watch, input->now - input->start_time, WATCH_BOOT_TIMEOUT);
	return WATCH_QUIET;
}

void order_given(struct order_watch *watch, uint64_t order_seen, uint64_t now)
{
	if (watch->open)
		return; /* the first that is unanswered counts */
	*watch = (struct order_watch){.open = true, .seen = order_seen, .since = now};
}

/* [impl->swr~health-lost-cell~1] */
enum order_verdict order_check(struct order_watch *watch, uint64_t order_seen, uint64_t state, uint64_t now,
			       uint64_t limit)
{
	if (!watch->open)
		return ORDER_QUIET;
	if (order_seen != watch->seen) {
		const bool late = watch->lost;

		*watch = (struct order_watch){0};
		return late ? ORDER_OBEYED_LATE : ORDER_QUIET;
	}
	if (!is_up(state))
		watch->since = now;
	if (watch->lost || now - watch->since <= limit)
		return ORDER_QUIET;
	watch->lost = true;
	return ORDER_LOST;
}
