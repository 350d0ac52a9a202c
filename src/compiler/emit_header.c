// SPDX-License-Identifier: Apache-2.0
/*
 * emit_header.c - struct bp_header: what the boot core reads, with the machine that it must find.
 *
 * The *_va fields chosen here are the boot root's windows; emit_el2.c maps them. Called by layout.c.
 */
#include <stddef.h>
#include <string.h>

#include "digest.h"
#include "emit_interrupts.h"
#include "emit_pci.h"
#include "layout.h"

/* TCR_EL2 (Arm ARM D17.2.134), a regime with one VA range; bits 31 and 23 are RES1. */
#define TCR_T0SZ       (UINT64_C(64) - EL2_VA_BITS)
#define TCR_IRGN0_WBWA (UINT64_C(1) << 8)
#define TCR_ORGN0_WBWA (UINT64_C(1) << 10)
#define TCR_SH0_INNER  (UINT64_C(3) << 12)
#define TCR_PS_AT      16
#define TCR_RES1       (UINT64_C(1) << 31 | UINT64_C(1) << 23)

uint64_t header_size(const struct layout *layout)
{
	const struct board *const board = &layout->plan->board;

	return sizeof(struct bp_header) + board->core_count * sizeof(struct bp_boot_core) +
	       board->gicr.count * sizeof(struct bp_gicr_region) +
	       board->ram.count * sizeof(struct bp_probe) + smmu_count(layout) * sizeof(struct bp_smmu) +
	       its_count(layout) * sizeof(struct bp_its) +
	       lpi_core_count(layout) * sizeof(struct bp_lpi_core) +
	       layout->step_count * sizeof(struct bp_pci_step);
}

static void cores_fill(const struct layout *layout, struct bp_boot_core *cores)
{
	const struct board *const board = &layout->plan->board;

	for (size_t i = 0; i < board->core_count; i++)
		cores[i] = (struct bp_boot_core){.mpidr = board->mpidrs[i],
						 .root_pa = layout->cores[i].root_pa,
						 .cell = layout->cores[i].cell,
						 .core_in_cell = layout->cores[i].core_in_cell};
}

/* The machine has gicr_frames in all; they fill the regions in order, the last one maybe not whole. */
static void gicrs_fill(const struct board *board, struct bp_gicr_region *regions, uint64_t *cursor)
{
	uint32_t first = 0;

	for (size_t i = 0; i < board->gicr.count; i++) {
		const struct range *const region = &board->gicr.at[i];
		const uint64_t stride = board->gicr_stride ? board->gicr_stride : GICR_SIZE;
		const uint32_t left = board->gicr_frames > first ? board->gicr_frames - first : 0;
		const uint32_t room = (uint32_t)(region->size / stride);

		regions[i] = (struct bp_gicr_region){.pa = region->base,
						     .va = el2_window(cursor, region->base, region->size),
						     .size = region->size,
						     .first_core = first,
						     .frames = left < room ? left : room};
		first += regions[i].frames;
	}
}

static void probes_fill(const struct board *board, struct bp_probe *probes, uint64_t *cursor)
{
	for (size_t i = 0; i < board->ram.count; i++) {
		const struct range *const bank = &board->ram.at[i];

		probes[i] = (struct bp_probe){.bank_pa = bank->base, .bank_size = bank->size};
		probes[i].first_va = el2_window(cursor, bank->base, BP_PAGE_SIZE);
		probes[i].last_va = el2_window(cursor, bank->base + bank->size - BP_PAGE_SIZE, BP_PAGE_SIZE);
	}
}

static void machine_fill(const struct layout *layout, struct bp_header *header, uint64_t *cursor)
{
	const struct board *const board = &layout->plan->board;
	struct bp_machine *const machine = &header->machine;
	uint8_t *const base = (uint8_t *)header;

	strncpy(machine->board, board->name, sizeof(machine->board) - 1);
	machine->pa_bits = board->pa_bits;
	machine->spi_count = board->spi_count;
	machine->list_registers = board->list_registers;
	machine->gic_id_bits = board->gic_id_bits > layout->lpi_bits ? board->gic_id_bits : layout->lpi_bits;
	machine->gicd_pa = board->gicd.base;
	machine->assumed = board->assumed;
	if (board->smmu.size) {
		machine->smmu_pa = board->smmu.base;
		machine->smmu_va = el2_window(cursor, board->smmu.base, SMMU_PAGE_SIZE);
		machine->smmu_idr0 = board->smmu_idr0;
		machine->smmu_idr0_mask = board->smmu_idr0_mask;
	}
	machine->gicrs.offset =
		header->cores.offset + header->cores.count * (uint32_t)sizeof(struct bp_boot_core);
	machine->gicrs.count = (uint32_t)board->gicr.count;
	gicrs_fill(board, (struct bp_gicr_region *)(base + machine->gicrs.offset), cursor);
	machine->probes.offset =
		machine->gicrs.offset + machine->gicrs.count * (uint32_t)sizeof(struct bp_gicr_region);
	machine->probes.count = (uint32_t)board->ram.count;
	probes_fill(board, (struct bp_probe *)(base + machine->probes.offset), cursor);
}

static struct bp_table table_at(uint64_t *at, size_t count, size_t size)
{
	const struct bp_table table = {count ? (uint32_t)*at : 0, (uint32_t)count};

	*at += count * size;
	return table;
}

/* Behind the probes: what the boot core compares and programs for PCI functions. */
static void pci_header_fill(struct layout *layout, struct bp_header *header, uint64_t *cursor)
{
	uint8_t *const base = (uint8_t *)header;
	uint64_t at = header->machine.probes.offset + header->machine.probes.count * sizeof(struct bp_probe);

	header->smmus = table_at(&at, smmu_count(layout), sizeof(struct bp_smmu));
	header->itss = table_at(&at, its_count(layout), sizeof(struct bp_its));
	header->lpi_cores = table_at(&at, lpi_core_count(layout), sizeof(struct bp_lpi_core));
	header->pci_steps = table_at(&at, layout->step_count, sizeof(struct bp_pci_step));
	if (!layout->pci)
		return;
	smmus_fill(layout, (struct bp_smmu *)(base + header->smmus.offset), cursor);
	itss_fill(layout, (struct bp_its *)(base + header->itss.offset), cursor);
	lpi_cores_fill(layout, header, (struct bp_lpi_core *)(base + header->lpi_cores.offset));
	steps_fill(layout, (struct bp_pci_step *)(base + header->pci_steps.offset), cursor);
}

/* All but the roots' addresses, which header_finish() adds, and the digest. */
void header_fill(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	struct bp_header *const header = arena_at(&layout->file, layout->file.pa);
	uint64_t cursor = EL2_VA_CELL_RAM;

	*header = (struct bp_header){
		.magic = BLUEPRINT_MAGIC,
		.abi = BLUEPRINT_ABI,
		.header_size = sizeof(*header),
		.load_pa = layout->load_pa,
		.tcr_el2 = TCR_T0SZ | TCR_IRGN0_WBWA | TCR_ORGN0_WBWA | TCR_SH0_INNER |
			   (uint64_t)pa_range(plan->board.pa_bits) << TCR_PS_AT | TCR_RES1,
		.writable_pa = layout->writable_pa,
		.writable_size = layout->writable_size,
		.service_core = plan->service_core,
		.cell_count = (uint32_t)plan->cell_count,
		.cores = {sizeof(*header), (uint32_t)plan->board.core_count},
	};
	header->writable_va = el2_window(&cursor, layout->writable_pa, layout->writable_size);
	machine_fill(layout, header, &cursor);
	pci_header_fill(layout, header, &cursor);
	header->crash_pa = plan->board.crash.base;
	if (plan->board.crash.size)
		header->crash_va = el2_window(&cursor, header->crash_pa, crash_size(&plan->board));
	triggers_fill(layout, header->spi_edge);
	digest_of(plan->partitions.data, plan->partitions.size, header->config_digest);
}

void header_finish(struct layout *layout)
{
	struct bp_header *const header = arena_at(&layout->file, layout->file.pa);

	header->size = layout->file.size;
	header->boot_root_pa = layout->boot_root_pa;
	cores_fill(layout, (struct bp_boot_core *)((uint8_t *)header + header->cores.offset));
}

void header_seal(struct layout *layout)
{
	struct bp_header *const header = arena_at(&layout->file, layout->file.pa);
	uint8_t digest[DIGEST_SIZE];

	/* The field is still zero, as the digest's definition wants. */
	digest_of(layout->file.data, layout->file.size, digest);
	memcpy(header->digest, digest, sizeof(digest));
}
