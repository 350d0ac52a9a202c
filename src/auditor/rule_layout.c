// SPDX-License-Identifier: Apache-2.0
/*
 * rule_layout.c - where things lie: the hypervisor's memory, the windows that EL1 sees, emulated pages.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "rule.h"

/* One part of the hypervisor's memory: in RAM, clear of what the board reserves and of the loader. */
static void part_check(struct audit *audit, const char *what, uint64_t base, uint64_t size)
{
	const struct board *board = &audit->board;
	uint64_t gap = 0;

	if (!size)
		return;
	if (!spans_cover(&board->ram, base, size, &gap))
		violation(&audit->report, RULE_HV_LAYOUT, "%s at 0x%" PRIx64 ": 0x%" PRIx64 " isn't RAM",
			  what, base, gap);
	if (spans_touch(&board->reserved, base, size))
		violation(&audit->report, RULE_HV_LAYOUT,
			  "%s at 0x%" PRIx64 " lies in a reserved or forbidden range", what, base);
	for (size_t i = 0; i < board->lent.count; i++)
		if (base < board->lent.list[i].va + board->lent.list[i].size &&
		    board->lent.list[i].va < end_of(base, size))
			violation(&audit->report, RULE_HV_LAYOUT,
				  "%s at 0x%" PRIx64 " lies in reserved memory of a device, %s", what, base,
				  board->tree.nodes[board->lent.list[i].tag].path);
	if (spans_touch(&board->staging, base, size))
		violation(&audit->report, RULE_HV_LAYOUT,
			  "%s at 0x%" PRIx64 " lies in the loader's staging range", what, base);
}

static bool in_writable(const struct audit *audit, const struct place *place)
{
	const struct bp_header *header = audit->header;

	return place->pa >= header->writable_pa &&
	       within(place->pa - header->writable_pa, place->size, header->writable_size);
}

/* Each place lies in the part that its kind belongs to. */
static void place_check(struct audit *audit, const struct place *place)
{
	char what[128];
	bool right = true;

	switch (place->kind) {
	case PLACE_SEGMENT:
	case PLACE_FILE:
	case PLACE_CRASH_RECORD: /* board.c sees to these */
	case PLACE_CRASH_DUMP:
		break;
	case PLACE_HEADER:
	case PLACE_TEXT:
	case PLACE_RECORD:
	case PLACE_SERVICE:
	case PLACE_ROOT:
	case PLACE_DIRECTORY:
	case PLACE_INTEGRITY:
	case PLACE_MAP:
	case PLACE_TREE:
	case PLACE_STREAMS:
	case PLACE_COMMANDS:
	case PLACE_LPI_CONFIG:
		right = blueprint_at(audit, place->pa, place->size) != NULL;
		break;
	default:
		right = in_writable(audit, place);
		break;
	}
	if (!right)
		violation(&audit->report, RULE_HV_LAYOUT,
			  "0x%" PRIx64 ", %s: not in the part of memory meant for it", place->pa,
			  place_describe(audit, place->pa, what, sizeof(what)));
}

static void disjoint_check(struct audit *audit, uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size,
			   const char *what)
{
	if (a_size && b_size && a < end_of(b, b_size) && b < end_of(a, a_size))
		violation(&audit->report, RULE_HV_LAYOUT, "0x%" PRIx64 " and 0x%" PRIx64 ": %s overlap", a, b,
			  what);
}

/* [impl->swr~audit-layout~1] */
void rule_layout(struct audit *audit)
{
	const struct bp_header *header = audit->header;

	part_check(audit, "bulkhead.bin and blueprint", audit->hv.load_pa, audit->kernel_size);
	part_check(audit, "writable memory", header->writable_pa, header->writable_size);
	disjoint_check(audit, audit->hv.load_pa, audit->kernel_size, header->writable_pa,
		       header->writable_size, "image and writable memory");
	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const struct fit_file *file = &audit->fit.files[i];

		part_check(audit, "image store", file->load, file->bytes.size);
		if (file->load % BP_PAGE_SIZE)
			violation(&audit->report, RULE_HV_LAYOUT,
				  "image '%s' at 0x%" PRIx64 " isn't page aligned", file->name, file->load);
		disjoint_check(audit, file->load, file->bytes.size, header->writable_pa,
			       header->writable_size, "image store and writable memory");
		disjoint_check(audit, file->load, file->bytes.size, audit->hv.load_pa, audit->kernel_size,
			       "image store and bulkhead.bin");
	}
	for (size_t i = 0; i < audit->place_count; i++) {
		const struct place *place = &audit->places[i], *next = place + 1;
		char first[128], second[128];

		place_check(audit, place);
		if (i + 1 < audit->place_count && place->pa + place->size > next->pa)
			violation(&audit->report, RULE_HV_LAYOUT,
				  "0x%" PRIx64 ": two uses of one page: %s; %s", next->pa,
				  place_name(audit, place, first, sizeof(first)),
				  place_name(audit, next, second, sizeof(second)));
	}
}

/* Mapped or emulated, for the cell. */
static bool present(const struct cell *cell, uint64_t from, uint64_t to)
{
	bool found = from < to && spans_touch(&cell->stage2, from, to - from);

	for (uint32_t i = 0; i < cell->record->mmio.count; i++)
		found |= cell->mmio[i].ipa < to && end_of(cell->mmio[i].ipa, cell->mmio[i].size) > from;
	return found;
}

/* A window's 64 KiB granules: nothing else of the cell's may be in them. */
static void window_check(struct audit *audit, const struct cell *cell, uint64_t ipa, uint64_t end)
{
	const uint64_t from = ipa & ~(BP_WINDOW_ALIGN - 1);
	const uint64_t to = (end + BP_WINDOW_ALIGN - 1) & ~(BP_WINDOW_ALIGN - 1);

	if (ipa != from)
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " isn't 64 KiB aligned", cell->who, ipa);
	if (present(cell, from, ipa) || present(cell, end, to))
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " shares its 64 KiB with something else", cell->who,
			  ipa);
	if (spans_touch(&audit->board.ram, from, to - from))
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " lies in the board's RAM", cell->who, ipa);
}

static void window_on_register(struct audit *audit, const struct node *node, uint64_t base, void *context)
{
	const struct cell *cell = context;

	violation(&audit->report, RULE_WINDOW_PLACE, "%s: a window lies at the IPA of %s, 0x%" PRIx64,
		  cell->who, node->path, base);
}

/* Constant pages lie side by side as they do in physical memory, so that a granule of 64 KiB of one is that
 * of the other. */
static void constants_check(struct audit *audit, const struct cell *cell, const struct span *part)
{
	const uint64_t from = part->va & ~(BP_WINDOW_ALIGN - 1);
	const uint64_t to = (part->va + part->size + BP_WINDOW_ALIGN - 1) & ~(BP_WINDOW_ALIGN - 1);
	bool alone = true;

	if ((part->va - part->pa) % BP_WINDOW_ALIGN)
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " isn't where 64 KiB of 0x%" PRIx64 " are",
			  cell->who, part->va, part->pa);
	for (size_t i = spans_find(&cell->stage2, from); i < cell->stage2.count; i++) {
		const struct span *other = &cell->stage2.list[i];

		if (other->va >= to)
			break;
		alone &= other->va - other->pa == part->va - part->pa;
	}
	for (uint32_t i = 0; i < cell->record->mmio.count; i++)
		alone &= cell->mmio[i].ipa >= to || end_of(cell->mmio[i].ipa, cell->mmio[i].size) <= from;
	if (!alone)
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " shares its 64 KiB with something else", cell->who,
			  part->va);
	if (spans_touch(&audit->board.ram, from, to - from))
		violation(&audit->report, RULE_WINDOW_PLACE,
			  "%s: window at IPA 0x%" PRIx64 " lies in the board's RAM", cell->who, part->va);
}

/* One mapping may show several places that follow each other: each is a window of its own. */
static void windows_check(struct audit *audit, struct cell *cell, const struct span *span)
{
	const uint64_t end = end_of(span->pa, span->size);
	uint64_t pa = span->pa, until;

	for (; pa < end && page_admits(audit, pa, cell_number(audit, cell), &until); pa = until) {
		const struct place *place = place_at(audit, pa);
		const uint64_t ipa = span->va + (pa - span->pa);
		const uint64_t size = (until < end ? until : end) - pa;
		const struct span part = {ipa, pa, size, 0, 0};

		if (place && place_admits(audit, place, cell_number(audit, cell)))
			window_check(audit, cell, ipa, end_of(ipa, size));
		else
			constants_check(audit, cell, &part);
		registers_in(audit, ipa, size, window_on_register, cell);
	}
}

/* [impl->swr~audit-window-places~1] */
void rule_windows(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		struct cell *cell = &audit->cells[c];

		for (size_t i = 0; cell->known && i < cell->stage2.count; i++)
			windows_check(audit, cell, &cell->stage2.list[i]);
	}
}

/* [impl->swr~audit-emulated~1] */
void rule_emulated(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];
		uint64_t end = 0;

		for (uint32_t i = 0; cell->known && i < cell->record->mmio.count; i++) {
			const struct bp_mmio *mmio = &cell->mmio[i];

			if (mmio->ipa < end || mmio->size > UINT64_MAX - mmio->ipa || !mmio->size)
				violation(&audit->report, RULE_EMULATED,
					  "%s: emulated IPA 0x%" PRIx64 " isn't in order", cell->who,
					  mmio->ipa);
			if (spans_touch(&cell->stage2, mmio->ipa, mmio->size))
				violation(&audit->report, RULE_EMULATED,
					  "%s: emulated IPA 0x%" PRIx64
					  " is mapped: accesses wouldn't reach EL2",
					  cell->who, mmio->ipa);
			if (mmio->kind >= BP_MMIO_COUNT)
				violation(&audit->report, RULE_EMULATED,
					  "%s: IPA 0x%" PRIx64 ": unknown kind %u", cell->who, mmio->ipa,
					  mmio->kind);
			end = end_of(mmio->ipa, mmio->size);
		}
	}
}
