// SPDX-License-Identifier: Apache-2.0
/*
 * calls.c - SMC and HVC: function IDs of every range of the SMCCC (Arm DEN 0028) and of none, with any
 * arguments. What isn't known is answered NOT_SUPPORTED, and no register but x0..x3 changes.
 */
#include "hostile.h"

#define STUB_BYTES    8
#define NOT_SUPPORTED 0xffffffffu
#define DENIED	      ((u64) - 3)
#define VERSION_1_1   0x10001
#define VERSION_1_4   0x10004 /* HYPERCALL_ABI */
#define ON	      0	      /* AFFINITY_INFO's answer */

#define SMCCC_VERSION 0x80000000u
#define PSCI_VERSION  0x84000000u
#define CPU_OFF	      0x84000002u
#define CPU_ON	      0x84000003u
#define AFFINITY_INFO 0x84000004u
#define SYSTEM_OFF    0x84000008u
#define SYSTEM_RESET  0x84000009u
#define SMC64	      0x40000000u /* function ID: arguments have 64 bits */
#define VERSION	      0xc6000000u
#define CELL_CONTROL  0xc6000010u
#define CONSOLE_INPUT 0xc6000011u
#define MACHINE_RESET 0xc6000013u
#define PROVE	      0xc6000014u

/* Those with an answer of their own: SMCCC, workarounds, PSCI, hypercalls; docs/guest-abi.md. */
static const u32 known[] = {
	SMCCC_VERSION, 0x80000001, 0x80003fff, 0x80007fff,     0x80008000,    PSCI_VERSION,
	0x84000001,    0xc4000001, CPU_ON,     CPU_ON | SMC64, AFFINITY_INFO, AFFINITY_INFO | SMC64,
	0x84000006,    0x8400000a, 0x8600ff01, 0x8600ff03,     VERSION,	      0xc6000001,
	0xc6000002,    0xc6000003, 0xc6000004, 0xc6000005,     CELL_CONTROL,  CONSOLE_INPUT,
	MACHINE_RESET, PROVE,
};

static bool is_known(u32 function)
{
	for (u32 i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == function)
			return true;
	return false;
}

/* Legal ends of a life, tried one by one: attack_life(). */
static bool ends_life(u32 function)
{
	return function == CPU_OFF || function == SYSTEM_OFF || function == SYSTEM_RESET;
}

static u64 function_id(void)
{
	/* fast or yielding, 32 or 64 bits, one of the 64 owners */
	const u64 range = random_below(256) << 24;

	switch (random_below(8)) {
	case 0:
		return random_next();
	case 1:
		return range | random_below(UINT64_C(1) << 24);
	case 2:
	case 3:
		return range | random_below(UINT64_C(1) << 16);
	case 4:
		return range | random_below(64);
	case 5:
		return (random_below(2) ? UINT64_C(0x84000000) : UINT64_C(0xc4000000)) | random_below(64);
	case 6: /* bits 63:32 are no part of it */
		return known[random_below(sizeof(known) / sizeof(known[0]))] | random_next() << 32;
	default:
		return known[random_below(sizeof(known) / sizeof(known[0]))];
	}
}

static u64 argument(void)
{
	switch (random_below(8)) {
	case 0:
		return plan.mpidr;
	case 1:
		return random_below(2) ? random_below(8) : plan.mpidrs[random_below(plan.mpidr_count)];
	case 2:
		return plan.foreign[random_below(plan.foreign_count)];
	case 3:
		return plan.ram + random_below(plan.ram_size);
	case 4:
		return known[random_below(sizeof(known) / sizeof(known[0]))];
	default:
		return random_value();
	}
}

/* Whether x0 is an answer that the function may give to this cell, whose only core runs. */
static bool may_answer(u32 function, u64 argument, u64 answer)
{
	if (!is_known(function))
		return (u32)answer == NOT_SUPPORTED;
	switch (function) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
		return answer == VERSION_1_1;
	case VERSION:
		return answer == VERSION_1_4;
	case CPU_ON:
	case CPU_ON | SMC64:
		return (int64_t)answer < 0;
	case AFFINITY_INFO:
		return (int64_t)answer < 0 || (answer == ON && (u32)argument == plan.mpidr);
	case AFFINITY_INFO | SMC64:
		return (int64_t)answer < 0 || (answer == ON && argument == plan.mpidr);
	case CELL_CONTROL:
	case CONSOLE_INPUT:
	case MACHINE_RESET:
	case PROVE:
		return answer == DENIED;
	default:
		return true;
	}
}

static void check(u32 function, const struct regs *before, const struct regs *after, bool el0, u32 class)
{
	u32 first = 4;

	if (el0 ? class != EC_UNDEFINED : class != EC_OVER)
		wrong(WRONG_OUTCOME, class, after->esr, function);
	if (el0)
		first = 0;
	else if (!may_answer(function, before->x[1], after->x[0]))
		wrong(WRONG_ANSWER, before->x[0], before->x[1], after->x[0]);
	for (u32 i = first; i < 31; i++)
		if (after->x[i] != before->x[i])
			wrong(WRONG_SPOILED, function, i, after->x[i]);
}

void attack_calls(u64 count)
{
	while (report.done < count) {
		struct regs before = {0}, after;
		const u64 stub = (u64)(uintptr_t)calls + STUB_BYTES * random_below(CALL_STUBS);
		const bool el0 = random_below(16) == 0;
		u32 class;

		before.x[0] = function_id();
		if (ends_life((u32)before.x[0]))
			continue;
		for (u32 i = 1; i < 31; i++)
			before.x[i] = i < 8 ? argument() : random_next();
		after = before;
		class = try(&after, stub, el0);
		check((u32)before.x[0], &before, &after, el0, class);
		report.done++;
	}
}

/* 0: SYSTEM_OFF, 1: SYSTEM_RESET, 2: CPU_OFF of the only core; +4: by SMC. Doesn't return. */
void attack_life(u64 how)
{
	static const u32 functions[] = {SYSTEM_OFF, SYSTEM_RESET, CPU_OFF, SYSTEM_OFF};
	struct regs regs = {{functions[how & 3]}, 0, 0, 0};

	try(&regs, (u64)(uintptr_t)calls + (how & 4 ? 0 : STUB_BYTES), false);
	wrong(WRONG_ANSWER, functions[how & 3], regs.x[0], 0);
}
