/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - from error to action: the cell's row of the health table, applied to the cell that erred
 * and to no other.
 */
#include "faults.h"
#include "core.h"
#include "events.h"
#include "proofs.h"

static void fault_record(const struct exit *exit, enum bp_error error, const struct fault *fault)
{
	struct telemetry_core *t = telemetry();
	struct fault_record *record = &t->fault;

	t->faults[error]++;
	record->time = arch_time();
	record->error = error;
	record->action = this_cell->actions[error];
	record->esr = fault->esr;
	record->elr = fault->elr;
	record->spsr = fault->spsr;
	record->far = fault->far;
	record->ipa = fault->ipa;
	for (unsigned int i = 0; i < ARRAY_SIZE(record->x); i++)
		record->x[i] = exit->x[i];
	arch_publish();
	record->count++;
	event_record(EVENT_FAULT, error, record->action, fault->esr, fault->ipa ? fault->ipa : fault->far);
}

/* [impl->swr~fault-costs-its-cell~1] */
enum outcome fault_raise(struct exit *exit, enum bp_error error, const struct fault *fault)
{
	const enum bp_action action = (enum bp_action)this_cell->actions[error];

	if (!exit->whole)
		return OUTCOME_WHOLE;
	fault_record(exit, error, fault);
	proof_withdraw();
	switch (action) {
	case BP_ACTION_IGNORE:
		return OUTCOME_NEXT;
	case BP_ACTION_LOG:
		return OUTCOME_ABORT; /* of an access; what else it is goes on */
	case BP_ACTION_RESTART:
	case BP_ACTION_STOP:
	case BP_ACTION_SAFE: /* the cell stops; whoever sees why does the rest: the health cell, cell.c for it
			      */
	case BP_ACTION_RESET:
	case BP_ACTION_COUNT:
		break;
	}
	cell_request(action == BP_ACTION_RESTART ? action : BP_ACTION_STOP, error);
	return OUTCOME_REST;
}
