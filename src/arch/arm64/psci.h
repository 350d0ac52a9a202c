/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psci.h - PSCI and SMCCC: towards firmware (by SMC) and towards the guest.
 */
#ifndef BULKHEAD_PSCI_H
#define BULKHEAD_PSCI_H

#include "../../blueprint/hypercall.h"
#include "../../core/arch.h"
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

/*
 * The hot path of calls: those whose answer is a constant, be it NOT_SUPPORTED. False: smccc_call has to see
 * it. 32- and 64-bit calls are told apart there; here they are blocks of 256 numbers.
 */
static inline bool smccc_constant(u32 function, u64 *answer)
{
	const u32 number = function & 0xff;
	s64 value = HYPERCALL_NOT_SUPPORTED;
	bool known = true;

	if (function == HYPERCALL_VERSION) {
		*answer = HYPERCALL_ABI;
		return true;
	}
	switch ((function & ~(u32)BIT(30)) >> 8) {
	case PSCI_VERSION >> 8:
		known = number <= (PSCI_FEATURES & 0xff) || number - (TRNG_VERSION & 0xff) < 4;
		if (function != PSCI_VERSION)
			break;
		value = PSCI_1_1;
		known = false;
		break;
	case (HYPERCALL_VERSION & ~BIT(30)) >> 8:
		known = number <= (HYPERCALL_BOOT_CONFIRM & 0xff);
		break;
	case HYPERCALL_UID >> 8:
		known = number <= (HYPERCALL_REVISION & 0xff);
		break;
	case SMCCC_VERSION >> 8:
	case SMCCC_ARCH_WORKAROUND_1 >> 8:
	case SMCCC_ARCH_WORKAROUND_2 >> 8:
	case SMCCC_ARCH_WORKAROUND_3 >> 8:
		break;
	default:
		known = false;
		break;
	}
	if (!known)
		*answer = (u64)value;
	return !known;
}

/* SMC to firmware: x0..x3 as they go in, then as they come back. */
void firmware_forward(u64 x[4]);
/* Function ID and three arguments, x0 of the answer. */
s64 firmware_call(u64 function, u64 a, u64 b, u64 c);

/* A guest's SMCCC call by HVC or SMC; `resume` is what follows an answered call: OUTCOME_SAME for HVC,
 * OUTCOME_NEXT for SMC, whose return address is the SMC itself. */
enum outcome smccc_call(struct exit *exit, enum outcome resume);

#endif
