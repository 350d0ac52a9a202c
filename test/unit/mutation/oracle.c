// SPDX-License-Identifier: Apache-2.0
/*
 * oracle.c - page by page.
 */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS UINT64_C(0x0000fffffffff000)
#define BIT(n)	(UINT64_C(1) << (n))
#define PA_BITS 40u
#define RAM	UINT64_C(0x40000000)
#define RAM_END UINT64_C(0x50000000)
/* The flash: a bank that the machine starts from, and one that the health cell's boot state may be in. */
#define FIRMWARE   UINT64_C(0x9030000)
#define BANK	   UINT64_C(0x9038000)
#define FLASH_BANK UINT64_C(0x8000)

/* What no cell may ever have on the small board, as its board.dts says. */
static const struct {
	uint64_t base, size;
} forbidden[] = {{0x8000000, 0x10000}, {0x8080000, 0x20000},   {0x80a0000, 0xc0000}, {0x3f000000, 0x400000},
		 {0x9020000, 0x1000},  {FIRMWARE, FLASH_BANK}, {0x9050000, 0x20000}};
/* All that may be a cell's: page by page whose registers it holds. */
static const struct {
	uint64_t base, size;
} devices[] = {{0x9000000, 0x1000}, {0x9010000, 0x1000}, {0x9011000, 0x2000},
	       {0x9014000, 0x1000}, {0x9015000, 0x1000}, {0xa000000, 0x1000}};

struct walk {
	struct oracle *oracle;
	struct specimen *s;
	struct view *view;
	uint8_t *visited; /* by page of the blueprint, this walk */
	uint8_t *tables;  /* by page, all walks: kind */
	uint8_t kind;
	bool stage2, dma;
	int cell; /* whose walk it is; -1: nobody's */
};

static void page_add(struct view *view, struct page page)
{
	if (view->count == view->room) {
		view->room = view->room ? view->room * 2 : 1024;
		view->pages = realloc(view->pages, view->room * sizeof(page));
	}
	view->pages[view->count++] = page;
}

/* Arm ARM D8.3: what a leaf may not say, and what this project's may not. */
static void leaf_judge(struct walk *w, uint64_t d, unsigned int level)
{
	bool *broken = w->oracle->broken;
	const uint64_t size = BIT(12 + 9 * (3 - level));
	uint64_t zero = BIT(48) | BIT(49) | BIT(50) | BIT(53) | BIT(11) | UINT64_C(0x1f) << 59;

	zero |= (size - 1) & ADDRESS;
	if (!w->stage2)
		zero |= BIT(5);
	if (d & zero || (!w->stage2 && !(d & BIT(6))) || (d & ADDRESS) >> PA_BITS)
		broken[RULE_DESCRIPTOR] = true;
	if (w->stage2 && (d >> 2 & 3) == 0 && (d >> 2 & 15))
		broken[RULE_DESCRIPTOR] = true;
	if (!(d & BIT(10)) || d & BIT(51) || d & BIT(52))
		broken[RULE_ACCESS_FLAG] = true;
}

static uint8_t leaf_type(struct walk *w, uint64_t d)
{
	const unsigned int attr = w->stage2 ? d >> 2 & 15 : d >> 2 & 7, share = d >> 8 & 3;

	if (attr == 1)
		return TYPE_DEVICE;
	if (share == 1)
		w->oracle->broken[RULE_DESCRIPTOR] = true;
	if (attr == (w->stage2 ? 5u : 2u))
		return TYPE_NONCACHE;
	if (attr == (w->stage2 ? 15u : 0u) && share == 3)
		return TYPE_WRITE_BACK;
	return TYPE_OTHER;
}

static void leaf_expand(struct walk *w, uint64_t d, unsigned int level, uint64_t va)
{
	const uint64_t size = BIT(12 + 9 * (3 - level));
	struct page page = {.type = leaf_type(w, d)};

	leaf_judge(w, d, level);
	page.rights = w->stage2 ? (uint8_t)(d >> 6 & 3) : (uint8_t)(1 | (d & BIT(7) ? 0 : 2));
	page.rights |= d & BIT(54) || w->dma ? 0 : 4; /* no function fetches instructions for a core */
	for (uint64_t at = 0; at < size; at += 4096) {
		page.va = va + at;
		page.pa = (d & ADDRESS & ~(size - 1)) + at;
		page_add(w->view, page);
	}
}

static bool table_enter(struct walk *w, uint64_t pa)
{
	const uint64_t page = (pa - w->s->blueprint_pa) / 4096;
	bool *broken = w->oracle->broken;

	if (pa < w->s->blueprint_pa || pa - w->s->blueprint_pa >= w->s->blueprint_size || w->visited[page]) {
		broken[RULE_TABLE_PAGE] = true;
		return false;
	}
	if (w->tables[page] && w->tables[page] != w->kind)
		broken[RULE_TABLE_PAGE] = true;
	if (pa == (w->s->blueprint_pa & ADDRESS) || pa == w->s->service_pa ||
	    (w->s->directory && pa == w->s->directory_pa))
		broken[RULE_TABLE_PAGE] = true;
	for (uint32_t c = 0; c < w->s->cells; c++) {
		const uint64_t tree = w->s->blueprint_pa + (uint64_t)(w->s->tree[c] - w->s->blueprint);

		if (pa == w->s->record_pa[c] ||
		    (pa >= (tree & ADDRESS) && pa < tree + w->s->tree_image[c]->size))
			broken[RULE_TABLE_PAGE] = true;
	}
	broken[RULE_TABLE_PAGE] |=
		(w->s->smmu && specimen_unit_page(w->s, pa)) || specimen_told_page(w->s, pa);
	if (w->oracle->colors && w->cell >= 0 && !oracle_color(w->oracle, (uint32_t)w->cell, pa))
		broken[RULE_COLORS] = true;
	w->visited[page] = 1;
	w->tables[page] = w->kind;
	return true;
}

static void table_walk(struct walk *w, uint64_t table, unsigned int level, unsigned int entries, uint64_t va)
{
	bool *broken = w->oracle->broken;

	for (unsigned int i = 0; i < entries; i++) {
		const uint64_t d = *specimen_word(w->s, table + i * 8);
		const uint64_t at = va + ((uint64_t)i << (12 + 9 * (3 - level)));

		if (!(d & 1))
			continue;
		if (level < 3 && (d & 2)) {
			if (d >> 59 || d >> 48 & 7 || (d & ADDRESS) >> PA_BITS)
				broken[RULE_DESCRIPTOR] = true;
			else if (table_enter(w, d & ADDRESS))
				table_walk(w, d & ADDRESS, level + 1, 512, at);
		} else if (level == 3 && !(d & 2)) {
			broken[RULE_DESCRIPTOR] = true;
		} else {
			leaf_expand(w, d, level, at);
		}
	}
}

uint32_t roots_count(const struct specimen *s)
{
	return s->cells + s->cores + 1 + (s->smmu ? s->cells : 0);
}

bool root_is_boot(const struct specimen *s, uint32_t root)
{
	return root == s->cells + s->cores;
}

bool root_is_dma(const struct specimen *s, uint32_t root)
{
	return root > s->cells + s->cores;
}

/* Roots' registers are as the good image has them: records are judged elsewhere. */
static void root_view(struct oracle *oracle, struct specimen *s, uint32_t root, struct view *view,
		      uint8_t *tables)
{
	const size_t bp_pages = s->blueprint_size / 4096;
	struct walk w = {
		.oracle = oracle, .s = s, .view = view, .tables = tables, .cell = root_cell(s, root)};
	uint64_t table;
	unsigned int level = 1, entries = 512;

	view->count = 0;
	if (root < s->cells || root_is_dma(s, root)) {
		const uint32_t c = root < s->cells ? root : root - s->cells - s->cores - 1;
		const uint64_t vtcr = root < s->cells ? s->cell[c]->vtcr : s->dma_vtcr[c];

		w.stage2 = true;
		w.dma = root_is_dma(s, root);
		w.kind = (uint8_t)(root + 1);
		table = root < s->cells ? s->cell[c]->vttbr & ADDRESS : s->dma_root[c];
		level = 2 - (unsigned int)(vtcr >> 6 & 3);
		entries = table ? (unsigned int)(BIT(64 - (vtcr & 63)) >> (12 + 9 * (3 - level))) : 0;
	} else {
		w.kind = 255;
		table = root < s->cells + s->cores ? s->boot[root - s->cells].root_pa
						   : s->header->boot_root_pa;
	}
	if (!table)
		return;
	w.visited = calloc(bp_pages, 1);
	for (uint64_t page = table; page < table + (entries * 8u + 4095) / 4096 * 4096; page += 4096)
		(void)table_enter(&w, page);
	table_walk(&w, table, level, entries, 0);
	free(w.visited);
}

static bool inside(uint64_t pa, uint64_t base, uint64_t size)
{
	return pa >= base && pa - base < size;
}

static bool hypervisors(const struct specimen *s, uint64_t pa)
{
	bool is = inside(pa, s->hv->load_pa, s->kernel->size) ||
		  inside(pa, s->header->writable_pa, s->header->writable_size) ||
		  inside(pa, s->header->crash_pa, (1 + s->cores) * UINT64_C(4096));

	for (size_t i = 0; i < s->part_count; i++)
		is |= !strncmp(s->parts[i].name, "file-", 5) &&
		      inside(pa, s->parts[i].load, (s->parts[i].size + 4095) & ~UINT64_C(4095));
	return is;
}

bool oracle_window(uint64_t pa)
{
	return inside(pa, 0x10000000, 0x1000000) || inside(pa, 0x20000000, 0x1000000);
}

int oracle_device(const struct specimen *s, const struct oracle *oracle, uint64_t pa)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (inside(pa, forbidden[i].base, forbidden[i].size))
			return -2;
	}
	for (uint32_t c = 0; inside(pa, BANK, FLASH_BANK) && c < s->cells; c++) {
		if (oracle->good_reach[pa / 4096] >> c & 1)
			return (int)c;
	}
	if (inside(pa, BANK, FLASH_BANK))
		return -2;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (!inside(pa, devices[i].base, devices[i].size))
			continue;
		for (uint32_t c = 0; c < s->cells; c++) {
			if (oracle->good_reach[pa / 4096] >> c & 1)
				return (int)c;
		}
		return -1;
	}
	return -3;
}

static void reach_of(const struct specimen *s, const struct view *views, uint8_t *reach, uint8_t *users)
{
	memset(reach, 0, ORACLE_PAGES);
	memset(users, 0, ORACLE_PAGES);
	for (uint32_t r = 0; r < roots_count(s); r++) {
		if (root_is_boot(s, r)) /* sees all of the writable memory */
			continue;
		for (size_t i = 0; i < views[r].count; i++) {
			const uint64_t page = views[r].pages[i].pa / 4096;

			if (page >= ORACLE_PAGES)
				continue;
			if (r < s->cells)
				reach[page] |= (uint8_t)(1u << r);
			/* The health cell's look at the image is no use of its pages. */
			if (users[page] < 255 &&
			    !(r < s->cells && inside(views[r].pages[i].pa, s->hv->load_pa, s->kernel->size)))
				users[page]++;
		}
	}
}

static const struct hv_segment *segment_at(const struct specimen *s, uint64_t pa)
{
	for (unsigned int i = 0; i < HV_SEGMENTS && s->hv->segments[i].size; i++) {
		const struct hv_segment *segment = &s->hv->segments[i];

		if (!(segment->flags & HV_SEG_PER_CORE) &&
		    inside(pa, s->hv->load_pa + (segment->va - s->hv->segments[0].va), segment->size))
			return segment;
	}
	return NULL;
}

/* What of the flash is nobody's, or the boot state of another than `cell`. */
static bool flash_page(const struct specimen *s, const struct oracle *o, uint64_t pa, int cell)
{
	return inside(pa, FIRMWARE, FLASH_BANK) ||
	       (inside(pa, BANK, FLASH_BANK) && oracle_device(s, o, pa) >= 0 &&
		oracle_device(s, o, pa) != cell);
}

/* One page that a cell's stage 2 has, and hadn't, or has otherwise. */
static void cell_page(struct oracle *o, const struct specimen *s, uint32_t c, const struct page *page)
{
	const uint64_t number = page->pa / 4096;
	const bool below = number < ORACLE_PAGES;
	const uint8_t others = below ? o->reach[number] & (uint8_t)~(1u << c) : 0;
	const uint8_t admitted = below ? o->good_reach[number] : 0;
	const uint8_t rights = below ? o->rights[c][number] : 0;
	const int device = oracle_device(s, o, page->pa);

	if (others && ((others | 1u << c) & ~admitted))
		o->broken[RULE_PAGE_OWNER] = true;
	if (hypervisors(s, page->pa) && (page->rights & ~rights || !(admitted >> c & 1)))
		o->broken[RULE_HV_MEMORY] = true;
	if (flash_page(s, o, page->pa, (int)c))
		o->broken[RULE_BOOT_STATE] = true;
	if (device == -2 || flash_page(s, o, page->pa, (int)c))
		o->broken[RULE_FORBIDDEN] = true;
	else if (device == -1 || (device >= 0 && device != (int)c))
		o->broken[RULE_SHARED_PAGE] = true;
	for (uint32_t i = 0; i < s->cell[c]->mmio.count; i++) {
		const struct bp_mmio *mmio =
			(const struct bp_mmio *)((uint8_t *)s->cell[c] + s->cell[c]->mmio.offset) + i;

		if (inside(page->va, mmio->ipa, mmio->size))
			o->broken[RULE_EMULATED] = true;
	}
	if (!hypervisors(s, page->pa) || !(admitted >> c & 1))
		return;
	/* A window where the board has RAM or registers, or off its granule: no guest could map it. */
	if (inside(page->va, RAM, RAM_END - RAM) || oracle_device(s, o, page->va) != -3)
		o->broken[RULE_WINDOW_PLACE] = true;
	for (size_t i = 0; i < o->now[c].count; i++) {
		const struct page *other = &o->now[c].pages[i];

		if (other->va >> 16 == page->va >> 16 && other->va - page->va != other->pa - page->pa)
			o->broken[RULE_WINDOW_PLACE] = true;
	}
}

static void cell_missing(struct oracle *o, const struct specimen *s, uint32_t c, const struct page *page)
{
	const struct bp_channel *channels =
		(const void *)((uint8_t *)s->cell[c] + s->cell[c]->channels.offset);
	enum rule rule = RULE_STAGE2;

	if (page->rights & 4)
		rule = RULE_MEMORY;
	else if (page->type == TYPE_DEVICE)
		rule = RULE_DEVICES;
	for (uint32_t i = 0; i < s->cell[c]->channels.count; i++) {
		if (inside(page->pa, channels[i].pa, channels[i].size))
			rule = RULE_CHANNELS;
	}
	o->broken[rule] = true;
}

/* A page of EL2 memory that is one core's own may be any page of the writable memory that nobody else has. */
static bool moved_alone(const struct oracle *o, const struct specimen *s, const struct page *was,
			const struct page *is)
{
	return inside(was->pa, s->header->writable_pa, s->header->writable_size) &&
	       inside(is->pa, s->header->writable_pa, s->header->writable_size) &&
	       o->good_users[was->pa / 4096] == 1 && o->users[is->pa / 4096] == 1;
}

/* Who has it may have it elsewhere: a page of the writable memory that lay free, at once in every root. */
static bool moved_together(const struct oracle *o, const struct specimen *s, const struct page *was,
			   const struct page *is)
{
	const uint64_t from = was->pa / 4096, to = is->pa / 4096;

	return inside(was->pa, s->header->writable_pa, s->header->writable_size) &&
	       inside(is->pa, s->header->writable_pa, s->header->writable_size) && !o->good_users[to] &&
	       !o->users[from] && o->users[to] == o->good_users[from];
}

/* A copy of text or read-only data in a page of the blueprint that is nothing else. */
static bool copied(const struct oracle *o, const struct specimen *s, const struct page *was,
		   const struct page *is)
{
	const uint64_t *from = specimen_word(s, was->pa), *to = specimen_word(s, is->pa);

	return o->colors && was->va >= EL2_VA_TEXT && was->va < EL2_VA_PRIVATE && from && to &&
	       !o->table_of[(is->pa - s->blueprint_pa) / 4096] && !memcmp(from, to, 4096);
}

static void core_page(struct oracle *o, const struct specimen *s, const struct page *page, bool boot)
{
	const struct hv_segment *segment = segment_at(s, page->pa);

	if (flash_page(s, o, page->pa, -1))
		o->broken[RULE_BOOT_STATE] = true;
	if ((page->rights & 6) == 6 || (segment && (segment->flags & HV_SEG_EXEC) && (page->rights & 2)))
		o->broken[RULE_WX] = true;
	if (!boot && segment && (segment->flags & (HV_SEG_BOOT | HV_SEG_IDENTITY)))
		o->broken[RULE_BOOT_SEGMENT] = true;
	if ((page->rights & 2) && inside(page->pa, s->blueprint_pa, s->blueprint_size)) {
		const uint8_t kind = o->table_of[(page->pa - s->blueprint_pa) / 4096];
		bool root = false;

		for (uint32_t c = 0; c < s->cells; c++)
			root |= inside(page->pa, s->cell[c]->vttbr & ADDRESS, 8192);
		if (kind && !root)
			o->broken[RULE_TABLE_PAGE] = true;
	}
}

/* A first core may see the whole of its cell's files; it needs only what the cell is filled from. */
static bool needless(const struct specimen *s, const struct page *page)
{
	bool file = false;

	for (size_t i = 0; i < s->part_count; i++)
		file |= !strncmp(s->parts[i].name, "file-", 5) &&
			inside(page->pa, s->parts[i].load, (s->parts[i].size + 4095) & ~UINT64_C(4095));
	for (uint32_t c = 0; c < s->cells; c++) {
		const struct bp_image *images =
			(const void *)((uint8_t *)s->cell[c] + s->cell[c]->images.offset);

		for (uint32_t i = 0; i < s->cell[c]->images.count; i++)
			file &= page->pa + 4096 <= images[i].pa || page->pa >= images[i].pa + images[i].size;
	}
	return file;
}

static void pair_judge(struct oracle *o, const struct specimen *s, uint32_t root, const struct page *was,
		       const struct page *is)
{
	const bool cell = root < s->cells, boot = root_is_boot(s, root), dma = root_is_dma(s, root);
	bool moved;
	const bool address = was && is && was->pa != is->pa, rights = was && is && was->rights != is->rights,
		   type = was && is && was->type != is->type;

	if (was && is && !address && !rights && !type)
		return;
	moved = !boot && was && is && !rights && !type && moved_together(o, s, was, is);
	if (is && root_cell(s, root) >= 0)
		oracle_colors(o, (uint32_t)root_cell(s, root), was, is, moved);
	if (moved || (!boot && !cell && was && is && !rights && !type && copied(o, s, was, is)))
		return;
	if (dma) {
		o->broken[RULE_DMA] = true;
		return;
	}
	if (boot) {
		o->broken[RULE_BOOT_ROOT] = true;
	} else if (cell) {
		if (!is)
			cell_missing(o, s, root, was);
		else if (!was || address || rights)
			o->broken[RULE_STAGE2] = true;
		if (type)
			o->broken[RULE_MEMORY_TYPE] = true;
	} else if (!was) {
		o->broken[RULE_EL2_EXTRA] = true;
	} else if (!is && needless(s, was)) {
		return;
	} else if (!is || rights || (address && !moved_alone(o, s, was, is))) {
		o->broken[RULE_EL2_WINDOW] = true;
	}
	if (!cell && !boot && type)
		o->broken[RULE_MEMORY_TYPE] = true;
	/* A core's own page is where another use of the writable memory is, or no such memory at all. */
	if (!cell && !boot && address && was->va >= EL2_VA_PRIVATE && was->va < EL2_VA_CELL &&
	    (!inside(is->pa, s->header->writable_pa, s->header->writable_size) ||
	     o->users[is->pa / 4096] > 1))
		o->broken[RULE_HV_LAYOUT] = true;
	if (is && cell)
		cell_page(o, s, root, is);
	else if (is)
		core_page(o, s, is, boot);
}

void oracle_tables(struct oracle *o, struct specimen *s)
{
	uint8_t *tables = calloc(s->blueprint_size / 4096, 1);

	for (uint32_t r = 0; r < roots_count(s); r++)
		root_view(o, s, r, &o->now[r], tables);
	free(tables);
	reach_of(s, o->now, o->reach, o->users);
	for (uint32_t r = 0; r < roots_count(s); r++) {
		const struct view *good = &o->good[r], *now = &o->now[r];
		size_t g = 0, n = 0;

		while (g < good->count || n < now->count) {
			const struct page *was = g < good->count ? &good->pages[g] : NULL;
			const struct page *is = n < now->count ? &now->pages[n] : NULL;

			if (was && is && was->va == is->va) {
				pair_judge(o, s, r, was, is);
				g++;
				n++;
			} else if (was && (!is || was->va < is->va)) {
				pair_judge(o, s, r, was, NULL);
				g++;
			} else {
				pair_judge(o, s, r, NULL, is);
				n++;
			}
		}
	}
}

void oracle_open(struct oracle *o, struct specimen *s)
{
	memset(o, 0, sizeof(*o));
	o->reach = calloc(ORACLE_PAGES, 1);
	o->good_reach = calloc(ORACLE_PAGES, 1);
	o->users = calloc(ORACLE_PAGES, 1);
	o->good_users = calloc(ORACLE_PAGES, 1);
	o->table_of = calloc(s->blueprint_size / 4096, 1);
	o->caches = calloc(ORACLE_PAGES, 1);
	oracle_colors_open(o, s);
	for (uint32_t r = 0; r < roots_count(s); r++)
		root_view(o, s, r, &o->good[r], o->table_of);
	reach_of(s, o->good, o->good_reach, o->good_users);
	for (uint32_t r = 0; r < roots_count(s); r++) {
		for (size_t i = 0; root_cell(s, r) >= 0 && i < o->good[r].count; i++) {
			if (o->good[r].pages[i].type == TYPE_WRITE_BACK &&
			    o->good[r].pages[i].pa / 4096 < ORACLE_PAGES)
				o->caches[o->good[r].pages[i].pa / 4096] |= (uint8_t)(1 << root_cell(s, r));
		}
	}
	for (uint32_t c = 0; c < s->cells; c++) {
		o->rights[c] = calloc(ORACLE_PAGES, 1);
		for (size_t i = 0; i < o->good[c].count; i++) {
			if (o->good[c].pages[i].pa / 4096 < ORACLE_PAGES)
				o->rights[c][o->good[c].pages[i].pa / 4096] |= o->good[c].pages[i].rights;
		}
	}
}

void oracle_close(struct oracle *o, const struct specimen *s)
{
	for (uint32_t r = 0; r < roots_count(s); r++) {
		free(o->good[r].pages);
		free(o->now[r].pages);
	}
	for (uint32_t c = 0; c < s->cells; c++)
		free(o->rights[c]);
	free(o->reach);
	free(o->good_reach);
	free(o->users);
	free(o->good_users);
	free(o->table_of);
	free(o->caches);
}
