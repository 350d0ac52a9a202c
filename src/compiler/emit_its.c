// SPDX-License-Identifier: Apache-2.0
/*
 * emit_its.c - message-signalled interrupts: the commands that the boot core gives each ITS once, and the
 * memory that ITSs and redistributors need.
 *
 * Every message of a cell's function that names one of the cell's SPIs has an LPI of its own, taken by the
 * cell's first core; no other message has any. Encodings: Arm IHI 0069, 5.3 (commands), 12.11 (GICR), 12.19
 * (GITS). Called by layout.c, emit_header.c.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "emit_pci.h"

#define LPI_FIRST	  8192u
#define LPI_BITS_LEAST	  14u
#define LPI_PRIORITY	  0xa0u
#define LPI_ON		  0x03u /* bit 1 is RES1 */
#define LPI_OFF		  0x02u

#define COMMAND_SIZE	  UINT64_C(32)
#define COMMAND_SYNC	  UINT64_C(0x05)
#define COMMAND_MAPD	  UINT64_C(0x08)
#define COMMAND_MAPC	  UINT64_C(0x09)
#define COMMAND_MAPTI	  UINT64_C(0x0a)
#define COMMAND_INVALL	  UINT64_C(0x0d)
#define COMMAND_VALID	  (UINT64_C(1) << 63)
#define PROCESSOR_AT	  16

#define QUEUE_MOST	  (UINT64_C(256) * BP_PAGE_SIZE)
#define TABLE_ALIGN	  UINT64_C(0x10000)
#define ITT_ALIGN	  BP_PAGE_SIZE /* 256 bytes would do */

#define TYPER_ITT_SIZE(v) (((v) >> 4 & 0xf) + 1)
#define TYPER_BY_ADDRESS  (UINT64_C(1) << 19) /* PTA */

#define KIND_OF(kind)	  ((kind) >> 56 & 7)
#define KIND_DEVICES	  1u
#define KIND_COLLECTIONS  4u
#define ENTRY_SIZE(kind)  (((kind) >> 48 & 0x1f) + 1)
#define BASER_VALID	  (UINT64_C(1) << 63)
#define BASER_WBWA	  (UINT64_C(7) << 59) /* InnerCache; OuterCache 0: the same */
#define BASER_INNER	  (UINT64_C(1) << 10)
#define BASER_PAGE_64K	  (UINT64_C(2) << 8)
#define BASER_PAGES_MOST  UINT64_C(256)
#define GICR_WBWA	  (UINT64_C(7) << 7)
#define GICR_INNER	  (UINT64_C(1) << 10)
#define PENDING_ZERO	  (UINT64_C(1) << 62)

/* ---- who has LPIs ---- */

static bool sends_messages(const struct plan *plan, size_t cell, size_t number)
{
	const struct pci_function *const function = cell_function(plan, cell, number);

	return plan->cells[cell].msi_count && !plan->cells[cell].functions[number].ghost &&
	       function->its != PCI_NONE && (function->msi.capability || function->msix.capability);
}

struct range cell_message_page(const struct plan *plan, size_t cell)
{
	for (size_t i = 0; i < plan->cells[cell].function_count; i++)
		if (sends_messages(plan, cell, i))
			return its_messages(&plan->board.itss[cell_function(plan, cell, i)->its]);
	return (struct range){0, 0};
}

static bool cell_uses(const struct layout *layout, size_t cell, size_t its)
{
	for (size_t i = 0; i < layout->plan->cells[cell].function_count; i++)
		if (layout->cells[cell].functions[i].messages &&
		    cell_function(layout->plan, cell, i)->its == its)
			return true;
	return false;
}

/* MAPC, INVALL and SYNC a cell; MAPD a function, with a MAPTI an SPI. */
static uint64_t commands_count(const struct layout *layout, size_t its)
{
	const struct plan *const plan = layout->plan;
	uint64_t count = 0;

	for (size_t i = 0; i < plan->cell_count; i++) {
		if (cell_uses(layout, i, its))
			count += 3;
		for (size_t j = 0; j < plan->cells[i].function_count; j++)
			if (layout->cells[i].functions[j].messages && cell_function(plan, i, j)->its == its)
				count += 1 + plan->cells[i].msi_count;
	}
	return count;
}

/* ---- sizes ---- */

static uint64_t table_size(const struct layout *layout, size_t its, uint64_t kind)
{
	const struct plan *const plan = layout->plan;
	uint64_t highest = 0;

	if (KIND_OF(kind) == KIND_COLLECTIONS)
		return align_up(plan->cell_count * ENTRY_SIZE(kind), BP_PAGE_SIZE);
	if (KIND_OF(kind) != KIND_DEVICES)
		return 0;
	for (size_t i = 0; i < plan->board.pci.count; i++)
		if (plan->board.pci.at[i].its == its && plan->board.pci.at[i].device_id > highest)
			highest = plan->board.pci.at[i].device_id;
	return align_up((highest + 1) * ENTRY_SIZE(kind), BP_PAGE_SIZE);
}

static void itss_size(struct layout *layout)
{
	const struct board *const board = &layout->plan->board;

	for (size_t i = 0; i < board->its_count; i++) {
		struct its_layout *const its = &layout->itss[i];

		its->commands = commands_count(layout, i) * COMMAND_SIZE;
		/* A queue that is full reads as empty. */
		its->queue_size = align_up(its->commands + COMMAND_SIZE, BP_PAGE_SIZE);
		for (unsigned int j = 0; its->commands && j < ITS_BASERS; j++) {
			const uint64_t size = table_size(layout, i, board->its_kinds[j]);

			its->table_size[j] =
				size > BASER_PAGES_MOST * BP_PAGE_SIZE ? align_up(size, TABLE_ALIGN) : size;
		}
	}
}

bool its_begin(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	uint32_t next = LPI_FIRST;

	layout->itss = memory_new(plan->board.its_count, sizeof(*layout->itss));
	for (size_t i = 0; i < plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		for (size_t j = 0; j < plan->cells[i].function_count; j++) {
			cell->functions[j].messages = sends_messages(plan, i, j);
			cell->lpis += cell->functions[j].messages ? plan->cells[i].msi_count : 0;
		}
		cell->lpi_first = cell->lpis ? next : 0;
		next += cell->lpis;
	}
	if (next == LPI_FIRST)
		return true;
	for (layout->lpi_bits = LPI_BITS_LEAST; (next - 1) >> layout->lpi_bits;)
		layout->lpi_bits++;
	itss_size(layout);
	for (size_t i = 0; i < plan->board.its_count; i++)
		if (layout->itss[i].queue_size > QUEUE_MOST) {
			diag_error(file_place(plan->file),
				   "the functions' messages need %" PRIu64
				   " commands of the ITS %s, its queue holds %" PRIu64
				   ": give the cells fewer 'msis'",
				   layout->itss[i].commands / COMMAND_SIZE, plan->board.itss[i].path,
				   QUEUE_MOST / COMMAND_SIZE - 1);
			return false;
		}
	return true;
}

/* ---- memory ---- */

/* An EventID is an SPI's INTID: as many bits as the cell's highest needs. */
static uint32_t event_bits(const struct plan_cell *cell)
{
	uint32_t bits = 1;

	while ((cell->msi_first + cell->msi_count - 1) >> bits)
		bits++;
	return bits;
}

static uint64_t place(uint64_t *end, uint64_t size, uint64_t alignment)
{
	const uint64_t pa = align_up(*end, alignment);

	*end = pa + align_up(size, BP_PAGE_SIZE);
	return pa;
}

void its_place(struct layout *layout, uint64_t *end)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->board.its_count; i++)
		for (unsigned int j = 0; j < ITS_BASERS; j++)
			if (layout->itss[i].table_size[j])
				layout->itss[i].table_pa[j] =
					place(end, layout->itss[i].table_size[j], TABLE_ALIGN);
	for (size_t i = 0; i < plan->cell_count; i++) {
		uint64_t itt_size;

		if (!layout->cells[i].lpis)
			continue;
		itt_size = TYPER_ITT_SIZE(plan->board.its_typer.value) << event_bits(&plan->cells[i]);
		layout->cells[i].pending_pa = place(end, (UINT64_C(1) << layout->lpi_bits) / 8, TABLE_ALIGN);
		for (size_t j = 0; j < plan->cells[i].function_count; j++)
			if (layout->cells[i].functions[j].messages)
				layout->cells[i].functions[j].itt_pa = place(end, itt_size, ITT_ALIGN);
	}
}

/* ---- commands ---- */

struct queue {
	struct layout *layout;
	uint64_t *next;
	size_t its;
};

static void command(struct queue *queue, uint64_t word0, uint64_t word1, uint64_t word2)
{
	queue->next[0] = word0;
	queue->next[1] = word1;
	queue->next[2] = word2;
	queue->next += COMMAND_SIZE / sizeof(uint64_t);
}

static uint32_t first_core(const struct layout *layout, size_t cell)
{
	return layout->plan->cells[cell].cores[0];
}

static uint32_t processor_of(const struct board *board, uint32_t core)
{
	return board->processors ? board->processors[core] : core;
}

/* RDbase, bits 50:16: the redistributor's address, or its processor number. */
static uint64_t target(const struct queue *queue, size_t cell)
{
	const struct board *const board = &queue->layout->plan->board;
	const uint32_t core = first_core(queue->layout, cell);

	return board->its_typer.value & TYPER_BY_ADDRESS
		       ? queue->layout->cores[core].gicr_pa
		       : (uint64_t)processor_of(board, core) << PROCESSOR_AT;
}

static void map_functions(struct queue *queue, size_t cell)
{
	const struct plan *const plan = queue->layout->plan;
	const struct plan_cell *const own = &plan->cells[cell];
	uint32_t lpi = queue->layout->cells[cell].lpi_first;

	for (size_t i = 0; i < own->function_count; i++) {
		const struct function_layout *const out = &queue->layout->cells[cell].functions[i];
		const uint64_t device = (uint64_t)cell_function(plan, cell, i)->device_id << 32;

		if (!out->messages)
			continue;
		if (cell_function(plan, cell, i)->its != queue->its) {
			lpi += own->msi_count;
			continue;
		}
		command(queue, COMMAND_MAPD | device, event_bits(own) - 1, COMMAND_VALID | out->itt_pa);
		for (uint32_t j = 0; j < own->msi_count; j++)
			command(queue, COMMAND_MAPTI | device, (uint64_t)lpi++ << 32 | (own->msi_first + j),
				cell);
	}
}

/* [impl->swr~compile-its~1] */
static void commands_fill(struct layout *layout, size_t its)
{
	struct queue queue = {layout, arena_at(&layout->file, layout->itss[its].queue_pa), its};
	const size_t cells = layout->plan->cell_count;

	for (size_t i = 0; i < cells; i++)
		if (cell_uses(layout, i, its))
			command(&queue, COMMAND_MAPC, 0, COMMAND_VALID | target(&queue, i) | i);
	for (size_t i = 0; i < cells; i++)
		map_functions(&queue, i);
	for (size_t i = 0; i < cells; i++)
		if (cell_uses(layout, i, its))
			command(&queue, COMMAND_INVALL, 0, i);
	for (size_t i = 0; i < cells; i++)
		if (cell_uses(layout, i, its))
			command(&queue, COMMAND_SYNC, 0, target(&queue, i));
}

void its_build(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const uint64_t lpis = layout->lpi_bits ? (UINT64_C(1) << layout->lpi_bits) - LPI_FIRST : 0;
	uint8_t *table;

	if (!lpis)
		return;
	for (size_t i = 0; i < plan->board.its_count; i++) {
		if (!layout->itss[i].commands)
			continue;
		layout->itss[i].queue_pa = arena_take(&layout->file, layout->itss[i].queue_size, TABLE_ALIGN);
		commands_fill(layout, i);
	}
	layout->lpi_table_pa = arena_take(&layout->file, lpis, BP_PAGE_SIZE);
	table = arena_at(&layout->file, layout->lpi_table_pa);
	memset(table, LPI_PRIORITY | LPI_OFF, lpis);
	for (size_t i = 0; i < plan->cell_count; i++)
		memset(table + (layout->cells[i].lpis ? layout->cells[i].lpi_first - LPI_FIRST : 0),
		       LPI_PRIORITY | LPI_ON, layout->cells[i].lpis);
}

/* ---- records ---- */

size_t its_count(const struct layout *layout)
{
	size_t count = 0;

	for (size_t i = 0; layout->lpi_bits && i < layout->plan->board.its_count; i++)
		count += layout->itss[i].commands != 0;
	return count;
}

static uint64_t baser(const struct its_layout *its, unsigned int number, uint64_t kind)
{
	const uint64_t size = its->table_size[number];
	const bool large = size > BASER_PAGES_MOST * BP_PAGE_SIZE;

	if (!size)
		return 0;
	return BASER_VALID | BASER_WBWA | (kind & BP_BASER_KIND) | its->table_pa[number] | BASER_INNER |
	       (large ? BASER_PAGE_64K : 0) | (size / (large ? TABLE_ALIGN : BP_PAGE_SIZE) - 1);
}

void itss_fill(const struct layout *layout, struct bp_its *records, uint64_t *cursor)
{
	const struct board *const board = &layout->plan->board;

	for (size_t i = 0; layout->lpi_bits && i < board->its_count; i++) {
		const struct its_layout *const its = &layout->itss[i];

		if (!its->commands)
			continue;
		*records = (struct bp_its){
			.pa = board->itss[i].regs.base,
			.va = el2_window(cursor, board->itss[i].regs.base, ITS_CONTROL_SIZE),
			.typer = board->its_typer.value,
			.typer_mask = board->its_typer.mask,
			.cbaser = BASER_VALID | BASER_WBWA | its->queue_pa | BASER_INNER |
				  (its->queue_size / BP_PAGE_SIZE - 1),
			.commands = its->commands,
		};
		for (unsigned int j = 0; j < ITS_BASERS; j++) {
			records->baser[j] = baser(its, j, board->its_kinds[j]);
			records->baser_kind[j] = board->its_kinds[j] & BP_BASER_KIND;
		}
		records++;
	}
}

size_t lpi_core_count(const struct layout *layout)
{
	size_t count = 0;

	for (size_t i = 0; i < layout->plan->cell_count; i++)
		count += layout->cells[i].lpis != 0;
	return count;
}

/* A redistributor lies in the window of its region. */
static uint64_t gicr_va(const struct layout *layout, const struct bp_header *header, uint32_t core)
{
	const struct bp_gicr_region *region =
		(const struct bp_gicr_region *)((const uint8_t *)header + header->machine.gicrs.offset);

	while (layout->cores[core].gicr_pa - region->pa >= region->size)
		region++;
	return region->va + (layout->cores[core].gicr_pa - region->pa);
}

void lpi_cores_fill(const struct layout *layout, const struct bp_header *header, struct bp_lpi_core *records)
{
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		const uint32_t core = first_core(layout, i);

		if (layout->cells[i].lpis)
			*records++ = (struct bp_lpi_core){
				.gicr_va = gicr_va(layout, header, core),
				.propbaser = layout->lpi_table_pa | GICR_WBWA | GICR_INNER |
					     (layout->lpi_bits - 1),
				.pendbaser =
					layout->cells[i].pending_pa | GICR_WBWA | GICR_INNER | PENDING_ZERO,
				.processor = processor_of(&layout->plan->board, core),
				.core = core,
			};
	}
}
