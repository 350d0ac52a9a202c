/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - the boot as a story: check, compare, silence, start the others.
 */
#include "boot.h"
#include "../../blueprint/image.h"
#include "../../core/crash.h"
#include "../../core/sha256.h"
#include "../../platform/iommu/smmuv3.h"
#include "../../platform/pci/steps.h"
#include "console.h"
#include "gate.h"
#include "gic.h"
#include "its.h"
#include "psci.h"
#include "sysreg.h"

extern const struct hv_header hv_header;

/* How long a core may take from CPU_ON to EL2, firmware's own work included. */
#define ARRIVAL_NS UINT64_C(10000000000)

/* The end of a line that says what is wrong, and of this core. */
static _Noreturn void boot_end(va_t uart, const char *why)
{
	say(uart, why);
	say(uart, "\nbulkhead: halted, no cell was started\n");
	boot_over(uart);
}

static _Noreturn void boot_refuse(va_t uart, const char *why)
{
	say(uart, "bulkhead: ");
	boot_end(uart, why);
}

static void refuse_if_moved(va_t uart, pa_t image)
{
	if (hv_header.load_pa == image)
		return;
	say(uart, "bulkhead: loaded at ");
	say_hex(uart, image);
	say(uart, ", the image was built for ");
	say_hex(uart, hv_header.load_pa);
	boot_end(uart, ": load it there (FIT: bootm)");
}

static bool digest_good(const struct bp_header *bp)
{
	static const u8 zeroes[SHA256_BYTES];
	const u64 after = offsetof(struct bp_header, digest) + SHA256_BYTES;
	struct sha256 sha;
	u8 digest[SHA256_BYTES];

	sha256_start(&sha);
	sha256_add(&sha, bp, offsetof(struct bp_header, digest));
	sha256_add(&sha, zeroes, SHA256_BYTES);
	sha256_add(&sha, (const u8 *)bp + after, bp->size - after);
	sha256_end(&sha, digest);
	return digest_equal(digest, bp->digest);
}

/* [impl->swr~blueprint-checked~1] */
void boot_check(u64 current_el, pa_t image)
{
	const struct bp_header *bp = &blueprint_start;
	const va_t uart = hv_header.console.kind == HV_CONSOLE_PL011 ? hv_header.console.pa : 0;

	if (current_el != 2 << 2) {
		say(uart, "bulkhead: started at EL");
		say_number(uart, current_el >> 2);
		boot_end(uart, ", needs EL2: let the loader start it there");
	}
	refuse_if_moved(uart, image);
	if (bp->magic != BLUEPRINT_MAGIC || bp->abi != BLUEPRINT_ABI ||
	    bp->header_size != sizeof(struct bp_header))
		boot_refuse(uart,
			    "no blueprint of this hypervisor's version behind the image: build it again");
	if (bp->load_pa != image || bp->size < sizeof(struct bp_header) || bp->size > UINT64_C(1) << 32 ||
	    !digest_good(bp))
		boot_refuse(uart,
			    "the blueprint's SHA-256 does not match: the image is damaged, flash it again");
}

static void writable_memory_clear(const struct bp_header *bp)
{
	arch_zero(bp->writable_va, bp->writable_size);
	arch_cache_clean_invalidate(bp->writable_va, bp->writable_size);
}

static const void *boot_table(const struct bp_header *bp, const struct bp_table *table)
{
	return (const u8 *)bp + table->offset;
}

static const struct bp_boot_core *boot_cores(const struct bp_header *bp)
{
	return boot_table(bp, &bp->cores);
}

static const struct bp_smmu *boot_smmus(const struct bp_header *bp)
{
	return boot_table(bp, &bp->smmus);
}

static void smmus_abort(const struct bp_header *bp)
{
	bool good = bp->machine.smmu_va == 0 || smmu_abort_all(bp->machine.smmu_va);

	for (u32 i = 0; i < bp->smmus.count; i++)
		good = smmu_abort_all(boot_smmus(bp)[i].va) && good;
	if (!good)
		boot_refuse(EL2_VA_UART, "the SMMU does not go into its abort state");
}

/* Its queues are in the writable memory, zeroed by now. */
static void smmus_start(const struct bp_header *bp)
{
	const struct bp_smmu *smmu = boot_smmus(bp);

	for (u32 i = 0; i < bp->smmus.count; i++, smmu++) {
		const pa_t queue = smmu->cmdq_base & (MASK(52) & ~MASK(5));

		if (smmu->strtab_base && !smmu_start(smmu, bp->writable_va + (queue - bp->writable_pa)))
			boot_refuse(EL2_VA_UART, "the SMMU does not take its stream table");
	}
}

static void pci_start(const struct bp_header *bp)
{
	if (!pci_steps_play(boot_table(bp, &bp->pci_steps), bp->pci_steps.count))
		boot_refuse(EL2_VA_UART, "use the PCI inventory of this machine and build again");
}

static _Noreturn void core_refuse(u32 core, const char *why)
{
	say(EL2_VA_UART, "bulkhead: core ");
	say_number(EL2_VA_UART, core);
	boot_end(EL2_VA_UART, why);
}

/* Redistributors may sleep until their core has come, and an ITS speaks to them. */
static void msis_start(const struct bp_header *bp)
{
	const struct bp_lpi_core *const cores = boot_table(bp, &bp->lpi_cores);
	const struct bp_its *const itss = boot_table(bp, &bp->itss);

	for (u32 i = 0; i < bp->lpi_cores.count; i++)
		if (!gic_lpis_start(&cores[i]))
			core_refuse(cores[i].core, "'s redistributor does not take the LPIs' tables");
	for (u32 i = 0; i < bp->itss.count; i++)
		if (!its_start(&itss[i]))
			boot_refuse(EL2_VA_UART, "an ITS does not take its tables or commands");
}

/* This core's index; halts where no cell owns it. */
static u32 own_index(const struct bp_header *bp)
{
	const struct bp_boot_core *core = boot_cores(bp);
	const u64 self = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;

	for (u32 i = 0; i < bp->cores.count; i++)
		if (core[i].mpidr == self && core[i].root_pa)
			return i;
	boot_refuse(EL2_VA_UART, "the boot core belongs to no cell");
}

static void gate_close(void)
{
	arch_zero((va_t)&boot_gate, sizeof(boot_gate));
	arch_publish();
}

/* Every other core that a cell owns. [impl->swr~cores-by-psci~1] */
static void others_start(const struct bp_header *bp, u32 own)
{
	const struct bp_boot_core *core = boot_cores(bp);
	const pa_t entry = bp->load_pa + hv_header.secondary_offset;

	for (u32 i = 0; i < bp->cores.count; i++)
		if (i != own && core[i].root_pa &&
		    firmware_call(PSCI_CPU_ON_64, core[i].mpidr, entry, i) != 0)
			core_refuse(i, " does not start: PSCI CPU_ON failed");
}

/* [impl->swr~boot-gate~1] */
static void others_gather(const struct bp_header *bp, u32 own)
{
	const u64 start = arch_time(), patience = arch_ns_to_ticks(ARRIVAL_NS);

	/* Whoever arrives sends an event; the stream of them wakes this core for one that doesn't. */
	sysreg_write(cnthctl_el2, CNTHCTL_EVENTS);
	for (u32 i = 0; i < bp->cores.count; i++) {
		if (i == own || boot_cores(bp)[i].root_pa == 0)
			continue;
		while (!boot_gate.arrived[i]) {
			if (arch_time() - start > patience)
				core_refuse(i, " was started, but does not arrive at EL2");
			wfe();
		}
	}
}

/* Cells start when all cores have come, or not at all. */
static void gate_open(void)
{
	arch_publish();
	boot_gate.open = 1;
	arch_publish();
	sev();
}

u64 boot_main(void)
{
	const struct bp_header *bp = &blueprint_start;
	u32 own;

	say(EL2_VA_UART, "bulkhead: starting ");
	say_number(EL2_VA_UART, bp->cell_count);
	say(EL2_VA_UART, " cells on board ");
	say(EL2_VA_UART, bp->machine.board);
	say(EL2_VA_UART, "\n");
	serrors_drain(); /* the loader's */
	machine_compare(bp);
	if (bp->crash_va)
		crash_gather(bp->crash_va, bp->cores.count);
	smmus_abort(bp);
	pci_start(bp);
	writable_memory_clear(bp);
	smmus_start(bp);
	gic_distributor_start(bp);
	own = own_index(bp);
	gate_close();
	others_start(bp, own);
	others_gather(bp, own);
	msis_start(bp);
	gate_open();
	return own;
}
