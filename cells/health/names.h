/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - words for the numbers of blueprint.h and telemetry.h, as the partition file spells them.
 * Any number is accepted: what has no name is "?".
 */
#ifndef HEALTH_NAMES_H
#define HEALTH_NAMES_H

#include <stdint.h>

#include "../../src/blueprint/blueprint.h"

#define NAME_WATCHDOG (BP_ERROR_COUNT + 1)

const char *name_error(uint64_t error); /* BP_ERROR_COUNT: "request" */
const char *name_cause(uint64_t cause); /* of a life's end: an error, or NAME_WATCHDOG */
const char *name_action(uint64_t action);
const char *name_state(uint64_t state);
const char *name_event(uint64_t code);
const char *name_exit(uint64_t reason); /* enum exit_reason */
const char *name_core_state(uint64_t state);
const char *name_proof(uint64_t proof); /* enum proof */
/* "not-tried", "open", "proven" or "failed", by telemetry_core.proofs */
const char *name_proof_state(uint64_t words, uint64_t proof);
const char *name_slot(uint64_t slot);		 /* "a", "b", as in partitions' names; "?" */
const char *name_slot_status(uint64_t status);	 /* enum boot_status */
const char *name_boot_reason(uint64_t reason);	 /* enum boot_reason */
const char *name_update_result(uint64_t result); /* enum update_result, of a refused reset */
const char *name_slot_event(uint64_t event);	 /* enum slot_event */
const char *name_nic_error(uint64_t kind);	 /* of net_counters.errors */

#endif
