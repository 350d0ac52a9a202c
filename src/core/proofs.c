/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.c - see proofs.h. Each comes to its end once a boot, so nothing that comes later can pass for one.
 */
#include "proofs.h"
#include "../blueprint/hypercall.h"
#include "../blueprint/pci.h"
#include "core.h"
#include "events.h"
#include "service.h"

/* From the announcement; an emulator's cores and functions may be starved by its host. */
#define WINDOW_NS UINT64_C(1000000000)

static struct { /* ipa 0: nothing is */
	ipa_t ipa;
	u64 pc; /* of a read */
	u64 until;
	enum proof proof; /* of a DMA: anywhere in the page, by a function of this cell */
} announced;

static bool is_announced(enum proof proof)
{
	return announced.ipa && announced.proof == proof && arch_time() <= announced.until;
}

static bool is_open(u64 proofs, enum proof proof)
{
	return proofs & PROOF_TRIED(proof) && !(proofs & (PROOF_PROVEN(proof) | PROOF_FAILED(proof)));
}

void proof_try(enum proof proof)
{
	telemetry()->proofs |= PROOF_TRIED(proof);
}

void proof_done(enum proof proof, u64 address)
{
	struct telemetry_core *t = telemetry();

	if (t->proofs & PROOF_PROVEN(proof))
		return;
	t->proofs = (t->proofs & ~PROOF_FAILED(proof)) | PROOF_PROVEN(proof);
	event_record(EVENT_PROOF, proof, true, address, 0);
}

static void proof_end(enum proof proof)
{
	struct telemetry_core *t = telemetry();

	if (announced.proof == proof)
		announced.ipa = 0;
	if (!is_open(t->proofs, proof))
		return;
	t->proofs |= PROOF_FAILED(proof);
	event_record(EVENT_PROOF, proof, false, 0, 0);
}

void proof_withdraw(void)
{
	announced.ipa = 0;
}

void proof_renew(void)
{
	struct telemetry_core *t = telemetry();

	announced.ipa = 0;
	for (enum proof proof = PROOF_STAGE2; proof <= PROOF_SMMU; proof++)
		if (is_open(t->proofs, proof))
			t->proofs &= ~PROOF_TRIED(proof);
}

static bool has_streams(void)
{
	const struct bp_stream *const stream = service_table(&service()->streams);

	for (u32 i = 0; i < service()->streams.count; i++)
		if (stream[i].cell == this_cell->index)
			return true;
	return false;
}

/* [impl->swr~proof-announced~1] */
s64 proof_ask(u64 proof, u64 address, u64 pc)
{
	if (!service_core() || proof >= PROOF_COUNT)
		return HYPERCALL_INVALID;
	if (address == 0) {
		proof_end((enum proof)proof);
		return HYPERCALL_OK;
	}
	if (proof == PROOF_WATCHDOG || (proof == PROOF_SMMU && !has_streams()))
		return HYPERCALL_NOT_SUPPORTED;
	if (telemetry()->proofs & PROOF_TRIED(proof) || is_announced(PROOF_STAGE2) ||
	    is_announced(PROOF_SMMU) || (proof == PROOF_SMMU && address % BP_PAGE_SIZE))
		return HYPERCALL_INVALID;
	proof_try((enum proof)proof);
	announced.ipa = address;
	announced.pc = pc;
	announced.until = arch_time() + arch_ns_to_ticks(WINDOW_NS);
	announced.proof = (enum proof)proof;
	return HYPERCALL_OK;
}

/* [impl->swr~proof-stage2~1] */
bool proof_read(ipa_t ipa, u64 pc)
{
	if (!is_announced(PROOF_STAGE2) || announced.ipa != ipa || announced.pc != pc)
		return false;
	announced.ipa = 0;
	proof_done(PROOF_STAGE2, ipa);
	return true;
}

/* [impl->swr~proof-smmu~1] */
bool proof_dma(u32 cell, u64 address, u64 reason)
{
	if (!is_announced(PROOF_SMMU) || cell != this_cell->index ||
	    (announced.ipa ^ address) / BP_PAGE_SIZE || reason != (DMA_FAULT_READ | DMA_FAULT_TRANSLATION))
		return false;
	proof_done(PROOF_SMMU, address);
	return true;
}
