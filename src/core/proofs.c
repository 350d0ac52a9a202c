/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.c - see proofs.h. Each is announced once a boot, so nothing that comes later can pass for one.
 */
#include "proofs.h"
#include "../blueprint/hypercall.h"
#include "../blueprint/pci.h"
#include "core.h"
#include "events.h"
#include "service.h"

#define WINDOW_NS UINT64_C(1000000000) /* of a DMA */

static struct { /* ipa 0: nothing is */
	ipa_t ipa;
	u64 pc;	   /* of a read */
	u64 until; /* of a DMA: the page of `ipa` until then, by a function of this cell */
	enum proof proof;
} announced;

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

	announced.ipa = 0;
	if (!(t->proofs & PROOF_TRIED(proof)) || t->proofs & (PROOF_PROVEN(proof) | PROOF_FAILED(proof)))
		return;
	t->proofs |= PROOF_FAILED(proof);
	event_record(EVENT_PROOF, proof, false, 0, 0);
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
	if (telemetry()->proofs & PROOF_TRIED(proof))
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
	const bool is = announced.ipa && announced.proof == PROOF_STAGE2 && announced.ipa == ipa &&
			announced.pc == pc;

	announced.ipa = 0;
	if (is)
		proof_done(PROOF_STAGE2, ipa);
	return is;
}

/* [impl->swr~proof-smmu~1] */
bool proof_dma(u32 cell, u64 address)
{
	if (!announced.ipa || announced.proof != PROOF_SMMU || cell != this_cell->index ||
	    (announced.ipa ^ address) / BP_PAGE_SIZE || arch_time() > announced.until)
		return false;
	proof_done(PROOF_SMMU, address);
	return true;
}
