/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traps.c - every exit of a guest: the hot paths first, then from exception class to handler to outcome.
 */
#include "../../core/faults.h"
#include "../../core/hypercalls.h"
#include "../../core/mmio.h"
#include "../../core/proofs.h"
#include "exits.h"
#include "gic.h"
#include "guest.h"
#include "mmio_io.h"
#include "psci.h"
#include "sysregs.h"
#include "vgic.h"

#define ESR_EC_OF(esr)	((u32)field(esr, 26, 6))
#define EC_HVC64	0x16
#define EC_SMC64	0x17
#define EC_SYSREG	0x18
#define EC_DATA_ABORT	0x24
#define ABORT_ISV	BIT(24)
#define ABORT_SAS(esr)	((u32)field(esr, 22, 2))
#define ABORT_SSE	BIT(21)
#define ABORT_SRT(esr)	((u32)field(esr, 16, 5))
#define ABORT_SF	BIT(15)
#define ABORT_WNR	BIT(6)
#define ABORT_S1PTW	BIT(7)
#define ABORT_CM	BIT(8)
#define ABORT_FNV	BIT(10)
#define ABORT_FSC(esr)	((u32)field(esr, 2, 4)) /* without the level */
#define FSC_TRANSLATION 1u
/* A load or store of a word that was not translated, its syndrome whole: what drivers do to registers. */
#define ABORT_WORD_MASK                                                                                      \
	(ABORT_ISV | (UINT64_C(3) << 22) | ABORT_SSE | ABORT_FNV | ABORT_CM | ABORT_S1PTW |                  \
	 (UINT64_C(15) << 2))
#define ABORT_WORD (ABORT_ISV | UINT64_C(2) << 22 | FSC_TRANSLATION << 2)

typedef enum outcome (*exit_handler)(struct exit *exit, u64 esr);

static COLD struct fault fault_here(u64 esr, ipa_t ipa)
{
	return (struct fault){.esr = esr,
			      .elr = sysreg_read(elr_el2),
			      .spsr = sysreg_read(spsr_el2),
			      .far = sysreg_read(far_el2),
			      .ipa = ipa};
}

static COLD enum outcome forbidden(struct exit *exit, u64 esr, ipa_t ipa)
{
	const struct fault fault = fault_here(esr, ipa);

	return fault_raise(exit, BP_ERROR_FORBIDDEN_ACCESS, &fault);
}

static COLD enum outcome violation(struct exit *exit, u64 esr, ipa_t ipa)
{
	const struct fault fault = fault_here(esr, ipa);

	return fault_raise(exit, BP_ERROR_MEMORY_VIOLATION, &fault);
}

/* The cell's memory is gone because somebody wants the cell at rest. [impl->swr~revoked-rests~1] */
static enum outcome revoked(const struct exit *exit)
{
	return exit->whole ? OUTCOME_REST : OUTCOME_WHOLE;
}

static COLD u64 extend(u64 value, u64 esr, u32 size)
{
	const unsigned int bits = 8 * size;

	if (size < 8) {
		value &= MASK(bits);
		if ((esr & ABORT_SSE) && (value & BIT(bits - 1)))
			value |= ~MASK(bits);
	}
	return esr & ABORT_SF ? value : (u32)value;
}

static enum exit_reason emulate(struct access *access, u32 kind)
{
	switch (kind) {
	case BP_MMIO_GICD:
		gicd_access(access);
		return EXIT_GICD;
	case BP_MMIO_GICR:
		gicr_access(access);
		return EXIT_GICR;
	case BP_MMIO_PCI:
		pci_config_access(access);
		return EXIT_PCI;
	case BP_MMIO_V2M: /* drivers read its identification alone, and take 0 [impl->swr~message-frame~1] */
		access->value = 0;
		return EXIT_PCI;
	case BP_MMIO_IVSHMEM:
		ivshmem_access(access);
		return EXIT_PCI;
	default:
		vuart_access(access);
		return EXIT_UART;
	}
}

/* [impl->swr~emulated-pages~1] */
static COLD enum outcome emulated_access(struct exit *exit, u64 esr, ipa_t ipa, const struct bp_mmio *mmio)
{
	const u32 size = 1u << ABORT_SAS(esr), srt = ABORT_SRT(esr);
	struct access access = {
		.offset = ipa - mmio->ipa, .arg = mmio->arg, .size = (u8)size, .write = esr & ABORT_WNR};

	if (!(esr & ABORT_ISV) || (access.offset & (size - 1)))
		return forbidden(exit, esr, ipa);
	if (!exit_has(exit, srt))
		return OUTCOME_WHOLE;
	/* The guest's, which a guarded access would take. */
	if (mmio->kind == BP_MMIO_PCI && serror_pending())
		return OUTCOME_SAME;
	if (access.write)
		access.value = exit_register(exit, srt) & (size < 8 ? MASK(8 * size) : ~UINT64_C(0));
	exit->reason = emulate(&access, mmio->kind);
	if (!access.write)
		exit_register_set(exit, srt, extend(access.value, esr, size));
	return OUTCOME_NEXT;
}

/* HPFAR_EL2 is valid for translation faults and faults on a stage-1 walk (Arm ARM D17.2.66). */
static ipa_t fault_ipa(void)
{
	return (sysreg_read(hpfar_el2) & MASK(40) << 4) << 8 | (sysreg_read(far_el2) & MASK(12));
}

static ipa_t abort_ipa(u64 esr)
{
	if (ABORT_FSC(esr) != FSC_TRANSLATION && !(esr & ABORT_S1PTW))
		return 0;
	return fault_ipa();
}

/* An emulated page is none of stage 2's, revoked or not: its access is served, and the next fetch faults. */
static COLD enum outcome data_abort(struct exit *exit, u64 esr)
{
	const ipa_t ipa = abort_ipa(esr);
	const struct bp_mmio *mmio = NULL;

	if (ABORT_FSC(esr) == FSC_TRANSLATION && !(esr & ABORT_S1PTW))
		mmio = mmio_find(ipa);
	if (mmio)
		return emulated_access(exit, esr, ipa, mmio);
	if (arch_stage2_revoked())
		return revoked(exit);
	if ((esr & (ABORT_WORD_MASK | ABORT_WNR)) == ABORT_WORD && proof_read(ipa, sysreg_read(elr_el2)))
		return OUTCOME_NEXT;
	return violation(exit, esr, ipa);
}

static COLD enum outcome instruction_abort(struct exit *exit, u64 esr)
{
	if (arch_stage2_revoked())
		return revoked(exit);
	return violation(exit, esr, abort_ipa(esr));
}

static enum outcome hvc(struct exit *exit, u64 esr)
{
	(void)esr;
	return smccc_call(exit, OUTCOME_SAME);
}

static enum outcome smc(struct exit *exit, u64 esr)
{
	(void)esr;
	return smccc_call(exit, OUTCOME_NEXT);
}

static enum outcome undefined(struct exit *exit, u64 esr)
{
	(void)exit;
	(void)esr;
	return OUTCOME_UNDEFINED;
}

/* Rows of the exception classes a guest can cause (Arm ARM D17.2.37); the rest are never taken to EL2 with
 * the controls that start.c writes, and cost the guest an Undefined exception if they are. */
static const exit_handler handlers[64] = {
	[0x00 ... 0x15] = undefined,
	[EC_HVC64] = hvc,
	[EC_SMC64] = smc,
	[EC_SYSREG] = sysreg_trap,
	[0x19 ... 0x1f] = undefined,
	[0x20] = instruction_abort,
	[0x21 ... 0x23] = undefined,
	[EC_DATA_ABORT] = data_abort,
	[0x25 ... 0x3f] = undefined,
};

static enum exit_reason reason_of(u32 class)
{
	switch (class) {
	case EC_HVC64:
		return EXIT_HVC;
	case EC_SMC64:
		return EXIT_SMC;
	case EC_SYSREG:
		return EXIT_SYSREG;
	case 0x20:
	case EC_DATA_ABORT:
		return EXIT_ABORT;
	default:
		return EXIT_OTHER;
	}
}

/* The next instruction of a Thumb IT block, whose state lies in two pieces, takes its turn: ITAdvance() in
 * the Arm ARM's shared pseudocode. A32 has no such state: it is 0. [impl->swr~emulated-pages~1] */
COLD void exit_skip_aarch32(u64 esr, u64 spsr)
{
	const u64 bytes = 2 + 2 * field(esr, 25, 1); /* IL (Arm ARM D17.2.37) */
	const u64 it = field(spsr, 10, 6) << 2 | field(spsr, 25, 2);
	const u64 next = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;

	sysreg_write(elr_el2, sysreg_read(elr_el2) + bytes);
	sysreg_write(spsr_el2, (spsr & ~SPSR_IT) | (next >> 2) << 10 | (next & 3) << 25);
}

static COLD void outcome_apply(struct exit *exit, enum outcome outcome, u64 esr)
{
	switch (outcome) {
	case OUTCOME_SAME:
	case OUTCOME_WHOLE:
		break;
	case OUTCOME_NEXT:
		exit_skip_access(esr);
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
	case OUTCOME_OFF:
		core_off(exit);
		break;
	}
}

static COLD u32 exit_general(struct exit *exit, u64 esr, u64 start)
{
	enum outcome outcome;

	exit->reason = reason_of(ESR_EC_OF(esr));
	outcome = handlers[ESR_EC_OF(esr)](exit, esr);
	if (outcome == OUTCOME_WHOLE)
		return EXIT_AGAIN;
	exit_count(exit->reason);
	outcome_apply(exit, outcome, esr);
	/* Time at rest is the cell's own doing, not the cost of an exit. */
	if (outcome != OUTCOME_REST && outcome != OUTCOME_OFF)
		exit_time(start);
	return EXIT_DONE;
}

COLD u32 exit_done_rare(u64 start, enum exit_reason reason)
{
	return exit_done(start, reason);
}

static inline u32 exit_doorbell(struct exit *exit, u64 start)
{
	struct doorbell rung;

	exit->x[0] = (u64)hypercall_doorbell(exit->x[1], start, &rung);
	if (unlikely(rung.count == 0))
		return exit_done_rare(start, EXIT_HVC);
	dmb(oshst); /* what the guest wrote before is seen by whom it wakes */
	do
		gic_bell_ring(*rung.bells++);
	while (--rung.count);
	return exit_done(start, EXIT_HVC);
}

/* Tested one by one, the most frequent first. */
u32 exit_synchronous(struct exit *exit)
{
	const u64 start = sysreg_read(cntvct_el0);
	const u64 esr = sysreg_read(esr_el2);
	const u32 class = ESR_EC_OF(esr);

	if (class == EC_HVC64) {
		if ((u32)exit->x[0] == HYPERCALL_DOORBELL)
			return exit_doorbell(exit, start);
		if (smccc_constant((u32)exit->x[0], &exit->x[0]))
			return exit_done(start, EXIT_HVC);
	} else if (class == EC_SMC64) {
		if (smccc_constant((u32)exit->x[0], &exit->x[0])) {
			exit_skip();
			return exit_done(start, EXIT_SMC);
		}
	} else if (class == EC_DATA_ABORT) {
		if ((esr & ABORT_WORD_MASK) == ABORT_WORD && exit_hot(ABORT_SRT(esr))) {
			const u64 offset = fault_ipa() - gicd_ipa;

			if (offset < GICD_SIZE && !(offset & 3))
				return exit_gicd_word(exit, esr, start, (u32)offset);
		}
	} else if (class == EC_SYSREG) {
		const u32 rt = ISS_RT(esr);

		if (sysreg_is_sgi(esr) && exit_hot(rt))
			return exit_sgi(exit->x[rt], start);
	}
	return exit_general(exit, esr, start);
}

/* An SError while the guest runs is its doing, or its device's. [impl->swr~serror-attributed~1] */
COLD void exit_serror(struct exit *exit)
{
	const u64 esr = sysreg_read(esr_el2);
	const struct fault fault = fault_here(esr, 0);

	exit_count(EXIT_SERROR);
	if (fault_raise(exit, BP_ERROR_SERROR, &fault) == OUTCOME_REST)
		core_rest(exit);
}

/* Group 0 is firmware's, or off: nothing here may acknowledge it. */
COLD void exit_fiq(struct exit *exit)
{
	(void)exit;
	exit_count(EXIT_OTHER);
}
