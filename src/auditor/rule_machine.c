// SPDX-License-Identifier: Apache-2.0
/*
 * rule_machine.c - what the hypervisor will demand of the machine, and the GIC frames it will emulate,
 * are what the board's tree and machine facts say.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define GICD_FRAME 0x10000u /* the registers (Arm IHI 0069); a board may set more aside */
#define GICR_FRAME 0x20000u
#define PCI_BUS	   0x100000u /* of configuration space */
#define MSI_PAGE   0x10000u  /* of GITS_TRANSLATER, from the ITS's base */

static void wrong(struct audit *audit, const char *what, uint64_t have, uint64_t due)
{
	violation(&audit->report, RULE_MACHINE, "bp_machine: %s is 0x%" PRIx64 ", the board says 0x%" PRIx64,
		  what, have, due);
}

static void numbers_check(struct audit *audit)
{
	const struct bp_machine *machine = &audit->header->machine;
	const struct board *board = &audit->board;
	const uint64_t smmu_pa = board->smmu && board->smmu->reg_count ? board->smmu->regs[0].base : 0;
	const uint64_t uart_pa =
		board->stdout_uart && board->stdout_uart->reg_count &&
				node_compatible(&board->tree, board->stdout_uart, "arm,pl011")
			? board->stdout_uart->regs[0].base
			: 0;
	const uint32_t lpi_bits = audit->lpi_core_count ? (audit->lpi_cores[0].propbaser & 0x1f) + 1 : 0;
	const struct {
		const char *name;
		uint64_t have, due;
	} rows[] = {
		{"pa_bits", machine->pa_bits, board->pa_bits},
		{"spi_count", machine->spi_count, board->spi_count},
		{"list_registers", machine->list_registers, board->list_registers},
		{"gic_id_bits", machine->gic_id_bits, lpi_bits > board->id_bits ? lpi_bits : board->id_bits},
		{"gicd_pa", machine->gicd_pa, board->gic->regs[0].base},
		{"smmu_pa", machine->smmu_pa, smmu_pa},
		{"smmu_idr0", machine->smmu_idr0, board->smmu_idr0},
		{"smmu_idr0_mask", machine->smmu_idr0_mask, board->smmu_idr0_mask},
		{"assumed", machine->assumed, board->assumed},
		{"crash_pa", audit->header->crash_pa, board->crash.base},
		{"bulkhead.bin's console", audit->hv.console.kind ? audit->hv.console.pa : 0, uart_pa},
		{"bulkhead.bin's kind of console", audit->hv.console.kind,
		 uart_pa ? HV_CONSOLE_PL011 : HV_CONSOLE_NONE}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].have != rows[i].due)
			wrong(audit, rows[i].name, rows[i].have, rows[i].due);
	}
}

static const void *header_table(struct audit *audit, struct bp_table table, size_t element, const char *name)
{
	if (table.offset % 8 || !within(table.offset, table.count * (uint64_t)element, audit->header->size)) {
		violation(&audit->report, RULE_RECORD, "bp_machine: table `%s` isn't inside the blueprint",
			  name);
		return NULL;
	}
	return audit->blueprint + table.offset;
}

static void regions_check(struct audit *audit)
{
	const struct bp_machine *machine = &audit->header->machine;
	const struct node *gic = audit->board.gic;
	const struct bp_gicr_region *gicrs = header_table(audit, machine->gicrs, sizeof(*gicrs), "gicrs");
	uint64_t frames = 0;
	uint32_t regions = 1;

	(void)node_u32(&audit->board.tree, gic, "#redistributor-regions", 0, &regions);
	for (uint32_t i = 0; gicrs && i < machine->gicrs.count; i++) {
		if (i + 1 >= gic->reg_count || gicrs[i].pa != gic->regs[i + 1].base ||
		    gicrs[i].size != gic->regs[i + 1].size)
			wrong(audit, "a redistributor region", gicrs[i].pa,
			      i + 1 < gic->reg_count ? gic->regs[i + 1].base : 0);
		frames += gicrs[i].frames;
	}
	if (gicrs && machine->gicrs.count != regions)
		wrong(audit, "number of redistributor regions", machine->gicrs.count, regions);
	if (gicrs && frames != audit->board.frames)
		wrong(audit, "number of redistributor frames", frames, audit->board.frames);
}

static void probes_check(struct audit *audit)
{
	const struct bp_machine *machine = &audit->header->machine;
	const struct bp_probe *probes = header_table(audit, machine->probes, sizeof(*probes), "probes");
	const struct spans *ram = &audit->board.ram;

	if (probes && machine->probes.count != ram->count)
		wrong(audit, "number of probes", machine->probes.count, ram->count);
	for (size_t b = 0; probes && b < ram->count; b++) {
		bool probed = false;

		for (uint32_t i = 0; i < machine->probes.count; i++)
			probed |= probes[i].bank_pa == ram->list[b].va &&
				  probes[i].bank_size == ram->list[b].size;
		if (!probed)
			wrong(audit, "no probe of a RAM bank", 0, ram->list[b].va);
	}
}

/* [impl->swr~audit-machine~1] */
void rule_machine(struct audit *audit)
{
	const struct node *root = &audit->board.machine.nodes[0];
	const char *board = node_string(&audit->board.machine, root, "board");

	numbers_check(audit);
	regions_check(audit);
	probes_check(audit);
	if (!board || strncmp(board, audit->header->machine.board, BP_NAME_MAX) != 0)
		violation(&audit->report, RULE_MACHINE, "bp_machine: its board isn't '%s'",
			  board ? board : "?");
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (cell->known && cell->record->maintenance_intid != audit->board.maintenance_intid)
			wrong(audit, "a cell's maintenance_intid", cell->record->maintenance_intid,
			      audit->board.maintenance_intid);
	}
}

/* A frame is the last of its region in the guest's tree when the cell doesn't own the next one. */
static bool frame_is_last(const struct audit *audit, const struct cell *cell, uint64_t frame)
{
	for (uint32_t i = 0; i < cell->record->cores.count; i++) {
		const uint32_t number = cell->cores[i].machine_core;

		if (number < audit->core_count && audit->cores[number].frame_pa == frame + GICR_FRAME)
			return false;
	}
	return true;
}

/* The cell's bus, where its host's first bus is; the frame for messages, where its ITS takes them. */
static bool function_page(const struct audit *audit, const struct cell *cell, const struct bp_mmio *mmio)
{
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; asked != CELL_NONE_ID && i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];

		if (function->owner != asked || function->host == PCI_NONE || mmio->arg)
			continue;
		if (mmio->kind == BP_MMIO_PCI && cell->record->pci.count && mmio->size == PCI_BUS &&
		    mmio->ipa == audit->pci.hosts[function->host].ecam.base)
			return true;
		if (mmio->kind == BP_MMIO_V2M && cell->record->lpis.count && mmio->size == BP_PAGE_SIZE &&
		    function->its && mmio->ipa == function->its->regs[0].base + MSI_PAGE)
			return true;
	}
	return false;
}

/* rule_presentation() judges it. */
static bool channel_page(const struct bp_mmio *mmio)
{
	return mmio->kind == BP_MMIO_IVSHMEM || (mmio->kind == BP_MMIO_PCI && mmio->arg == BP_PCI_CHANNELS);
}

static void frames_check(struct audit *audit, const struct cell *cell)
{
	uint32_t distributors = 0, frames = 0;

	for (uint32_t i = 0; i < cell->record->mmio.count; i++) {
		const struct bp_mmio *mmio = &cell->mmio[i];
		const uint32_t number = mmio->kind == BP_MMIO_GICR && mmio->arg < cell->record->cores.count
						? cell->cores[mmio->arg].machine_core
						: UINT32_MAX;

		if (mmio->kind == BP_MMIO_GICD) {
			distributors++;
			if (mmio->ipa != audit->board.gic->regs[0].base || mmio->size != GICD_FRAME)
				violation(&audit->report, RULE_GIC_FRAMES,
					  "%s: distributor emulated at IPA 0x%" PRIx64 ", 0x%" PRIx64
					  " bytes",
					  cell->who, mmio->ipa, mmio->size);
		} else if (mmio->kind == BP_MMIO_GICR) {
			frames++;
			if (number >= audit->core_count || mmio->ipa != audit->cores[number].frame_pa ||
			    mmio->size != GICR_FRAME)
				violation(&audit->report, RULE_GIC_FRAMES,
					  "%s: IPA 0x%" PRIx64 " isn't the redistributor of its core %u",
					  cell->who, mmio->ipa, mmio->arg);
		} else if (mmio->kind != BP_MMIO_PL011 && !channel_page(mmio) &&
			   !function_page(audit, cell, mmio)) {
			violation(&audit->report, RULE_GIC_FRAMES,
				  "%s: IPA 0x%" PRIx64 " is emulated as kind %u, which isn't there",
				  cell->who, mmio->ipa, mmio->kind);
		}
	}
	if (distributors != 1 || frames != cell->record->cores.count)
		violation(&audit->report, RULE_GIC_FRAMES,
			  "%s: %u distributors and %u redistributors emulated", cell->who, distributors,
			  frames);
	for (uint32_t i = 0; i < cell->record->cores.count; i++) {
		const uint32_t number = cell->cores[i].machine_core;

		if (number < audit->core_count &&
		    frame_is_last(audit, cell, audit->cores[number].frame_pa) != cell->cores[i].gicr_last)
			violation(&audit->report, RULE_GIC_FRAMES, "%s: gicr_last of core %u is wrong",
				  cell->who, i);
	}
}

/* [impl->swr~audit-gic-frames~1] */
void rule_gic_frames(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			frames_check(audit, &audit->cells[i]);
	}
}
