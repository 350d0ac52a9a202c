/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proofs.c - see proofs.h. Each is announced once a boot, so nothing that comes later can pass for one.
 */
#include "proofs.h"
#include "../blueprint/hypercall.h"
#include "core.h"
#include "events.h"
#include "service.h"

static struct { /* announced: all zero: nothing is */
	ipa_t ipa;
	u64 pc;
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

	announced.ipa = announced.pc = 0;
	if (!(t->proofs & PROOF_TRIED(proof)) || t->proofs & (PROOF_PROVEN(proof) | PROOF_FAILED(proof)))
		return;
	t->proofs |= PROOF_FAILED(proof);
	event_record(EVENT_PROOF, proof, false, 0, 0);
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
	if (proof != PROOF_STAGE2)
		return HYPERCALL_NOT_SUPPORTED;
	if (telemetry()->proofs & PROOF_TRIED(proof))
		return HYPERCALL_INVALID;
	proof_try((enum proof)proof);
	announced.ipa = address;
	announced.pc = pc;
	return HYPERCALL_OK;
}

/* [impl->swr~proof-stage2~1] */
bool proof_read(ipa_t ipa, u64 pc)
{
	const bool is = announced.ipa && announced.ipa == ipa && announced.pc == pc;

	announced.ipa = announced.pc = 0;
	if (is)
		proof_done(PROOF_STAGE2, ipa);
	return is;
}
