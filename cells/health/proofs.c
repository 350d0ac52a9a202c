// SPDX-License-Identifier: Apache-2.0
/*
 * proofs.c - what is provoked, and how (proofs.h).
 *
 * Stage 2: a read of another cell's RAM, by the address that the directory names. Where it isn't refused,
 * what was read is dropped. The IOMMU: this cell's NIC reads the same by DMA. The watchdog of EL2's own
 * proves itself by its first interrupt, which EL2 waits for.
 */
#include "proofs.h"

#include <inttypes.h>

#include "console.h"
#include "hypercall_call.h"
#include "mmu.h"
#include "names.h"
#include "timer.h"

#define WATCHDOG_LOOKS 8u		   /* of EL2 in its time-out: src/core/watchdog.c */
#define DMA_NS	       UINT64_C(50000000)  /* until a DMA is given up */
#define SPARE_NS       UINT64_C(100000000) /* until its interrupt is given up */
#define PAGE	       UINT64_C(4096)

static const struct machine *proven_of;
static uint64_t patience_ends; /* ticks */
static uint64_t told;	       /* telemetry_core.proofs */
static bool any_told, straying;
static uint64_t dma_ends; /* ticks */

/*
 * Announces the read and makes it, if the announcement was taken: EL2 goes past the one instruction that it
 * was told of. HYPERCALL_OK or another HYPERCALL_*.
 */
static int64_t read_refused(uint64_t ipa)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_PROVE;
	register uint64_t x1 __asm__("x1") = PROOF_STAGE2;
	register uint64_t x2 __asm__("x2") = ipa;
	register uint64_t x3 __asm__("x3");

	__asm__ volatile("adr	%[at], 1f\n"
			 "	hvc	#0\n"
			 "	cbnz	x0, 2f\n"
			 "1:	ldr	wzr, [%[ipa]]\n"
			 "2:"
			 : "+&r"(x0), "+&r"(x1), "+&r"(x2), [at] "=&r"(x3)
			 : [ipa] "r"(ipa)
			 : "x4", "memory", "cc");
	return (int64_t)x0;
}

/* [impl->swr~health-proofs~1] */
void proofs_start(const struct machine *machine, const struct watchdog_counters *watchdog)
{
	const volatile struct telemetry_core *const service = machine_service(machine);
	const uint64_t ipa = machine->directory->proof_ipa;

	proven_of = machine;
	patience_ends =
		timer_now() + timer_from_ns(watchdog->el2_ns / WATCHDOG_LOOKS + SPARE_NS, machine->hz);
	if (!service || service->proofs & PROOF_TRIED(PROOF_STAGE2) || !ipa ||
	    !mmu_map(ipa, PAGE, MMU_DEVICE))
		return;
	if (read_refused(ipa) == HYPERCALL_OK)
		hypercall(HYPERCALL_PROVE, PROOF_STAGE2, 0, 0, 0);
	mmu_unmap(ipa);
}

static bool open(uint64_t proofs, uint32_t proof)
{
	return proofs & PROOF_TRIED(proof) && !(proofs & (PROOF_PROVEN(proof) | PROOF_FAILED(proof)));
}

static bool any_open(uint64_t proofs)
{
	for (uint32_t i = 0; i < PROOF_COUNT; i++)
		if (open(proofs, i))
			return true;
	return false;
}

bool proofs_dma_wanted(uint64_t *address)
{
	const volatile struct telemetry_core *const service = machine_service(proven_of);

	*address = proven_of->directory->proof_ipa;
	return service && *address && !(service->proofs & PROOF_TRIED(PROOF_SMMU));
}

/* [impl->swr~health-proofs~1] */
bool proofs_dma_begin(void)
{
	straying =
		hypercall(HYPERCALL_PROVE, PROOF_SMMU, proven_of->directory->proof_ipa, 0, 0) == HYPERCALL_OK;
	dma_ends = timer_now() + timer_from_ns(DMA_NS, proven_of->hz);
	return straying;
}

bool proofs_dma_is_over(void)
{
	return !open(machine_service(proven_of)->proofs, PROOF_SMMU) || timer_now() >= dma_ends;
}

void proofs_dma_end(void)
{
	if (straying)
		hypercall(HYPERCALL_PROVE, PROOF_SMMU, 0, 0, 0);
	straying = false;
}

void proofs_poll(const struct machine *machine, uint64_t now)
{
	const volatile struct telemetry_core *const service = machine_service(machine);

	if (!service || straying || (any_told && service->proofs == told) ||
	    (any_open(service->proofs) && now < patience_ends))
		return;
	for (uint32_t i = 0; i < PROOF_COUNT; i++)
		if (open(service->proofs, i))
			hypercall(HYPERCALL_PROVE, i, 0, 0, 0);
	any_told = true;
	told = service->proofs;
	say("health: protection: stage2=%s smmu=%s watchdog=%s", name_proof_state(told, PROOF_STAGE2),
	    name_proof_state(told, PROOF_SMMU), name_proof_state(told, PROOF_WATCHDOG));
}
