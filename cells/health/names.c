// SPDX-License-Identifier: Apache-2.0
/*
 * names.c - tables of words (names.h).
 */
#include "names.h"

#include "../../src/blueprint/boot_state.h"
#include "../../src/blueprint/telemetry.h"
#include "../../src/blueprint/update.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const errors[] = {
	[BP_ERROR_MEMORY_VIOLATION] = "memory-violation", [BP_ERROR_DMA_VIOLATION] = "dma-violation",
	[BP_ERROR_FORBIDDEN_ACCESS] = "forbidden-access", [BP_ERROR_SERROR] = "serror",
	[BP_ERROR_HEARTBEAT_MISSED] = "heartbeat-missed", [BP_ERROR_BOOT_TIMEOUT] = "boot-timeout",
	[BP_ERROR_IMAGE_MISMATCH] = "image-mismatch",	  [BP_ERROR_RESTART_LIMIT] = "restart-limit",
	[BP_ERROR_TABLE_INTEGRITY] = "table-integrity",	  [BP_ERROR_APPLICATION] = "application-error",
	[BP_ERROR_EXCEPTION_AT_EL2] = "exception-at-el2", [BP_ERROR_COUNT] = "request",
};

static const char *const actions[] = {
	[BP_ACTION_IGNORE] = "ignore",	 [BP_ACTION_LOG] = "log",   [BP_ACTION_STOP] = "stop",
	[BP_ACTION_RESTART] = "restart", [BP_ACTION_SAFE] = "safe", [BP_ACTION_RESET] = "reset",
};

static const char *const states[] = {
	[CELL_NONE] = "none",	[CELL_STARTING] = "starting", [CELL_RUNNING] = "running",
	[CELL_READY] = "ready", [CELL_STOPPED] = "stopped",   [CELL_LOST] = "lost",
};

static const char *const exits[] = {
	[EXIT_HVC] = "hvc",	[EXIT_SMC] = "smc",	  [EXIT_IRQ] = "irq",	  [EXIT_GICD] = "gicd",
	[EXIT_GICR] = "gicr",	[EXIT_UART] = "uart",	  [EXIT_SGI] = "sgi",	  [EXIT_SYSREG] = "sysreg",
	[EXIT_ABORT] = "abort", [EXIT_SERROR] = "serror", [EXIT_OTHER] = "other", [EXIT_PCI] = "pci",
};

static const char *const core_states[] = {
	[CORE_OFF] = "off",
	[CORE_RUNNING] = "running",
	[CORE_PARKED] = "parked",
};

static const char *const events[] = {
	[EVENT_CELL_START] = "start",
	[EVENT_CELL_READY] = "ready",
	[EVENT_CELL_STOP] = "stop",
	[EVENT_CELL_RESTART] = "restart",
	[EVENT_CELL_LOST] = "lost",
	[EVENT_FAULT] = "fault",
	[EVENT_SGI_FOREIGN] = "sgi-foreign",
	[EVENT_DENIED] = "denied",
	[EVENT_APPLICATION] = "application",
	[EVENT_CORE_ON] = "core-on",
	[EVENT_CORE_OFF] = "core-off",
	[EVENT_ORDER] = "order",
	[EVENT_DMA_FAULT] = "dma-fault",
	[EVENT_IOMMU] = "iommu",
	[EVENT_DEVICE] = "device",
	[EVENT_PROOF] = "proof",
	[EVENT_BLUEPRINT] = "blueprint",
	[EVENT_IMAGES] = "images",
	[EVENT_LOSS] = "loss",
	[EVENT_SLOT] = "slot",
};

static const char *const proofs[] = {
	[PROOF_STAGE2] = "stage2",
	[PROOF_SMMU] = "smmu",
	[PROOF_WATCHDOG] = "watchdog",
};

static const char *const slots[] = {"a", "b"};

static const char *const slot_statuses[] = {
	[BOOT_EMPTY] = "empty",
	[BOOT_TRIAL] = "trial",
	[BOOT_GOOD] = "good",
};

static const char *const boot_reasons[] = {
	[BOOT_UNREADABLE] = "unreadable", [BOOT_DIGEST_WRONG] = "digest", [BOOT_BOARD_WRONG] = "board",
	[BOOT_TOO_OLD] = "too-old",	  [BOOT_SIGNATURE] = "signature", [BOOT_STARTED] = "not-confirmed",
};

static const char *const slot_events[] = {
	[SLOT_RUNS] = "runs",
	[SLOT_REFUSED] = "refused",
	[SLOT_LOST] = "state-lost",
	[SLOT_CONFIRMED] = "confirmed",
	[SLOT_UNCONFIRMED] = "unconfirmed",
	[SLOT_DROP] = "drop",
	[SLOT_TRY] = "try",
	[SLOT_WRITE_FAILED] = "write-failed",
	[SLOT_RESET] = "reset",
	[SLOT_NO_RESET] = "no-reset",
};

/* Of a request for a reset. */
static const char *const update_results[] = {
	[UPDATE_UNCONFIRMED] = "unconfirmed",
	[UPDATE_UNKNOWN] = "slot-unknown",
	[UPDATE_FORBIDDEN] = "forbidden",
	[UPDATE_NO_TRIAL] = "no-trial",
};

/* Device Status of PCI Express: nic_errors.h. */
static const char *const nic_errors[] = {"correctable", "nonfatal", "fatal", "unsupported-request"};

static const char *lookup(const char *const *table, uint64_t length, uint64_t index)
{
	return index < length && table[index] ? table[index] : "?";
}

const char *name_error(uint64_t error)
{
	return lookup(errors, LENGTH(errors), error);
}

const char *name_cause(uint64_t cause)
{
	return cause == NAME_WATCHDOG ? "watchdog" : name_error(cause);
}

const char *name_action(uint64_t action)
{
	return lookup(actions, LENGTH(actions), action);
}

const char *name_state(uint64_t state)
{
	return lookup(states, LENGTH(states), state);
}

const char *name_event(uint64_t code)
{
	return lookup(events, LENGTH(events), code);
}

const char *name_exit(uint64_t reason)
{
	return lookup(exits, LENGTH(exits), reason);
}

const char *name_core_state(uint64_t state)
{
	return lookup(core_states, LENGTH(core_states), state);
}

const char *name_slot(uint64_t slot)
{
	return lookup(slots, LENGTH(slots), slot);
}

const char *name_slot_status(uint64_t status)
{
	return lookup(slot_statuses, LENGTH(slot_statuses), status);
}

const char *name_update_result(uint64_t result)
{
	return lookup(update_results, LENGTH(update_results), result);
}

const char *name_boot_reason(uint64_t reason)
{
	return lookup(boot_reasons, LENGTH(boot_reasons), reason);
}

const char *name_slot_event(uint64_t event)
{
	return lookup(slot_events, LENGTH(slot_events), event);
}

const char *name_nic_error(uint64_t kind)
{
	return lookup(nic_errors, LENGTH(nic_errors), kind);
}

const char *name_proof(uint64_t proof)
{
	return lookup(proofs, LENGTH(proofs), proof);
}

const char *name_proof_state(uint64_t words, uint64_t proof)
{
	if (proof >= PROOF_COUNT || !(words & PROOF_TRIED(proof)))
		return "not-tried";
	if (words & PROOF_PROVEN(proof))
		return "proven";
	return words & PROOF_FAILED(proof) ? "failed" : "open";
}
