/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psci.c - PSCI 1.1 for the cell's own cores, and the SMCCC calls around it (Arm DEN0022, DEN0028).
 *
 * CPU_OFF parks in EL2; SYSTEM_OFF and SYSTEM_RESET are the cell's own stop and restart. Firmware is
 * called at boot (CPU_ON), for a reset of the machine, for the processor workarounds and random numbers,
 * which concern the calling core alone, and for what the partition file passes to it.
 */
#include "psci.h"
#include "../../core/core.h"
#include "../../core/hypercalls.h"
#include "sysreg.h"

#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	-1
#define PSCI_INVALID_PARAMETERS -2
#define SMCCC_1_1		0x10001
#define MIGRATE_NOT_NEEDED	2

#define SMCCC_OWNER(function)	((function) >> 24 & 0x3f)
#define SMCCC_OWNER_VENDOR_HYP	6
#define SMCCC_OWNER_TRUSTED_OS	50

#ifndef BULKHEAD_HOST
void firmware_forward(u64 x[8])
{
	register u64 x0 __asm__("x0") = x[0];
	register u64 x1 __asm__("x1") = x[1];
	register u64 x2 __asm__("x2") = x[2];
	register u64 x3 __asm__("x3") = x[3];
	register u64 x4 __asm__("x4") = x[4];
	register u64 x5 __asm__("x5") = x[5];
	register u64 x6 __asm__("x6") = x[6];
	register u64 x7 __asm__("x7") = x[7];

	__asm__ volatile("smc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
			 :
			 : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
}
#endif

s64 firmware_call(u64 function, u64 a, u64 b, u64 c)
{
	u64 x[8] = {function, a, b, c};

	firmware_forward(x);
	return (s64)x[0];
}

/* Which workarounds firmware offers; asked anew each time, since this is rare. */
static s64 firmware_workaround(u64 function)
{
	if ((s64)(int32_t)firmware_call(SMCCC_VERSION, 0, 0, 0) < SMCCC_1_1)
		return PSCI_NOT_SUPPORTED;
	return (int32_t)firmware_call(SMCCC_ARCH_FEATURES, function, 0, 0);
}

static s64 arch_features(u32 function)
{
	switch (function) {
	case SMCCC_VERSION:
	case SMCCC_ARCH_FEATURES:
		return 0;
	case SMCCC_ARCH_WORKAROUND_1:
	case SMCCC_ARCH_WORKAROUND_2:
	case SMCCC_ARCH_WORKAROUND_3:
		return firmware_workaround(function);
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

static s64 psci_features(u32 function)
{
	switch (function) {
	case PSCI_VERSION:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case SMCCC_VERSION:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/* Standby alone: returns at once, as after a wake-up event. A power-down state is refused. (DEN0022 5.4) */
static s64 cpu_suspend(u64 power_state)
{
	if (power_state & BIT(16))
		return PSCI_INVALID_PARAMETERS;
	return PSCI_SUCCESS;
}

static u64 argument(const struct exit *exit, unsigned int n)
{
	const bool smc64 = exit->x[0] & BIT(30);

	return smc64 ? exit->x[n] : (u32)exit->x[n];
}

static enum outcome answer(struct exit *exit, s64 value, enum outcome resume)
{
	exit->x[0] = (u64)value;
	return resume;
}

/*
 * Random numbers from firmware (Arm DEN0098), for the calling core. Where firmware has none it says so
 * itself, and then the guest keeps its other registers: nothing that firmware left in them is the guest's.
 * The calls have one argument, a number of bits. [impl->swr~trng-forwarded~1]
 */
static enum outcome trng(struct exit *exit, enum outcome resume)
{
	u64 x[8] = {(u32)exit->x[0], argument(exit, 1)};
	const bool smc64 = x[0] & BIT(30);

	firmware_forward(x);
	if ((int32_t)x[0] < 0)
		return answer(exit, (int32_t)x[0], resume);
	for (unsigned int i = 0; i < 4; i++)
		exit->x[i] = smc64 ? x[i] : (u32)x[i];
	return resume;
}

static bool firmware_admitted(u32 function)
{
	const u32 *passed = cell_table(&this_cell->firmware);

	for (u32 i = 0; i < this_cell->firmware.count; i++)
		if (passed[i] == function)
			return true;
	return false;
}

/*
 * The functions that the cell's `firmware-calls` names. Eight arguments and four results, as SMCCC 1.1 has
 * them, which is what the guest is told: older firmware may spoil x4 to x17, the guest's stay in the frame.
 * x7 of a call to a Trusted OS tells it whose it is (DEN0028 1.2, "Client ID"), so that is not the guest's to
 * say. [impl->swr~firmware-calls~1]
 */
static enum outcome firmware_pass(struct exit *exit, enum outcome resume)
{
	const u32 function = (u32)exit->x[0];
	u64 x[8] = {function};

	if (!firmware_admitted(function))
		return answer(exit, PSCI_NOT_SUPPORTED, resume);
	for (unsigned int i = 1; i < ARRAY_SIZE(x); i++)
		x[i] = argument(exit, i);
	if (SMCCC_OWNER(function) >= SMCCC_OWNER_TRUSTED_OS)
		x[7] = this_cell->index + 1;
	firmware_forward(x);
	for (unsigned int i = 0; i < 4; i++)
		exit->x[i] = x[i];
	return resume;
}

static enum outcome cell_ends(const struct exit *exit, enum bp_action action)
{
	if (!exit->whole)
		return OUTCOME_WHOLE;
	cell_request(action, BP_ERROR_COUNT);
	return OUTCOME_REST;
}

/* Before a core turns off it takes the SError that is its guest's: the call is made again then.
 * [impl->swr~psci-cpu-off~1] */
static enum outcome call_again(enum outcome resume)
{
	if (resume == OUTCOME_SAME) /* the return address of an HVC is past it */
		sysreg_write(elr_el2, sysreg_read(elr_el2) - 4);
	return OUTCOME_SAME;
}

/* [impl->swr~psci-own-cores~1] */
enum outcome smccc_call(struct exit *exit, enum outcome resume)
{
	const u32 function = (u32)exit->x[0];

	if (SMCCC_OWNER(function) == SMCCC_OWNER_VENDOR_HYP) {
		const enum outcome outcome = hypercall(exit);

		return outcome == OUTCOME_SAME ? resume : outcome;
	}
	switch (function) {
	case SMCCC_VERSION:
		return answer(exit, SMCCC_1_1, resume);
	case SMCCC_ARCH_FEATURES:
		return answer(exit, arch_features((u32)exit->x[1]), resume);
	case SMCCC_ARCH_WORKAROUND_1:
	case SMCCC_ARCH_WORKAROUND_2:
	case SMCCC_ARCH_WORKAROUND_3:
		if (firmware_workaround(function) < 0)
			return answer(exit, PSCI_NOT_SUPPORTED, resume);
		firmware_call(function, argument(exit, 1), 0, 0);
		return resume;
	case TRNG_VERSION:
	case TRNG_FEATURES:
	case TRNG_GET_UUID:
	case TRNG_RND_32:
	case TRNG_RND_64:
		return trng(exit, resume);
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return answer(exit, core_on(argument(exit, 1), argument(exit, 2), argument(exit, 3)), resume);
	case PSCI_CPU_OFF:
		if (serror_pending())
			return call_again(resume);
		return exit->whole ? OUTCOME_OFF : OUTCOME_WHOLE;
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return answer(exit, cpu_suspend(argument(exit, 1)), resume);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return answer(exit, core_affinity_info(argument(exit, 1), argument(exit, 2)), resume);
	case PSCI_MIGRATE_INFO_TYPE:
		return answer(exit, MIGRATE_NOT_NEEDED, resume);
	case PSCI_FEATURES:
		return answer(exit, psci_features((u32)exit->x[1]), resume);
	case PSCI_SYSTEM_OFF:
		return cell_ends(exit, BP_ACTION_STOP);
	case PSCI_SYSTEM_RESET:
		return cell_ends(exit, BP_ACTION_RESTART);
	default:
		return firmware_pass(exit, resume);
	}
}
