/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit_pci.h - between the parts of the back end that serve PCI functions: emit_pci*.c, emit_smmu.c,
 * emit_dma.c, emit_its.c.
 */
#ifndef BULKHEAD_EMIT_PCI_H
#define BULKHEAD_EMIT_PCI_H

#include "../blueprint/pci.h"
#include "layout.h"
#include "pci.h"

#define ITS_CONTROL_SIZE UINT64_C(0x10000)

/* emit_pci.c: what follows from the plan alone. */
void pci_begin(struct layout *layout);
/* Function `number` of a cell; the host of the cell's functions, NULL: it has none. */
const struct pci_function *cell_function(const struct plan *plan, size_t cell, size_t number);
const struct pci_host *cell_host(const struct plan *plan, size_t cell);
/* The PCI tables of a cell's record, from `at` on; returns where they end. */
uint64_t pci_tables_place(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t at);
/* Fills them; windows from `cursor` on. */
void pci_fill(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t *cursor);
void steps_fill(struct layout *layout, struct bp_pci_step *steps, uint64_t *cursor);

/* emit_dma.c: what the functions of a cell see of the machine. False after a diagnostic. */
bool dma_build(struct layout *layout, size_t cell);
/* Has it a function behind an IOMMU? */
bool cell_has_streams(const struct plan *plan, size_t cell);

/* emit_smmu.c: which IOMMUs are used; stream tables; the records of boot core and service core. */
void smmu_begin(struct layout *layout);
void smmu_build(struct layout *layout);
size_t smmu_count(const struct layout *layout);
/* The cells' streams, by IOMMU (as in board.smmus) and number, into `streams` if not NULL. Returns how many.
 */
size_t streams_list(const struct plan *plan, struct bp_stream *streams);
void smmus_fill(const struct layout *layout, struct bp_smmu *records, uint64_t *cursor);
uint64_t smmu_service_size(const struct layout *layout);
void smmu_service_fill(const struct layout *layout, struct bp_service *service, uint64_t at, uint64_t va);
/* The SPI by which a cell makes the service core look at its streams; 0: it has none. */
uint32_t dma_intid(const struct layout *layout, size_t cell);
/* A stream's entry; the IOMMU by board.smmus. */
uint64_t smmu_ste_pa(const struct layout *layout, size_t number, uint32_t sid);

/* emit_its.c: who has LPIs, false after a diagnostic; tables from `end` on, which moves; commands; the boot
 * core's records. */
bool its_begin(struct layout *layout);
void its_place(struct layout *layout, uint64_t *end);
void its_build(struct layout *layout);
size_t its_count(const struct layout *layout);
void itss_fill(const struct layout *layout, struct bp_its *records, uint64_t *cursor);
size_t lpi_core_count(const struct layout *layout);
void lpi_cores_fill(const struct layout *layout, const struct bp_header *header, struct bp_lpi_core *records);
/* The page that the cell's functions write messages to: of the ITS's translater; size 0: they have none. */
struct range cell_message_page(const struct plan *plan, size_t cell);

/* emit_pci_config.c: what the cell sees of one of its functions, in out->registers and on. */
void function_describe(const struct plan *plan, size_t cell, const struct cell_function *own,
		       struct function_layout *out);

/* emit_ivshmem.c: a cell's channels that it sees as PCI functions, one after the other. */
struct shown {
	const struct plan_channel *channel;
	uint32_t device; /* from 0, among those */
	uint32_t index;	 /* in the cell's record */
	bool met;	 /* index counts */
};
/* The next one, from {0} on; false: there is none. */
bool shown_next(const struct plan *plan, size_t cell, struct shown *shown);
static inline uint32_t shown_rid(const struct shown *shown)
{
	return BP_PCI_CHANNELS | (shown->device + 1) << 3;
}
/* Bytes of their registers' tables in the record; fills these, from `at` on, and the functions behind the
 * cell's own. */
uint64_t shown_size(const struct plan *plan, size_t cell);
void shown_fill(const struct plan *plan, size_t cell, struct bp_cell *record, uint64_t at);
/* The pages that are emulated for them: one each, and their bus. Returns how many. */
size_t shown_pages(const struct plan *plan, size_t cell, struct bp_mmio *pages);

/* emit_pci_steps.c: what the boot core compares and programs, with `va` still the offset of the register in
 * the function's configuration space, and `rid` whose. Into layout->steps. */
void steps_list(struct layout *layout);

/* The word of a BAR in configuration space, `number` from 0 to 5; and what it reads as when it was written
 * ones. */
uint32_t bar_word(const struct pci_bar *bars, unsigned int number);
uint32_t bar_sized(const struct pci_bar *bars, unsigned int number);

/* Physical address of the function's configuration space. */
uint64_t function_config_pa(const struct board *board, const struct pci_function *function);

#endif
