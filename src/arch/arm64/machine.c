/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - desired equals realized: is this the machine that the blueprint was built for?
 *
 * Layout must be equal, capabilities at least what was assumed. Every difference is named; with one, no
 * cell starts. [impl->swr~machine-compared~1]
 */
#include "boot.h"
#include "../../platform/iommu/smmuv3.h"
#include "console.h"
#include "gic.h"
#include "its.h"
#include "mmio_io.h"
#include "psci.h"
#include "sysreg.h"

#define UART EL2_VA_UART

static u32 differs(const char *what, u64 wanted, u64 found)
{
	say(UART, "bulkhead: machine differs: ");
	say(UART, what);
	say(UART, ": configured ");
	say_hex(UART, wanted);
	say(UART, ", found ");
	say_hex(UART, found);
	say(UART, "\n");
	return 1;
}

COLD static u32 equal(const char *what, u64 wanted, u64 found)
{
	return found == wanted ? 0 : differs(what, wanted, found);
}

COLD static u32 at_least(const char *what, u64 wanted, u64 found)
{
	return found >= wanted ? 0 : differs(what, wanted, found);
}

static u32 compare_cpu(const struct bp_machine *machine)
{
	static const u8 bits_by_parange[16] = {32, 36, 40, 42, 44, 48, 52, 56};
	const u64 mmfr0 = sysreg_read(id_aa64mmfr0_el1);
	const u32 pa_bits = bits_by_parange[field(mmfr0, 0, 4)];
	u32 differences;

	differences = at_least("timer frequency in CNTFRQ_EL0, which firmware must set", 1,
			       sysreg_read(cntfrq_el0));
	differences += at_least("physical address bits", machine->pa_bits, pa_bits);
	/* TGran4_2: 0 follows TGran4 (0: supported), 2 and above: supported. */
	if (field(mmfr0, 28, 4) == 15 || field(mmfr0, 40, 4) == 1)
		differences += differs("4 KiB translation granule", 1, 0);
	return differences;
}

static const struct bp_boot_core *boot_core(const struct bp_header *bp, u32 i)
{
	return (const struct bp_boot_core *)((const u8 *)bp + bp->cores.offset) + i;
}

static bool core_known(const struct bp_header *bp, u64 mpidr)
{
	for (u32 i = 0; i < bp->cores.count; i++)
		if (boot_core(bp, i)->mpidr == mpidr)
			return true;
	return false;
}

/* Redistributors are there whether or not their cores are on, so they tell which cores exist. */
static u32 compare_cores(const struct bp_header *bp)
{
	const struct bp_gicr_region *region =
		(const struct bp_gicr_region *)((const u8 *)bp + bp->machine.gicrs.offset);
	u32 differences = 0, cores = 0;

	for (u32 r = 0; r < bp->machine.gicrs.count; r++, region++) {
		u32 frames = 0;
		bool last = false;

		for (va_t va = region->va; !last && va + GICR_STRIDE <= region->va + region->size;
		     va += GICR_STRIDE) {
			const struct guarded low = guarded_read32(va + GICR_TYPER);
			const struct guarded high = guarded_read32(va + GICR_TYPER + 4);

			if (!low.good || !high.good)
				break;
			last = low.value & GICR_TYPER_LAST;
			frames++;
			cores++;
			if (!core_known(bp, gicr_affinity(high.value)))
				differences += differs("a core that the board's tree lacks, affinity", 0,
						       gicr_affinity(high.value));
		}
		differences += equal("number of redistributor frames", region->frames, frames);
	}
	return differences + equal("number of cores", bp->cores.count, cores);
}

static u32 compare_gic(const struct bp_header *bp)
{
	const struct bp_machine *machine = &bp->machine;
	const struct guarded pidr2 = guarded_read32(EL2_VA_GICD + GICD_PIDR2);
	u32 differences, typer;

	if (field(sysreg_read(id_aa64pfr0_el1), 24, 4) == 0 || !pidr2.good || field(pidr2.value, 4, 4) < 3)
		return differs("interrupt controller: GIC architecture version", 3,
			       pidr2.good ? field(pidr2.value, 4, 4) : 2);
	typer = mmio_read32(EL2_VA_GICD + GICD_TYPER);
	differences = at_least("number of SPIs", machine->spi_count, 32 * field(typer, 0, 5));
	differences += at_least("GIC interrupt ID bits", machine->gic_id_bits, field(typer, 19, 5) + 1);
	sysreg_write(ICC_SRE_EL2, ICC_SRE_EL2_VALUE);
	isb();
	differences += at_least("GIC list registers", machine->list_registers,
				field(sysreg_read(ICH_VTR_EL2), 0, 5) + 1);
	return differences + compare_cores(bp);
}

static u32 compare_memory(const struct bp_header *bp)
{
	const struct bp_probe *probe = (const struct bp_probe *)((const u8 *)bp + bp->machine.probes.offset);
	u32 differences = 0;

	for (u32 i = 0; i < bp->machine.probes.count; i++, probe++) {
		if (!guarded_read32(probe->first_va).good)
			differences += differs("RAM: no memory at", probe->bank_pa, 0);
		if (!guarded_read32(probe->last_va).good)
			differences += differs("RAM size: no memory at the bank's last page",
					       probe->bank_pa + probe->bank_size - BP_PAGE_SIZE, 0);
	}
	return differences;
}

static u32 compare_smmu(const struct bp_machine *machine)
{
	struct guarded idr0;

	if (machine->smmu_va == 0)
		return 0;
	idr0 = guarded_read32(machine->smmu_va);
	if (!idr0.good)
		return differs("no SMMU at", machine->smmu_pa, 0);
	return equal("SMMU_IDR0, under the board's mask", machine->smmu_idr0 & machine->smmu_idr0_mask,
		     idr0.value & machine->smmu_idr0_mask);
}

static u32 compare_smmus(const struct bp_header *bp)
{
	const struct bp_smmu *smmu = (const struct bp_smmu *)((const u8 *)bp + bp->smmus.offset);
	u32 differences = 0;

	for (u32 i = 0; i < bp->smmus.count; i++, smmu++) {
		if (!guarded_read32(smmu->va + SMMU_IDR0).good) {
			differences += differs("no SMMU at", smmu->pa, 0);
			continue;
		}
		differences += equal("SMMU_IDR0, under the board's mask", smmu->idr0 & smmu->idr0_mask,
				     mmio_read32(smmu->va + SMMU_IDR0) & smmu->idr0_mask);
		differences += equal("SMMU_IDR1, under the board's mask", smmu->idr1 & smmu->idr1_mask,
				     mmio_read32(smmu->va + SMMU_IDR1) & smmu->idr1_mask);
		differences += equal("SMMU_IDR5, under the board's mask", smmu->idr5 & smmu->idr5_mask,
				     mmio_read32(smmu->va + SMMU_IDR5) & smmu->idr5_mask);
	}
	return differences;
}

static u32 compare_its(const struct bp_its *its)
{
	u32 differences;

	if (!guarded_read32(its->va + GITS_TYPER).good)
		return differs("no ITS at", its->pa, 0);
	differences = equal("GITS_TYPER, under the board's mask", its->typer & its->typer_mask,
			    mmio_read64(its->va + GITS_TYPER) & its->typer_mask);
	for (u32 n = 0; n < ARRAY_SIZE(its->baser_kind); n++)
		differences += equal("kind of an ITS table, GITS_BASER", its->baser_kind[n] & BP_BASER_KIND,
				     mmio_read64(its->va + GITS_BASER + 8 * n) & BP_BASER_KIND);
	return differences;
}

static u32 compare_msis(const struct bp_header *bp)
{
	const struct bp_its *const its = (const struct bp_its *)((const u8 *)bp + bp->itss.offset);
	const struct bp_lpi_core *const core =
		(const struct bp_lpi_core *)((const u8 *)bp + bp->lpi_cores.offset);
	u32 differences = 0;

	for (u32 i = 0; i < bp->itss.count; i++)
		differences += compare_its(&its[i]);
	for (u32 i = 0; i < bp->lpi_cores.count; i++) {
		const struct guarded found = guarded_read32(core[i].gicr_va + GICR_TYPER);
		const u32 typer = found.good ? found.value : 0;

		differences += equal("LPIs at a redistributor", 1, typer & GICR_TYPER_PLPIS);
		differences += equal("processor number of a redistributor that is to take LPIs",
				     core[i].processor, field(typer, 8, 16));
	}
	return differences;
}

/* What nobody has stated can't be compared: it was guessed from a device tree. The auditor names the bits.
 * [impl->swr~assumed-facts-refused~1] */
static u32 compare_assumed(const struct bp_machine *machine)
{
	return equal("facts assumed in machine.dts (bulkhead audit names them), to be stated",
		     machine->assumed, 0);
}

void machine_compare(const struct bp_header *bp)
{
	u32 differences = compare_assumed(&bp->machine);

	differences += compare_cpu(&bp->machine);
	differences += compare_gic(bp);
	differences += compare_memory(bp);
	differences += compare_smmu(&bp->machine);
	differences += compare_smmus(bp);
	differences += compare_msis(bp);
	if (differences == 0)
		return;
	say(UART, "bulkhead: this is not the machine that the image was built for: use the board's "
		  "description of this one and build again\nbulkhead: halted, no cell was started\n");
	boot_over(UART);
}
