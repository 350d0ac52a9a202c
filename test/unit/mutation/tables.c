// SPDX-License-Identifier: Apache-2.0
/*
 * tables.c - changes of translation tables: random bits, and the mistakes that a table maker makes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutant.h"

#define ADDRESS	  UINT64_C(0x0000fffffffff000)
#define BIT(n)	  (UINT64_C(1) << (n))
#define SLOTS_MAX 262144u

struct slot {
	uint64_t *word;
	unsigned int level;
};
static struct slot slots[SLOTS_MAX];

static size_t slots_of(struct specimen *s, uint64_t table, unsigned int level, unsigned int entries,
		       size_t count)
{
	for (unsigned int i = 0; i < entries; i++) {
		uint64_t *word = specimen_word(s, table + i * 8);

		if (count < SLOTS_MAX)
			slots[count++] = (struct slot){word, level};
		if (level < 3 && (*word & 3) == 3)
			count = slots_of(s, *word & ADDRESS, level + 1, 512, count);
	}
	return count;
}

static unsigned int root_level(const struct bp_cell *cell)
{
	return 2 - (unsigned int)(cell->vtcr >> 6 & 3);
}

static unsigned int root_entries(const struct bp_cell *cell)
{
	return (unsigned int)(BIT(64 - (cell->vtcr & 63)) >> (12 + 9 * (3 - root_level(cell))));
}

static size_t root_slots(struct specimen *s, uint32_t root)
{
	if (root < s->cells)
		return slots_of(s, s->cell[root]->vttbr & ADDRESS, root_level(s->cell[root]),
				root_entries(s->cell[root]), 0);
	if (root_is_dma(s, root)) { /* of the form of its cell's stage 2 */
		const uint32_t c = root - s->cells - s->cores - 1;

		return slots_of(s, s->dma_root[c], root_level(s->cell[c]), root_entries(s->cell[c]), 0);
	}
	return slots_of(
		s, root < s->cells + s->cores ? s->boot[root - s->cells].root_pa : s->header->boot_root_pa, 1,
		512, 0);
}

/* Nonzero ones are few: half of the draws are theirs. */
static struct slot *slot_draw(size_t count, bool set, unsigned int level)
{
	for (int i = 0; i < 100000; i++) {
		struct slot *slot = &slots[chance(count)];

		if (!!*slot->word == set && (!level || slot->level == level))
			return slot;
	}
	return &slots[0];
}

/* Pages of the segments that are to be gone when cells start. */
static uint64_t boot_segment_draw(const struct specimen *s)
{
	for (;;) {
		const struct hv_segment *segment = &s->hv->segments[chance(HV_SEGMENTS)];

		if (segment->size && (segment->flags & (HV_SEG_BOOT | HV_SEG_IDENTITY)))
			return s->hv->load_pa + (segment->va - s->hv->segments[0].va) +
			       chance(segment->size / 4096) * 4096;
	}
}

/* A physical page that somebody else cares for. */
static uint64_t page_draw(const struct specimen *s, bool stage2)
{
	static const uint64_t devices[] = {0x8000000,  0x80a0000, 0x9000000, 0x9010000, 0x9011000,
					   0x9012000,  0x9014000, 0x9015000, 0x9020000, 0x9030000,
					   0x9050000,  0xa000000, 0x8080000, 0x8090000, 0x3f110000,
					   0x10000000, 0x9037000, 0x9038000, 0x903f000};
	const struct bp_cell *cell = s->cell[chance(s->cells)];
	const struct bp_region *regions = (const void *)((const uint8_t *)cell + cell->regions.offset);
	const struct bp_region *region = &regions[chance(cell->regions.count)];

	if (!stage2 && !chance(3))
		return boot_segment_draw(s);
	switch (chance(8)) {
	case 0:
	case 1:
	case 2:
	case 5:
		return devices[chance(sizeof(devices) / sizeof(devices[0]))];
	case 3:
		return s->hv->load_pa + chance(s->kernel->size / 4096) * 4096;
	case 4:
		return s->header->writable_pa + chance(s->header->writable_size / 4096) * 4096;
	case 6:
		return s->parts[s->part_count - 1].load;
	default:
		return region->pa + chance(region->size / 4096) * 4096;
	}
}

static uint64_t attributes_draw(bool stage2)
{
	static const uint64_t second[] = {
		BIT(54) | 15 << 2 | 1 << 6 | 3 << 8 | BIT(10), 15 << 2 | 3 << 6 | 3 << 8 | BIT(10),
		BIT(54) | 1 << 2 | 3 << 6 | 2 << 8 | BIT(10), BIT(54) | 5 << 2 | 3 << 6 | 2 << 8 | BIT(10),
		BIT(54) | 5 << 2 | 1 << 6 | 2 << 8 | BIT(10)};
	static const uint64_t first[] = {BIT(54) | 1 << 6 | 3 << 8 | BIT(10),
					 BIT(54) | 3 << 6 | 3 << 8 | BIT(10), 3 << 6 | 3 << 8 | BIT(10),
					 BIT(54) | 1 << 2 | 1 << 6 | 2 << 8 | BIT(10),
					 1 << 6 | 3 << 8 | BIT(10)};

	return stage2 ? second[chance(5)] : first[chance(5)];
}

static void entry_change(struct specimen *s, size_t count, bool stage2, char *what, size_t size)
{
	static const unsigned int hot[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 51, 52, 53, 54, 12, 13, 14, 21};
	struct slot *slot = slot_draw(count, chance(4) != 0, 0), *other = slot_draw(count, true, slot->level);
	const uint64_t before = *slot->word;
	const uint64_t step = BIT(12 + 9 * (3 - slot->level));
	const unsigned int draw = (unsigned int)chance(16);
	uint64_t value = before;

	switch (draw) {
	case 0: /* off by one page, or block */
		value += chance(2) ? step : -step;
		break;
	case 1: /* an alias of another entry */
		value = *other->word;
		break;
	case 2: /* two entries change places */
		value = *other->word;
		*other->word = before;
		break;
	case 3: /* a block one level too high */
		if (slot->level < 3 && (value & 3) == 3)
			value = (value & ADDRESS & ~(step - 1)) | attributes_draw(stage2) | 1;
		else
			value ^= 2;
		break;
	case 4: /* gone */
		value = 0;
		break;
	case 5: /* another's page here */
		value = (value & ~ADDRESS) | (page_draw(s, stage2) & ~(step - 1));
		break;
	case 6:
	case 7: /* another's page where nothing was */
		slot = slot_draw(count, false, 3);
		value = page_draw(s, stage2) | attributes_draw(stage2) | 3;
		break;
	case 8: /* other attributes */
		if ((value & 1) && (slot->level == 3 || !(value & 2)))
			value = (value & (ADDRESS | 3)) | attributes_draw(stage2);
		else
			value ^= BIT(55 + chance(4));
		break;
	case 9: /* a table elsewhere */
		if (slot->level < 3)
			value = (s->blueprint_pa + chance(s->blueprint_size / 4096 + 8) * 4096) | 3;
		else
			value &= ~BIT(10);
		break;
	case 10: /* updated by hardware, or joined with its neighbours */
		value ^= BIT(chance(2) ? 10 : 51 + chance(2));
		break;
	case 11: /* all rights */
		value = stage2 ? value | 3 << 6 : value & ~BIT(7);
		value &= ~BIT(54);
		break;
	case 12:
	case 13:
		value ^= BIT(hot[chance(sizeof(hot) / sizeof(hot[0]))]);
		break;
	default:
		value ^= BIT(chance(64));
		break;
	}
	(void)snprintf(what, size, "level %u %016llx -> %016llx (%u)", slot->level,
		       (unsigned long long)*slot->word, (unsigned long long)value, draw);
	*slot->word = value;
}

/* Lists of root entries follow the root, so that it isn't they that are caught. */
static void roots_list(struct oracle *oracle, struct specimen *s)
{
	struct bp_service_cell *services = (void *)((uint8_t *)s->service + s->service->cells.offset);

	for (uint32_t c = 0; c < s->cells; c++) {
		struct bp_cell *cell = s->cell[c];
		struct bp_root_entry *entries = (void *)((uint8_t *)cell + cell->root_entries.offset);
		struct bp_root_entry *copies =
			(void *)((uint8_t *)s->service + services[c].root_entries.offset);
		const uint64_t root = cell->vttbr & ADDRESS;
		uint32_t words = 0;

		for (uint32_t i = 0; i < cell->root_entries.count; i++) {
			const uint64_t value = *specimen_word(s, root + entries[i].index * UINT64_C(8));

			entries[i].value = copies[i].value = value;
			if (!value)
				oracle->broken[RULE_REVOCATION] = true;
		}
		for (unsigned int i = 0; i < root_entries(cell); i++)
			words += !!*specimen_word(s, root + i * UINT64_C(8));
		if (words != cell->root_entries.count)
			oracle->broken[RULE_REVOCATION] = true;
	}
}

#define STRUCTURES 6u

/* Changes of a whole table's use. Returns false where the image has no place for the draw. */
static bool structure_change(struct oracle *oracle, struct specimen *s, unsigned int draw, char *what,
			     size_t size)
{
	struct bp_service_cell *services = (void *)((uint8_t *)s->service + s->service->cells.offset);
	const uint32_t a = (uint32_t)chance(s->cells), b = (uint32_t)chance(s->cells);
	const uint32_t m = (uint32_t)chance(s->cores), n = (uint32_t)chance(s->cores),
		       third = (uint32_t)chance(s->cores);
	const uint64_t low = BIT(48) - 1, first = s->cell[a]->vttbr, second = s->cell[b]->vttbr;

	switch (draw) {
	case 0:
		if (a == b)
			return false;
		(void)snprintf(what, size, "stage-2 roots of cells %u and %u swapped", a, b);
		services[a].vttbr = s->cell[a]->vttbr = (first & ~low) | (second & low);
		services[b].vttbr = s->cell[b]->vttbr = (second & ~low) | (first & low);
		oracle->broken[RULE_STAGE2] = oracle->broken[RULE_HV_MEMORY] = true;
		return true;
	case 1:
		if (a == b)
			return false;
		(void)snprintf(what, size, "cell %u has the root of cell %u", a, b);
		services[a].vttbr = s->cell[a]->vttbr = (first & ~low) | (second & low);
		oracle->broken[RULE_PAGE_OWNER] = oracle->broken[RULE_TABLE_PAGE] = true;
		return true;
	case 2:
		(void)snprintf(what, size, "cell %u: another VMID, or CnP", a);
		services[a].vttbr = s->cell[a]->vttbr =
			chance(4) ? (first & low) | (first >> 48 ^ (1 + chance(255))) << 48 : first | 1;
		oracle->broken[RULE_VMID] = true;
		return true;
	case 3:
		if (m == n || !s->boot[m].root_pa || !s->boot[n].root_pa)
			return false;
		(void)snprintf(what, size, "roots of cores %u and %u", m, n);
		if (!chance(3) && third != m && third != n && s->boot[third].root_pa) {
			const uint64_t root = s->boot[m].root_pa;

			s->boot[m].root_pa = s->boot[n].root_pa;
			s->boot[n].root_pa = s->boot[third].root_pa;
			s->boot[third].root_pa = root;
			oracle->broken[RULE_CORE_OWNER] = true; /* no cell of these has three cores */
		} else if (chance(2)) {
			const uint64_t root = s->boot[m].root_pa;

			s->boot[m].root_pa = s->boot[n].root_pa;
			s->boot[n].root_pa = root;
			oracle->broken[s->boot[m].cell == s->boot[n].cell ? RULE_EL2_WINDOW
									  : RULE_CORE_OWNER] = true;
		} else {
			s->boot[m].root_pa = s->boot[n].root_pa;
			oracle->broken[RULE_CORE_OWNER] = true;
		}
		return true;
	case 4:
		(void)snprintf(what, size, "cell %u: VTCR", a);
		if (chance(4)) {
			services[a].vtcr = s->cell[a]->vtcr ^= (1 + chance(0x1ff)) << 23;
			oracle->broken[RULE_REGIME] = true;
		} else {
			services[a].vtcr = s->cell[a]->vtcr ^= (1 + chance(3)) << 21;
			oracle->broken[RULE_ACCESS_FLAG] = true;
		}
		return true;
	default:
		(void)snprintf(what, size, "TCR_EL2");
		if (chance(4)) {
			s->header->tcr_el2 ^= chance(2) ? (1 + chance(0xff)) << 8 : (1 + chance(0x1ff)) << 23;
			oracle->broken[RULE_REGIME] = true;
		} else {
			s->header->tcr_el2 ^= (1 + chance(3)) << 21;
			oracle->broken[RULE_ACCESS_FLAG] = true;
		}
		return true;
	}
}

/* A block where the cell's distributor or a redistributor is emulated. */
static bool emulated_map(struct specimen *s, uint32_t c, char *what, size_t size)
{
	const struct bp_cell *cell = s->cell[c];
	const struct bp_mmio *mmio = (const struct bp_mmio *)((const uint8_t *)cell + cell->mmio.offset) +
				     chance(cell->mmio.count);
	const uint64_t top = *specimen_word(s, (cell->vttbr & ADDRESS) + (mmio->ipa >> 30) * 8);
	uint64_t *word = root_level(cell) == 1 && (top & 3) == 3
				 ? specimen_word(s, (top & ADDRESS) + (mmio->ipa >> 21 & 511) * 8)
				 : NULL;

	if (!word || (*word & 3) == 3)
		return false;
	*word = (page_draw(s, true) & ~UINT64_C(0x1fffff)) | attributes_draw(true) | 1;
	(void)snprintf(what, size, "cell %u: a block over emulated IPA %llx", c,
		       (unsigned long long)mmio->ipa);
	return true;
}

/* A window's page moved within the table, or a second time there. */
static bool window_move(struct specimen *s, uint32_t c, size_t count, char *what, size_t size)
{
	struct slot *slot;

	for (int i = 0; i < 1000; i++) {
		slot = &slots[chance(count)];
		if (slot->level == 3 && (*slot->word >> 2 & 15) == 5)
			break;
	}
	if (slot->level != 3 || !*slot->word)
		return false;
	slot[1 + chance(15)].word[0] = *slot->word;
	if (chance(2))
		*slot->word = 0;
	(void)snprintf(what, size, "cell %u: a window moved, or twice", c);
	return true;
}

static enum kind root_kind(const struct specimen *s, uint32_t root)
{
	if (root_is_dma(s, root))
		return KIND_DMA;
	return root < s->cells ? KIND_STAGE2 : root < s->cells + s->cores ? KIND_EL2 : KIND_BOOT;
}

static bool root_there(const struct specimen *s, uint32_t root)
{
	switch (root_kind(s, root)) {
	case KIND_EL2:
		return s->boot[root - s->cells].root_pa;
	case KIND_DMA:
		return s->dma_root[root - s->cells - s->cores - 1];
	default:
		return true;
	}
}

static uint32_t root_draw(const struct specimen *s, enum kind wanted)
{
	const uint32_t boot = s->cells + s->cores;
	uint32_t root;

	do
		root = (uint32_t)(s->smmu && !chance(4) ? boot + 1 + chance(s->cells)
				  : chance(2)		? chance(s->cells)
				  : chance(3)		? s->cells + chance(s->cores)
							: boot);
	while ((wanted != KIND_COUNT && root_kind(s, root) != wanted) || !root_there(s, root));
	return root;
}

enum kind table_change(struct oracle *oracle, struct specimen *s, enum kind wanted, char *what, size_t size)
{
	const unsigned int structure = (unsigned int)chance(STRUCTURES);
	const enum kind kind = structure == 3 || structure == 5 ? KIND_EL2 : KIND_STAGE2;

	if (wanted == KIND_DMA && !s->smmu)
		return KIND_COUNT;
	if (!chance(wanted == KIND_COUNT ? 8 : 4) && (wanted == KIND_COUNT || wanted == kind) &&
	    structure_change(oracle, s, structure, what, size))
		return kind;
	const uint32_t root = root_draw(s, wanted);
	const size_t count = root_slots(s, root);
	const unsigned int draw = root < s->cells ? (unsigned int)chance(12) : 12;

	if (!(oracle->colors && chance(2) && page_move(oracle, s, root, what, size)) &&
	    !(draw < 1 && emulated_map(s, root, what, size)) &&
	    !(draw == 1 && window_move(s, root, count, what, size)))
		entry_change(s, count, root < s->cells || root_is_dma(s, root), what, size);
	oracle_tables(oracle, s);
	roots_list(oracle, s);
	return root_kind(s, root);
}
