/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psci.h - PSCI and SMCCC: towards firmware (by SMC) and towards the guest.
 */
#ifndef BULKHEAD_PSCI_H
#define BULKHEAD_PSCI_H

#include "../../blueprint/hypercall.h"
#include "../../core/cell.h"
#include "../../core/outcome.h"

#define MPIDR_AFFINITY		UINT64_C(0xff00ffffff)

#define PSCI_VERSION		0x84000000u
#define PSCI_1_1		0x10001u
#define PSCI_CPU_SUSPEND_32	0x84000001u
#define PSCI_CPU_SUSPEND_64	0xc4000001u
#define PSCI_CPU_OFF		0x84000002u
#define PSCI_CPU_ON_32		0x84000003u
#define PSCI_CPU_ON_64		0xc4000003u
#define PSCI_AFFINITY_INFO_32	0x84000004u
#define PSCI_AFFINITY_INFO_64	0xc4000004u
#define PSCI_MIGRATE_INFO_TYPE	0x84000006u
#define PSCI_SYSTEM_OFF		0x84000008u
#define PSCI_SYSTEM_RESET	0x84000009u
#define PSCI_FEATURES		0x8400000au
#define SMCCC_VERSION		0x80000000u
#define SMCCC_ARCH_FEATURES	0x80000001u
#define SMCCC_ARCH_WORKAROUND_1 0x80008000u
#define SMCCC_ARCH_WORKAROUND_2 0x80007fffu
#define SMCCC_ARCH_WORKAROUND_3 0x80003fffu
#define TRNG_VERSION		0x84000050u
#define TRNG_FEATURES		0x84000051u
#define TRNG_GET_UUID		0x84000052u
#define TRNG_RND_32		0x84000053u
#define TRNG_RND_64		0xc4000053u

#define SMCCC_SMC64		((u32)BIT(30))
#define SMCCC_BIT(function)	BIT((function) & 63)

/*
 * Functions that have more to do than to answer NOT_SUPPORTED: a bit a number modulo 64 in each block of 256.
 * A number that shares its bit is found out by smccc_call.
 */
#define KNOWN_PSCI                                                                                           \
	(SMCCC_BIT(PSCI_CPU_SUSPEND_32) | SMCCC_BIT(PSCI_CPU_OFF) | SMCCC_BIT(PSCI_CPU_ON_32) |              \
	 SMCCC_BIT(PSCI_AFFINITY_INFO_32) | SMCCC_BIT(PSCI_MIGRATE_INFO_TYPE) | SMCCC_BIT(PSCI_SYSTEM_OFF) | \
	 SMCCC_BIT(PSCI_SYSTEM_RESET) | SMCCC_BIT(PSCI_FEATURES) | SMCCC_BIT(TRNG_VERSION) |                 \
	 SMCCC_BIT(TRNG_FEATURES) | SMCCC_BIT(TRNG_GET_UUID) | SMCCC_BIT(TRNG_RND_32))
#define KNOWN_HYPERCALLS                                                                                     \
	(SMCCC_BIT(HYPERCALL_CELL_INFO) | SMCCC_BIT(HYPERCALL_READY) | SMCCC_BIT(HYPERCALL_EVENT) |          \
	 SMCCC_BIT(HYPERCALL_DOORBELL) | SMCCC_BIT(HYPERCALL_APPLICATION_ERROR) |                            \
	 SMCCC_BIT(HYPERCALL_CELL_CONTROL) | SMCCC_BIT(HYPERCALL_CONSOLE_INPUT) |                            \
	 SMCCC_BIT(HYPERCALL_MACHINE_RESET) | SMCCC_BIT(HYPERCALL_PROVE))

/* Does the cell pass any function to firmware? */
static inline bool firmware_is_called(void)
{
	const struct bp_cell *cell = this_cell;

	__asm__("" : "+r"(cell)); /* shorter to make than the field's address */
	return cell->firmware.count != 0;
}

static inline bool smccc_known(u32 function)
{
	u64 known;

	switch ((function & ~SMCCC_SMC64) >> 8) {
	case PSCI_VERSION >> 8:
		known = KNOWN_PSCI;
		break;
	case (HYPERCALL_VERSION & ~SMCCC_SMC64) >> 8:
		known = KNOWN_HYPERCALLS;
		break;
	case HYPERCALL_UID >> 8:
		known = SMCCC_BIT(HYPERCALL_UID) | SMCCC_BIT(HYPERCALL_REVISION);
		break;
	case SMCCC_VERSION >> 8:
		known = SMCCC_BIT(SMCCC_VERSION) | SMCCC_BIT(SMCCC_ARCH_FEATURES);
		break;
	default: /* the workarounds are spread over Arm's architecture calls */
		return function >> 16 == SMCCC_ARCH_WORKAROUND_1 >> 16 || firmware_is_called();
	}
	return known >> (function & 63) & 1;
}

/* The hot path of calls: those whose answer is a constant, be it NOT_SUPPORTED. False: smccc_call has to see
 * it. */
static inline bool smccc_constant(u32 function, u64 *answer)
{
	if (function == HYPERCALL_VERSION)
		*answer = HYPERCALL_ABI;
	else if (function == PSCI_VERSION)
		*answer = PSCI_1_1;
	else if (unlikely(smccc_known(function)))
		return false;
	else
		*answer = (u64)HYPERCALL_NOT_SUPPORTED;
	return true;
}

/* SMC to firmware: x0..x7 go in, x0..x3 come back. */
void firmware_forward(u64 x[8]);
/* Function ID and three arguments, x0 of the answer. */
s64 firmware_call(u64 function, u64 a, u64 b, u64 c);

/* A guest's SMCCC call by HVC or SMC; `resume` is what follows an answered call: OUTCOME_SAME for HVC,
 * OUTCOME_NEXT for SMC, whose return address is the SMC itself. */
enum outcome smccc_call(struct exit *exit, enum outcome resume);

#endif
