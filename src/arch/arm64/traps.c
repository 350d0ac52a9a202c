/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traps.c - every exit of a guest: from exception class to handler to outcome, and its accounting.
 */
#include "../../core/core.h"
#include "../../core/faults.h"
#include "../../core/mmio.h"
#include "exits.h"
#include "guest.h"
#include "psci.h"
#include "sysreg.h"
#include "sysregs.h"
#include "vgic.h"

#define ESR_EC_OF(esr)	((u32)field(esr, 26, 6))
#define ABORT_ISV	BIT(24)
#define ABORT_SAS(esr)	((u32)field(esr, 22, 2))
#define ABORT_SSE	BIT(21)
#define ABORT_SRT(esr)	((u32)field(esr, 16, 5))
#define ABORT_SF	BIT(15)
#define ABORT_WNR	BIT(6)
#define ABORT_S1PTW	BIT(7)
#define ABORT_CM	BIT(8)
#define ABORT_FSC(esr)	((u32)field(esr, 2, 4)) /* without the level */
#define FSC_TRANSLATION 1u
#define SPSR_AARCH32	BIT(4)
#define SPSR_BTYPE	(UINT64_C(3) << 10)

typedef enum outcome (*exit_handler)(struct exit *exit, u64 esr);

static struct fault fault_here(u64 esr, ipa_t ipa)
{
	return (struct fault){.esr = esr,
			      .elr = sysreg_read(elr_el2),
			      .spsr = sysreg_read(spsr_el2),
			      .far = sysreg_read(far_el2),
			      .ipa = ipa};
}

static enum outcome forbidden(struct exit *exit, u64 esr, ipa_t ipa)
{
	const struct fault fault = fault_here(esr, ipa);

	telemetry()->exits[EXIT_ABORT]++;
	return fault_raise(exit, BP_ERROR_FORBIDDEN_ACCESS, &fault);
}

static enum outcome violation(struct exit *exit, u64 esr, ipa_t ipa)
{
	const struct fault fault = fault_here(esr, ipa);

	telemetry()->exits[EXIT_ABORT]++;
	return fault_raise(exit, BP_ERROR_MEMORY_VIOLATION, &fault);
}

/* The cell's memory is gone because somebody wants the cell at rest. */
static enum outcome revoked(void)
{
	telemetry()->exits[EXIT_ABORT]++;
	return OUTCOME_REST;
}

static u64 register_read(const struct exit *exit, u32 n)
{
	return n == 31 ? 0 : exit->x[n];
}

static void register_write(struct exit *exit, u32 n, u64 value)
{
	if (n != 31)
		exit->x[n] = value;
}

static u64 extend(u64 value, u64 esr, u32 size)
{
	const unsigned int bits = 8 * size;

	if (size < 8)
		value &= MASK(bits);
	if ((esr & ABORT_SSE) && size < 8 && (value & BIT(bits - 1)))
		value |= ~MASK(bits);
	return esr & ABORT_SF ? value : (u32)value;
}

static void emulate(struct access *access, u32 kind)
{
	switch (kind) {
	case BP_MMIO_GICD:
		telemetry()->exits[EXIT_GICD]++;
		gicd_access(access);
		break;
	case BP_MMIO_GICR:
		telemetry()->exits[EXIT_GICR]++;
		gicr_access(access);
		break;
	default:
		telemetry()->exits[EXIT_UART]++;
		vuart_access(access);
		break;
	}
}

/* [impl->swr~emulated-pages~1] */
static enum outcome emulated_access(struct exit *exit, u64 esr, ipa_t ipa, const struct bp_mmio *mmio)
{
	const u32 size = 1u << ABORT_SAS(esr), srt = ABORT_SRT(esr);
	struct access access = {
		.offset = ipa - mmio->ipa, .arg = mmio->arg, .size = (u8)size, .write = esr & ABORT_WNR};

	if (!(esr & ABORT_ISV) || (access.offset & (size - 1)))
		return forbidden(exit, esr, ipa);
	if (access.write)
		access.value =
			size < 8 ? register_read(exit, srt) & MASK(8 * size) : register_read(exit, srt);
	emulate(&access, mmio->kind);
	if (!access.write)
		register_write(exit, srt, extend(access.value, esr, size));
	return OUTCOME_NEXT;
}

/* HPFAR_EL2 is valid for translation faults and faults on a stage-1 walk (Arm ARM D17.2.66). */
static ipa_t abort_ipa(u64 esr)
{
	if (ABORT_FSC(esr) != FSC_TRANSLATION && !(esr & ABORT_S1PTW))
		return 0;
	return field(sysreg_read(hpfar_el2), 4, 40) << 12 | (sysreg_read(far_el2) & MASK(12));
}

static enum outcome data_abort(struct exit *exit, u64 esr)
{
	const ipa_t ipa = abort_ipa(esr);
	const struct bp_mmio *mmio = NULL;

	if (ABORT_FSC(esr) == FSC_TRANSLATION && !(esr & ABORT_S1PTW))
		mmio = mmio_find(ipa);
	if (arch_stage2_revoked())
		return revoked();
	if (mmio)
		return emulated_access(exit, esr, ipa, mmio);
	return violation(exit, esr, ipa);
}

static enum outcome instruction_abort(struct exit *exit, u64 esr)
{
	if (arch_stage2_revoked())
		return revoked();
	return violation(exit, esr, abort_ipa(esr));
}

static enum outcome hvc(struct exit *exit, u64 esr)
{
	(void)esr;
	telemetry()->exits[EXIT_HVC]++;
	return smccc_call(exit, OUTCOME_SAME);
}

static enum outcome smc(struct exit *exit, u64 esr)
{
	(void)esr;
	telemetry()->exits[EXIT_SMC]++;
	return smccc_call(exit, OUTCOME_NEXT);
}

static enum outcome undefined(struct exit *exit, u64 esr)
{
	(void)exit;
	(void)esr;
	telemetry()->exits[EXIT_OTHER]++;
	return OUTCOME_UNDEFINED;
}

/* Rows of the exception classes a guest can cause (Arm ARM D17.2.37); the rest are never taken to EL2 with
 * the controls that start.c writes, and cost the guest an Undefined exception if they are. */
static const exit_handler handlers[64] = {
	[0x00] = undefined,	    [0x01] = undefined, [0x02] = undefined, [0x03] = undefined,
	[0x04] = undefined,	    [0x05] = undefined, [0x06] = undefined, [0x07] = undefined,
	[0x08] = undefined,	    [0x09] = undefined, [0x0a] = undefined, [0x0b] = undefined,
	[0x0c] = undefined,	    [0x0d] = undefined, [0x0e] = undefined, [0x0f] = undefined,
	[0x10] = undefined,	    [0x11] = undefined, [0x12] = hvc,	    [0x13] = smc,
	[0x14] = undefined,	    [0x15] = undefined, [0x16] = hvc,	    [0x17] = smc,
	[0x18] = sysreg_trap,	    [0x19] = undefined, [0x1a] = undefined, [0x1b] = undefined,
	[0x1c] = undefined,	    [0x1d] = undefined, [0x1e] = undefined, [0x1f] = undefined,
	[0x20] = instruction_abort, [0x21] = undefined, [0x22] = undefined, [0x23] = undefined,
	[0x24] = data_abort,	    [0x25] = undefined, [0x26] = undefined, [0x27] = undefined,
	[0x28] = undefined,	    [0x29] = undefined, [0x2a] = undefined, [0x2b] = undefined,
	[0x2c] = undefined,	    [0x2d] = undefined, [0x2e] = undefined, [0x2f] = undefined,
	[0x30] = undefined,	    [0x31] = undefined, [0x32] = undefined, [0x33] = undefined,
	[0x34] = undefined,	    [0x35] = undefined, [0x36] = undefined, [0x37] = undefined,
	[0x38] = undefined,	    [0x39] = undefined, [0x3a] = undefined, [0x3b] = undefined,
	[0x3c] = undefined,	    [0x3d] = undefined, [0x3e] = undefined, [0x3f] = undefined,
};

/* Past the instruction, as if it had been executed: PSTATE.BTYPE, which AArch64 alone has, is then 0. */
static void instruction_skip(u64 esr)
{
	const u64 spsr = sysreg_read(spsr_el2);

	sysreg_write(elr_el2, sysreg_read(elr_el2) + (esr & BIT(25) ? 4 : 2));
	if (!(spsr & SPSR_AARCH32))
		sysreg_write(spsr_el2, spsr & ~SPSR_BTYPE);
}

static void outcome_apply(struct exit *exit, enum outcome outcome, u64 esr)
{
	switch (outcome) {
	case OUTCOME_SAME:
	case OUTCOME_FRESH:
		break;
	case OUTCOME_NEXT:
		instruction_skip(esr);
		break;
	case OUTCOME_UNDEFINED:
		guest_undefined();
		break;
	case OUTCOME_ABORT:
		guest_abort(ESR_EC_OF(esr) == 0x20);
		break;
	case OUTCOME_REST:
		core_rest(exit);
		break;
	}
}

static void exit_account(u64 start)
{
	struct telemetry_core *t = telemetry();
	const u64 ticks = sysreg_read(cntvct_el0) - start;

	t->el2_ticks_sum += ticks;
	if (ticks > t->el2_ticks_max)
		t->el2_ticks_max = ticks;
	t->el2_histogram[ticks >> 32 ? 31 : 31 - __builtin_clz((u32)ticks | 1)]++;
}

void exit_synchronous(struct exit *exit)
{
	const u64 start = sysreg_read(cntvct_el0);
	const u64 esr = sysreg_read(esr_el2);
	enum outcome outcome;

	telemetry()->exits_total++;
	outcome = handlers[ESR_EC_OF(esr)](exit, esr);
	outcome_apply(exit, outcome, esr);
	/* Time at rest is the cell's own doing, not the cost of an exit. */
	if (outcome != OUTCOME_REST && outcome != OUTCOME_FRESH)
		exit_account(start);
}

void exit_interrupt(struct exit *exit)
{
	const u64 start = sysreg_read(cntvct_el0);

	(void)exit;
	telemetry()->exits_total++;
	telemetry()->exits[EXIT_IRQ]++;
	vgic_interrupt();
	exit_account(start);
}

/* An SError while the guest runs is its doing, or its device's. [impl->swr~serror-attributed~1] */
void exit_serror(struct exit *exit)
{
	const u64 esr = sysreg_read(esr_el2);
	const struct fault fault = fault_here(esr, 0);

	telemetry()->exits_total++;
	telemetry()->exits[EXIT_SERROR]++;
	if (fault_raise(exit, BP_ERROR_SERROR, &fault) == OUTCOME_REST)
		core_rest(exit);
}
