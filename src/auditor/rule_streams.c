// SPDX-License-Identifier: Apache-2.0
/*
 * rule_streams.c - DMA: every StreamID that the SMMU can look up aborts, or is translated for the cell that
 * has its function, by a table that maps what that cell may have and no more.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define PAGE_REGION   0x10000u
#define MSI_PAGE      0x10000u /* of GITS_TRANSLATER, from the ITS's base: Arm IHI 0069, 12.19 */
#define COMMAND_BYTES 16u
#define EVENT_BYTES   32u

/* Words of an entry (Arm IHI 0070, 5.2). */
#define STE_STAGE2     UINT64_C(0xd)	   /* V, Config 0b110; all else of the word is stage 1's */
#define STE_1_AS_SENT  (UINT64_C(1) << 44) /* SHCFG: shareability as it comes */
#define STE_1_ADMITTED (UINT64_C(1) << 19) /* MEV: like faults are one event */
#define STE_2_VTCR     UINT64_C(0x0007ffff00000000)
#define STE_2_AA64     (UINT64_C(1) << 51)
#define STE_2_AFFD     (UINT64_C(1) << 53)
#define STE_2_PTW      (UINT64_C(1) << 54)
#define STE_2_RECORD   (UINT64_C(1) << 58)
#define STE_3_ADDRESS  UINT64_C(0x0000fffffffffff0)
#define VTCR_RES1      (UINT64_C(1) << 31)

/* Fields of identification registers that the tables rest on (6.3.1, 6.3.2, 6.3.6). */
#define IDR0_NEEDED 0x18000019u /* S2P, TTF of AArch64, COHACC; ST_LEVEL */
#define IDR1_NEEDED 0x6000003fu /* SIDSIZE; TABLES_PRESET, QUEUES_PRESET */
#define IDR5_NEEDED 0x00000017u /* OAS, GRAN4K */

struct stream_walk {
	struct audit *audit;
	const struct stream_table *table;
	size_t smmu;
};

static const char *who(const struct stream_walk *walk)
{
	return walk->table->node ? walk->table->node->path : "an SMMU that the board lacks";
}

static void wrong(const struct stream_walk *walk, const char *what, uint64_t value)
{
	violation(&walk->audit->report, RULE_STREAMS, "%s: %s (0x%" PRIx64 ")", who(walk), what, value);
}

/* ---- a DMA table ---- */

struct dma {
	struct audit *audit;
	const struct cell *cell;
};

static void dma_differs(void *context, enum span_difference kind, const struct span *expected,
			const struct span *actual)
{
	const struct dma *dma = context;
	char what[128];

	if (kind == SPAN_MISSING)
		violation(&dma->audit->report, RULE_DMA,
			  "%s: its functions don't reach IPA 0x%" PRIx64 " (0x%" PRIx64
			  " bytes), which is its",
			  dma->cell->who, expected->va, expected->size);
	else
		violation(&dma->audit->report, RULE_DMA,
			  "%s: its functions reach 0x%" PRIx64 " (0x%" PRIx64 " bytes) at IPA 0x%" PRIx64
			  " with %s%s, as memory of kind %u: %s",
			  dma->cell->who, actual->pa, actual->size, actual->va,
			  actual->attrs & ATTR_READ ? "r" : "", actual->attrs & ATTR_WRITE ? "w" : "",
			  (actual->attrs & ATTR_TYPE) >> 4,
			  place_describe(dma->audit, actual->pa, what, sizeof(what)));
}

static void dma_clash(void *context, const struct span *first, const struct span *second)
{
	const struct dma *dma = context;

	violation(&dma->audit->report, RULE_DMA,
		  "%s: IPA 0x%" PRIx64 " is to be two things for DMA, as is 0x%" PRIx64, dma->cell->who,
		  second->va, first->va);
}

static void dma_expected(const struct audit *audit, const struct cell *cell, struct spans *expected)
{
	const int asked = partition_number(audit, cell->asked);

	for (uint32_t i = 0; i < cell->record->regions.count; i++)
		region_spans(audit, cell, &cell->regions[i],
			     (struct span){.va = cell->regions[i].ipa,
					   .attrs = ATTR_READ | ATTR_WRITE | ATTR_NORMAL},
			     expected);
	for (uint32_t i = 0; i < cell->record->channels.count; i++) {
		const struct bp_channel *channel = &cell->channels[i];
		const struct place *place = place_at(audit, channel->pa);
		const uint32_t admitted = place && place->kind == PLACE_CHANNEL
						  ? place_admits(audit, place, cell_number(audit, cell))
						  : 0;

		if (admitted)
			spans_add(expected, (struct span){channel->ipa, channel->pa, page_up(channel->size),
							  admitted, 0});
	}
	/* Where its functions' messages go: to be written alone. */
	for (size_t i = 0; i < audit->board.tree.count; i++) {
		const struct node *its = &audit->board.tree.nodes[i];
		bool used = false;

		for (size_t f = 0; f < audit->pci.count; f++)
			used |= asked != CELL_NONE_ID && audit->pci.functions[f].owner == asked &&
				audit->pci.functions[f].its == its;
		if (used)
			spans_add(expected, (struct span){its->regs[0].base + MSI_PAGE,
							  its->regs[0].base + MSI_PAGE, BP_PAGE_SIZE,
							  ATTR_WRITE | ATTR_DEVICE |
								  (cell->record->lpis.count ? 0 : ATTR_MAY),
							  0});
	}
}

/* [impl->swr~audit-dma~1] */
static void dma_check(struct audit *audit, const struct cell *cell, const uint64_t ste[8])
{
	struct dma dma = {audit, cell};
	struct spans expected = {0}, found = {0};
	char name[BP_NAME_MAX + 24];
	struct walk walk = {.memory = &audit->tables,
			    .report = &audit->report,
			    .who = name,
			    .use = DMA_USE((uint32_t)cell_number(audit, cell))};

	(void)snprintf(name, sizeof(name), "%s's DMA table", cell->who);
	if (!stage2_regime(&walk, VTCR_RES1 | (ste[2] & STE_2_VTCR) >> 32, ste[3], audit->board.pa_bits))
		return;
	walk_tables(&walk, &found);
	for (size_t i = 0; i < found.count; i++)
		found.list[i].attrs &= ~ATTR_EXEC; /* no function fetches instructions for a core */
	dma_expected(audit, cell, &expected);
	spans_normalize(&expected, dma_clash, &dma);
	spans_compare(&expected, &found, dma_differs, &dma);
	spans_free(&expected);
	spans_free(&found);
}

/* ---- a stream table entry ---- */

/* [impl->swr~audit-streams~1] */
static void owned_check(const struct stream_walk *walk, uint64_t sid, const uint64_t ste[8], int owner)
{
	struct audit *audit = walk->audit;
	const struct cell *cell = &audit->cells[owner];
	const uint64_t admitted =
		STE_2_VTCR | UINT64_C(0xffff) | STE_2_AA64 | STE_2_AFFD | STE_2_PTW | STE_2_RECORD;
	const char *what = NULL;

	if (ste[0] != STE_STAGE2)
		what = "isn't stage 2 alone";
	else if ((ste[1] & ~STE_1_ADMITTED) != STE_1_AS_SENT)
		what = "overrides attributes, or admits ATS";
	else if ((ste[2] & 0xffff) != (uint64_t)owner + 1)
		what = "has another VMID than its cell";
	else if (!(ste[2] & STE_2_AA64) || !(ste[2] & STE_2_RECORD) || ste[2] & ~admitted)
		what = "isn't AArch64, recorded, little-endian, without stalls and updates by hardware";
	else if (ste[3] & ~STE_3_ADDRESS || ste[4] || ste[5] || ste[6] || ste[7])
		what = "has reserved bits";
	if (what)
		violation(&audit->report, RULE_STREAMS, "%s: StreamID 0x%" PRIx64 " of %s %s", who(walk), sid,
			  cell->who, what);
	else if (cell->known)
		dma_check(audit, cell, ste);
}

static void entry_check(struct stream_walk *walk, uint64_t sid)
{
	const uint64_t pa = stream_entry(walk->audit, walk->table, sid);
	const void *bytes = pa == PA_NONE ? NULL : blueprint_at(walk->audit, pa, 64);
	const int owner = stream_owner(walk->table, sid);
	uint64_t ste[8];

	if (!bytes) {
		wrong(walk, "a StreamID has no entry that can be walked to", sid);
		return;
	}
	memcpy(ste, bytes, sizeof(ste));
	if (owner != CELL_NONE_ID)
		owned_check(walk, sid, ste, owner);
	else if (ste[0] != BP_STE_ABORT)
		wrong(walk, "the entry of a StreamID that no cell has doesn't abort", sid);
}

/* ---- the SMMU ---- */

static bool queue_sound(const struct stream_walk *walk, uint64_t base, uint32_t bytes)
{
	const struct bp_header *header = walk->audit->header;
	const uint64_t size = (uint64_t)bytes << (base & 0x1f), pa = base & UINT64_C(0x000fffffffffffe0);
	const struct place *place = place_at(walk->audit, pa);

	return !(base & ~(UINT64_C(1) << 62 | UINT64_C(0x000fffffffffffff))) && size >= 2 * bytes &&
	       !(pa & (size - 1)) && pa >= header->writable_pa &&
	       within(pa - header->writable_pa, size, header->writable_size) && place &&
	       place->kind == PLACE_QUEUE;
}

static void registers_check(const struct stream_walk *walk)
{
	const struct bp_smmu *smmu = walk->table->smmu;
	static const unsigned int sizes[8] = {32, 36, 40, 42, 44, 48, 52, 56};
	const unsigned int level = smmu->idr0 >> 27 & 3, sid_bits = smmu->idr1 & 0x3f;

	if ((smmu->idr0_mask & IDR0_NEEDED) != IDR0_NEEDED ||
	    (smmu->idr1_mask & IDR1_NEEDED) != IDR1_NEEDED || (smmu->idr5_mask & IDR5_NEEDED) != IDR5_NEEDED)
		wrong(walk, "the boot doesn't compare what the tables rest on", smmu->pa);
	if (!(smmu->idr0 & 1) || !(smmu->idr0 & 8) || !(smmu->idr0 & 0x10) || !(smmu->idr5 & 0x10) ||
	    smmu->idr1 >> 29 & 3)
		wrong(walk,
		      "it has no stage 2 of AArch64's 4 KiB pages, no coherent walks, or tables of its own",
		      smmu->idr0);
	if (sizes[smmu->idr5 & 7] < walk->audit->board.pa_bits)
		wrong(walk, "its addresses are shorter than the board's", smmu->idr5);
	if (walk->table->split && level != 1)
		wrong(walk, "it has no two-level tables", smmu->idr0);
	if (walk->table->log2 > sid_bits)
		wrong(walk, "it has fewer StreamIDs than its table", sid_bits);
	if (smmu->strtab_base & ~(UINT64_C(1) << 62 | UINT64_C(0x000fffffffffffc0)))
		wrong(walk, "reserved bits in the stream table's address", smmu->strtab_base);
	if (!queue_sound(walk, smmu->cmdq_base, COMMAND_BYTES) ||
	    !queue_sound(walk, smmu->eventq_base, EVENT_BYTES))
		wrong(walk, "a queue isn't in the hypervisor's writable memory, aligned to its size, alone",
		      smmu->cmdq_base);
}

static void smmu_check(struct stream_walk *walk)
{
	const struct stream_table *table = walk->table;
	const struct bp_smmu *smmu = table->smmu;

	if (!table->node)
		wrong(walk, "no SMMU of the board is there", smmu->pa);
	for (size_t i = 0; i < walk->smmu; i++)
		if (walk->audit->smmus[i].pa == smmu->pa)
			wrong(walk, "it is listed twice", smmu->pa);
	if (!smmu->strtab_base) {
		if (table->named_count)
			wrong(walk, "it aborts all, but cells have streams there", table->named[0].sid);
		return;
	}
	registers_check(walk);
	if (!table->sound) {
		wrong(walk, "its stream table isn't one, or isn't in the blueprint", smmu->strtab_base);
		return;
	}
	for (size_t i = 0; i < table->named_count; i++)
		if (table->named[i].sid >> table->log2)
			wrong(walk, "a cell's StreamID is beyond its table", table->named[i].sid);
	for (uint64_t sid = 0; !(sid >> table->log2); sid++)
		entry_check(walk, sid);
}

/* Every SMMU of the board that could let a function through is listed. */
static void listed_check(struct audit *audit)
{
	for (size_t i = 0; i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];
		bool listed = false;

		for (size_t s = 0; s < audit->smmu_count; s++)
			listed |= audit->streams[s].node == function->smmu;
		if (function->owner != CELL_NONE_ID && function->smmu && !listed)
			violation(&audit->report, RULE_STREAMS, "%s: the SMMU in front of %s isn't set up",
				  function->smmu->path, function->name);
	}
}

static void reached_check(struct audit *audit, const struct cell *cell, const struct pci_function *function,
			  struct range range)
{
	const struct node *host = audit->pci.hosts[function->host].node;
	const uint64_t at = bus_unreached(&audit->board.tree, host, range, &range.base);

	if (at < end_of(range.base, range.size))
		violation(&audit->report, RULE_DMA,
			  "%s: %s doesn't reach IPA 0x%" PRIx64 ", which is its: by dma-ranges of %s",
			  cell->who, function->name, at, host->path);
}

/* What an SMMU gets to translate is what the host passes on, unchanged: by its dma-ranges a cell's RAM, and
 * where its messages go. [impl->swr~audit-pci-reach~1] */
static void reach_check(struct audit *audit, const struct cell *cell)
{
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];

		if (function->owner != asked || function->host == PCI_NONE || !function->smmu)
			continue;
		for (uint32_t r = 0; r < cell->record->regions.count; r++)
			reached_check(audit, cell, function,
				      (struct range){cell->regions[r].ipa, cell->regions[r].size});
		if (function->its && cell->record->lpis.count)
			reached_check(audit, cell, function,
				      (struct range){function->its->regs[0].base + MSI_PAGE, BP_PAGE_SIZE});
	}
}

/* [impl->swr~audit-streams~1] */
void rule_streams(struct audit *audit)
{
	struct stream_walk walk = {.audit = audit};

	for (; walk.smmu < audit->smmu_count; walk.smmu++) {
		walk.table = &audit->streams[walk.smmu];
		smmu_check(&walk);
	}
	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known && audit->cells[i].asked)
			reach_check(audit, &audit->cells[i]);
	listed_check(audit);
}

/* ---- what the service core has of it ---- */

static void service_wrong(struct audit *audit, const char *what, uint64_t value)
{
	violation(&audit->report, RULE_STREAM_LISTS, "bp_service: %s (0x%" PRIx64 ")", what, value);
}

static uint32_t named_interrupt(const struct audit *audit, const struct node *smmu, const char *name)
{
	int length = 0;
	const char *names = node_property(&audit->board.tree, smmu, "interrupt-names", &length);
	size_t index = 0;

	if (!names || !string_list(names, length))
		return 0;
	for (const char *text = NULL; (text = string_next(names, length, text)); index++)
		if (!strcmp(text, name) && index < smmu->irq_count)
			return smmu->irqs[index].intid;
	return 0;
}

static bool leads_to(const struct spans *map, uint64_t va, uint64_t size, uint64_t due)
{
	uint64_t pa = PA_NONE;

	return spans_translate(map, va, size, &pa) && pa == due;
}

static void service_smmu_check(struct audit *audit, const struct spans *map, size_t i)
{
	static const struct bp_service_smmu none;
	const struct bp_service_smmu *entry = &audit->service_smmus[i];
	const struct bp_smmu *smmu = &audit->smmus[i];
	const struct node *node = audit->streams[i].node;

	if (!smmu->strtab_base) {
		if (memcmp(entry, &none, sizeof(none)) != 0)
			service_wrong(audit, "an SMMU without streams has a row that isn't empty", i);
		return;
	}
	if (entry->cmdq_log2 != (smmu->cmdq_base & 0x1f) || entry->eventq_log2 != (smmu->eventq_base & 0x1f))
		service_wrong(audit, "a queue has another length than its register says", i);
	if (!leads_to(map, entry->page0_va, BP_PAGE_SIZE, smmu->pa) ||
	    !leads_to(map, entry->page1_va, BP_PAGE_SIZE, smmu->pa + PAGE_REGION) ||
	    !leads_to(map, entry->cmdq_va, BP_PAGE_SIZE, smmu->cmdq_base & UINT64_C(0x000fffffffffffe0)) ||
	    !leads_to(map, entry->eventq_va, BP_PAGE_SIZE, smmu->eventq_base & UINT64_C(0x000fffffffffffe0)))
		service_wrong(audit, "registers or a queue aren't where its record says", i);
	if (node && (!entry->event_intid || entry->event_intid != named_interrupt(audit, node, "eventq") ||
		     !entry->error_intid || entry->error_intid != named_interrupt(audit, node, "gerror")))
		service_wrong(audit, "the interrupts aren't the board's eventq and gerror",
			      entry->event_intid);
}

static bool stream_right(const struct audit *audit, const struct spans *map, const struct bp_stream *stream,
			 const struct named_stream *named, size_t smmu)
{
	const uint64_t pa = stream_entry(audit, &audit->streams[smmu], named->sid);
	const void *bytes = pa == PA_NONE ? NULL : blueprint_at(audit, pa, 64);

	return bytes && stream->smmu == smmu && stream->sid == named->sid &&
	       stream->cell == (uint32_t)named->cell && !memcmp(&stream->live, bytes, sizeof(stream->live)) &&
	       leads_to(map, stream->ste_va, 64, pa);
}

static bool has_streams(const struct audit *audit, int cell)
{
	for (size_t i = 0; i < audit->smmu_count; i++)
		for (size_t n = 0; n < audit->streams[i].named_count; n++)
			if (audit->streams[i].named[n].cell == cell)
				return true;
	return false;
}

/* By which interrupt a cell asks: one that an SMMU's events have, so that nobody else's is needed. */
static void asking_check(struct audit *audit, const struct cell *cell, bool streams)
{
	const uint32_t intid = cell->record->dma_intid;
	bool known = !streams && !intid;

	for (uint32_t i = 0; streams && i < audit->service->smmus.count; i++)
		known |= intid && audit->service_smmus[i].event_intid == intid;
	if (!known)
		violation(&audit->report, RULE_STREAM_LISTS,
			  "%s: it asks for its DMA by SPI %u, which is no SMMU's", cell->who, intid);
}

/* Whose requests the service core looks at, where, and what a fault costs. */
static void requests_check(struct audit *audit, const struct spans *map)
{
	uint32_t next = 0;

	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known)
			asking_check(audit, &audit->cells[i], has_streams(audit, (int)i));
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];
		const struct bp_service_dma *entry = &audit->service_dma[next];

		if (!has_streams(audit, (int)i) || !cell->known || cell->first_core < 0)
			continue;
		if (next++ >= audit->service->dma.count || entry->cell != i ||
		    entry->action != cell->record->actions[BP_ERROR_DMA_VIOLATION] ||
		    !leads_to(map, entry->telemetry_va, sizeof(struct telemetry_core),
			      audit->cores[cell->first_core].telemetry_pa))
			service_wrong(audit,
				      "a cell with streams has no request, action and telemetry in order", i);
	}
	if (next != audit->service->dma.count)
		service_wrong(audit, "it looks at requests of cells without streams",
			      audit->service->dma.count);
}

/* [impl->swr~audit-stream-lists~1] */
void rule_stream_lists(struct audit *audit)
{
	const uint32_t core = audit->header->service_core;
	uint32_t next = 0;

	if (!audit->service || core >= audit->core_count)
		return; /* records_open reports it */
	if (audit->service->smmus.count != audit->smmu_count) {
		service_wrong(audit, "it has another number of SMMUs than the blueprint",
			      audit->service->smmus.count);
		return;
	}
	for (size_t i = 0; i < audit->smmu_count; i++) {
		const struct stream_table *table = &audit->streams[i];

		service_smmu_check(audit, &audit->cores[core].map, i);
		if (!audit->smmus[i].strtab_base)
			continue; /* smmu_check() tells of its streams */
		for (size_t n = 0; n < table->named_count; n++, next++)
			if (next >= audit->service->streams.count ||
			    !stream_right(audit, &audit->cores[core].map, &audit->service_streams[next],
					  &table->named[n], i))
				service_wrong(audit,
					      "a cell's stream isn't listed in order as its table has it",
					      table->named[n].sid);
	}
	if (next != audit->service->streams.count)
		service_wrong(audit, "it lists streams that no cell has", audit->service->streams.count);
	requests_check(audit, &audit->cores[core].map);
}
