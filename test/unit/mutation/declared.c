// SPDX-License-Identifier: Apache-2.0
/*
 * declared.c - what the sources ask for, read here by dtc and libfdt alone, against what a good image gives:
 * the oracle takes the good image's word for who owns what, so this says that it is true.
 *
 * It knows the forms that the specimens use: `cpus` by number, `memory` in megabytes, `devices` by node name
 * or "rest", channels in kilobytes.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define GICD	   UINT64_C(0x8000000)
#define GICR	   UINT64_C(0x80a0000)
#define UART	   UINT64_C(0x9000000)
#define FRAME	   UINT64_C(0x20000)
#define ECAM	   UINT64_C(0x3f000000)
#define RAM	   UINT64_C(0x40000000)
#define FREE_SPI   96u /* INTIDs of doorbells and emulated UARTs, by the machine's facts */
#define FREE_SPIS  32u
#define MASKS	   256u
#define DEVICES	   32u
#define READ_ONLY  1u
#define READ_WRITE 3u
#define ALL	   7u

struct device {
	uint64_t base, size;
	uint32_t intid;
	int owner;
};

struct declared {
	const void *file;
	uint32_t health;					 /* s->cells: none */
	uint32_t parties[SPECIMEN_CELLS][MASKS][READ_WRITE + 1]; /* Non-cacheable pages by who has them */
	struct device devices[DEVICES];
	size_t device_count;
};

static bool listed(const void *fdt, int node, const char *property, const char *name)
{
	return fdt_stringlist_search(fdt, node, property, name) >= 0;
}

static int cell_node(const struct declared *d, const struct specimen *s, uint32_t c)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/cells/%.31s", s->cell[c]->name);
	return fdt_path_offset(d->file, path);
}

static uint64_t kilobytes(const char *text)
{
	char *end;
	const uint64_t number = strtoull(text, &end, 10);

	return *end == 'M' ? number * 1024 : number;
}

/* The board's slaves: named, the console's UART for the health cell, the others for "rest". */
static void devices_declare(struct declared *d, const struct specimen *s)
{
	static const char *const slaves[] = {"arm,pl011", "arm,pl031", "arm,pl061"};
	int node;

	fdt_for_each_subnode(node, s->board_source, 0)
	{
		const char *const compatible = fdt_getprop(s->board_source, node, "compatible", NULL);
		const char *const name = fdt_get_name(s->board_source, node, NULL);
		const fdt32_t *const reg = fdt_getprop(s->board_source, node, "reg", NULL);
		const fdt32_t *const irq = fdt_getprop(s->board_source, node, "interrupts", NULL);
		struct device *const device = &d->devices[d->device_count];
		int rest = -1;
		bool slave = false;

		for (size_t i = 0; compatible && i < sizeof(slaves) / sizeof(slaves[0]); i++)
			slave |= !strcmp(compatible, slaves[i]);
		if (!slave)
			continue;
		*device = (struct device){fdt32_ld(&reg[1]), fdt32_ld(&reg[3]), 32 + fdt32_ld(&irq[1]), -1};
		for (uint32_t c = 0; c < s->cells; c++) {
			if (listed(d->file, cell_node(d, s, c), "devices", name))
				device->owner = (int)c;
			if (listed(d->file, cell_node(d, s, c), "devices", "rest"))
				rest = (int)c;
		}
		if (device->owner < 0 && device->base == UART && d->health < s->cells)
			device->owner = (int)d->health;
		else if (device->owner < 0)
			device->owner = rest;
		d->device_count++;
	}
}

/* "NODE:BANK": the health cell has that row of the flash's `reg`. */
static void boot_state_declare(struct declared *d, const struct specimen *s)
{
	struct device *const device = &d->devices[d->device_count];
	const char *const text =
		d->health < s->cells ? fdt_getprop(d->file, cell_node(d, s, d->health), "boot-state", NULL)
				     : NULL;
	const char *const colon = text ? strchr(text, ':') : NULL;
	const fdt32_t *reg;

	if (!colon)
		return;
	reg = fdt_getprop(s->board_source,
			  fdt_subnode_offset_namelen(s->board_source, 0, text, (int)(colon - text)), "reg",
			  NULL);
	reg += (colon[1] - '0') * 4;
	*device = (struct device){fdt32_ld(&reg[1]), fdt32_ld(&reg[3]), 0, (int)d->health};
	d->device_count++;
}

/* Heartbeats and channels: how many pages each set of cells is to share, and what each may do to them. */
static void shared_declare(struct declared *d, const struct specimen *s)
{
	const int channels = fdt_path_offset(d->file, "/channels");
	int node;

	if (d->health < s->cells)
		d->parties[d->health][1u << d->health][READ_ONLY]++; /* the crash-audit record */
	for (uint32_t c = 0; c < s->cells; c++) {
		const uint32_t watched = 1u << c | (d->health < s->cells ? 1u << d->health : 0);

		d->parties[c][watched][READ_WRITE]++;
		if (d->health < s->cells && c != d->health)
			d->parties[d->health][watched][READ_ONLY]++;
	}
	for (node = channels < 0 ? -1 : fdt_first_subnode(d->file, channels); node >= 0;
	     node = fdt_next_subnode(d->file, node)) {
		const uint64_t pages = kilobytes(fdt_getprop(d->file, node, "size", NULL)) / 4;
		uint32_t writers = 0, readers = 0;

		for (uint32_t c = 0; c < s->cells; c++) {
			writers |= (uint32_t)(listed(d->file, node, "from", s->cell[c]->name) ||
					      listed(d->file, node, "between", s->cell[c]->name))
				   << c;
			readers |= (uint32_t)listed(d->file, node, "to", s->cell[c]->name) << c;
		}
		for (uint32_t c = 0; c < s->cells; c++) {
			if (writers >> c & 1)
				d->parties[c][writers | readers][READ_WRITE] += (uint32_t)pages;
			else if (readers >> c & 1)
				d->parties[c][writers | readers][READ_ONLY] += (uint32_t)pages;
		}
	}
}

static uint64_t memory_pages(const struct declared *d, int node)
{
	uint64_t pages = 0;

	for (int i = 0; i < fdt_stringlist_count(d->file, node, "memory"); i++)
		pages += kilobytes(fdt_stringlist_get(d->file, node, "memory", i, NULL)) / 4;
	return pages;
}

static const struct device *device_at(const struct declared *d, uint64_t pa)
{
	for (size_t i = 0; i < d->device_count; i++) {
		if (pa >= d->devices[i].base && pa - d->devices[i].base < d->devices[i].size)
			return &d->devices[i];
	}
	return NULL;
}

static bool between(uint64_t pa, uint64_t base, uint64_t size)
{
	return pa >= base && pa - base < size;
}

static bool hypervisors(const struct specimen *s, uint64_t pa)
{
	bool is = between(pa, s->hv->load_pa, s->kernel->size) ||
		  between(pa, s->header->writable_pa, s->header->writable_size) ||
		  between(pa, s->header->crash_pa, (1 + s->cores) * UINT64_C(4096));

	for (size_t i = 0; i < s->part_count; i++)
		is |= !strncmp(s->parts[i].name, "file-", 5) &&
		      between(pa, s->parts[i].load, (s->parts[i].size + 4095) & ~UINT64_C(4095));
	return is;
}

/* What EL2 zeroes at each start it maps as the cell does; a page of several writers it needn't map. */
static bool shared_good(const struct oracle *o, const struct specimen *s, uint64_t pa, uint8_t reach)
{
	bool same = false, other = false;

	for (uint32_t core = 0; core < s->cores; core++) {
		const struct view *view = &o->good[s->cells + core];

		for (size_t i = 0; i < view->count; i++) {
			same |= view->pages[i].pa == pa && view->pages[i].type == TYPE_NONCACHE;
			other |= view->pages[i].pa == pa && view->pages[i].type != TYPE_NONCACHE;
		}
	}
	if (pa == s->header->crash_pa) /* the boot alone writes it */
		return !other && !same;
	return !other && (same || (reach & (reach - 1))) &&
	       between(pa, s->header->writable_pa, s->header->writable_size);
}

/* What a core's EL2 has at this address; 0: nothing. */
static uint64_t el2_page(const struct oracle *o, const struct specimen *s, uint32_t core, uint64_t va)
{
	const struct view *view = &o->good[s->cells + core];

	for (size_t i = 0; va && i < view->count; i++) {
		if (view->pages[i].va == va)
			return view->pages[i].pa;
	}
	return 0;
}

/* The directory, or what a core writes as its telemetry or events, its cell as its log. */
static bool health_window(const struct oracle *o, const struct specimen *s, uint64_t pa)
{
	bool is = pa == s->directory_pa;

	for (uint32_t i = 0; i < s->cores; i++) {
		const struct bp_cell *cell = s->boot[i].root_pa ? s->cell[s->boot[i].cell] : NULL;
		const struct bp_core *core;

		if (!cell)
			continue;
		core = (const struct bp_core *)((const uint8_t *)cell + cell->cores.offset) +
		       s->boot[i].core_in_cell;
		is |= pa == el2_page(o, s, i, core->telemetry_va) || pa == el2_page(o, s, i, core->ring_va) ||
		      pa == el2_page(o, s, i, cell->log_va);
	}
	return is;
}

/* Of each core that runs two, of each cell that has one a log, and a directory of a page. */
static uint64_t health_windows(const struct specimen *s)
{
	uint64_t windows = 1;

	for (uint32_t i = 0; i < s->cores; i++)
		windows += s->boot[i].root_pa ? 2 : 0;
	for (uint32_t c = 0; c < s->cells; c++)
		windows += s->cell[c]->log_va != 0;
	return windows;
}

/* Of bulkhead.bin, blueprint and image store: what no core writes, and the boot doesn't. The directory's page
 * is a window of its own. */
static bool constant(const struct oracle *o, const struct specimen *s, uint64_t pa)
{
	if (!hypervisors(s, pa) || between(pa, s->header->writable_pa, s->header->writable_size) ||
	    between(pa, s->header->crash_pa, (1 + s->cores) * UINT64_C(4096)) || pa == s->directory_pa)
		return false;
	for (unsigned int i = 0; i < HV_SEGMENTS && s->hv->segments[i].size; i++) {
		const struct hv_segment *segment = &s->hv->segments[i];

		if ((segment->flags & HV_SEG_WRITE) && !(segment->flags & HV_SEG_PER_CORE) &&
		    between(pa, s->hv->load_pa + (segment->va - s->hv->segments[0].va), segment->size))
			return false;
	}
	for (uint32_t core = 0; core < s->cores; core++) {
		const struct view *view = &o->good[s->cells + core];

		for (size_t i = 0; i < view->count; i++)
			if (view->pages[i].pa == pa && (view->pages[i].rights & 2))
				return false;
	}
	return true;
}

/* The pages that the health cell must see, once each. */
static uint64_t constants(const struct oracle *o, const struct specimen *s)
{
	uint64_t pages = 0;

	for (uint64_t pa = RAM; pa < ORACLE_PAGES * UINT64_C(4096); pa += 4096)
		pages += constant(o, s, pa);
	return pages;
}

static bool seen_twice(const struct oracle *o, uint32_t c, size_t number)
{
	const struct page *pages = o->good[c].pages;

	for (size_t i = 0; i < number; i++)
		if (pages[i].pa == pages[number].pa)
			return true;
	return false;
}

/* RAM, devices, shared pages; and the health cell's windows, which lie in the hypervisor's memory. */
static bool cell_good(const struct declared *d, const struct oracle *o, const struct specimen *s, uint32_t c)
{
	const bool identical = !o->colors && !fdt_getprop(d->file, cell_node(d, s, c), "ram-base", NULL);
	uint32_t parties[MASKS][READ_WRITE + 1] = {0};
	uint64_t ram = 0, device_pages = 0, windows = 0, constant_pages = 0;

	for (size_t i = 0; i < o->good[c].count; i++) {
		const struct page *page = &o->good[c].pages[i];
		const uint8_t reach = page->pa / 4096 < ORACLE_PAGES ? o->good_reach[page->pa / 4096] : 0;

		if (c == d->health && constant(o, s, page->pa)) {
			if (page->rights != READ_ONLY || reach != 1u << c ||
			    page->type != (o->colors ? TYPE_NONCACHE : TYPE_WRITE_BACK) ||
			    seen_twice(o, c, i))
				return false;
			constant_pages++;
		} else if (oracle_window(page->pa)) {
			continue; /* declared_pci.c */
		} else if (page->type == TYPE_DEVICE) {
			const struct device *device = device_at(d, page->pa);

			if (!device || device->owner != (int)c || page->va != page->pa ||
			    page->rights != READ_WRITE)
				return false;
			device_pages++;
		} else if (page->rights == ALL) {
			if (page->type != TYPE_WRITE_BACK || reach != 1u << c || hypervisors(s, page->pa) ||
			    page->pa < RAM || (identical && page->va != page->pa))
				return false;
			ram++;
		} else if (page->type == TYPE_NONCACHE && (page->rights & READ_ONLY)) {
			if (!shared_good(o, s, page->pa, reach))
				return false;
			parties[reach][page->rights & READ_WRITE]++;
		} else {
			if (c != d->health || page->rights != READ_ONLY || reach != 1u << c ||
			    !health_window(o, s, page->pa) || seen_twice(o, c, i))
				return false;
			windows++;
		}
	}
	for (size_t i = 0; i < d->device_count; i++)
		device_pages -= d->devices[i].owner == (int)c ? d->devices[i].size / 4096 : 0;
	return !device_pages && ram == memory_pages(d, cell_node(d, s, c)) &&
	       !memcmp(parties, d->parties[c], sizeof(parties)) &&
	       windows == (c == d->health ? health_windows(s) : 0) &&
	       constant_pages == (c == d->health ? constants(o, s) : 0);
}

/* Configuration space of a function of the core's cell; of the IOMMU, on the service core. */
static bool functions_page(const struct specimen *s, uint32_t core, uint64_t pa)
{
	bool is = false;

	for (uint32_t i = 0; s->smmu && i < s->service->streams.count; i++)
		is |= s->streams[i].cell == s->boot[core].cell &&
		      pa == ECAM + s->streams[i].sid * UINT64_C(4096);
	return is || (s->smmu && core == s->header->service_core && between(pa, s->smmu->pa, 0x20000));
}

/* Stream table entries of functions that cells have: the service core alone writes them. */
static bool entries_page(const struct specimen *s, uint32_t core, uint64_t pa)
{
	bool is = false;

	for (uint32_t i = 0; s->smmu && i < s->service->streams.count; i++)
		is |= between(s->blueprint_pa + (uint64_t)((uint8_t *)specimen_stream(s, s->streams[i].sid) -
							   s->blueprint),
			      pa, 4096);
	return is && core == s->header->service_core;
}

/* A core's EL2: its cell's RAM, which the first core fills, but nobody else's; no device but the GIC and the
 * console. */
static bool core_good(const struct oracle *o, const struct specimen *s, uint32_t core)
{
	const uint32_t cell = s->boot[core].cell;
	const struct view *view = &o->good[s->cells + core];

	for (size_t i = 0; i < view->count; i++) {
		const struct page *page = &view->pages[i];
		const uint64_t number = page->pa / 4096, frame = (page->pa - GICR) / FRAME;

		bool root = false;

		for (uint32_t c = 0; c < s->cells; c++)
			root |= between(page->pa, s->cell[c]->vttbr & UINT64_C(0xfffffffff000), 8192);
		/* Of the image only the roots of stage 2 are written: its text by nobody. */
		if (number >= ORACLE_PAGES || (page->rights & 6) == 6 ||
		    ((page->rights & 2) && !root && !entries_page(s, core, page->pa) &&
		     between(page->pa, s->hv->load_pa, s->kernel->size)))
			return false;
		if (page->type == TYPE_DEVICE) {
			const bool its = frame < s->cores && page->pa >= GICR &&
					 (s->boot[frame].cell == cell || core == s->header->service_core);

			if (!its && !between(page->pa, GICD, 0x10000) && page->pa != UART &&
			    !functions_page(s, core, page->pa))
				return false;
			continue;
		}
		for (uint32_t c = 0; c < s->cells; c++) {
			if ((o->rights[c][number] & 4) && (c != cell || s->boot[core].core_in_cell))
				return false;
		}
	}
	return true;
}

static bool interrupts_good(const struct declared *d, const struct specimen *s)
{
	for (uint32_t id = 32; id < 1024; id++) {
		int owner = -1, owners = 0;
		bool wired = false;

		for (uint32_t c = 0; c < s->cells; c++) {
			if (!(s->cell[c]->spi_owned[id / 32] >> id % 32 & 1))
				continue;
			owner = (int)c;
			owners++;
		}
		for (size_t i = 0; i < d->device_count; i++) {
			if (d->devices[i].intid == id && d->devices[i].owner != owner)
				return false;
			wired |= d->devices[i].intid == id;
		}
		if (owners > 1 || (owners && !wired && id - FREE_SPI >= FREE_SPIS))
			return false;
	}
	return true;
}

static bool cores_good(const struct declared *d, const struct specimen *s, uint32_t c)
{
	int length;
	const fdt32_t *const cpus = fdt_getprop(d->file, cell_node(d, s, c), "cpus", &length);
	uint32_t count = 0;

	for (int i = 0; cpus && i < length / 4; i++) {
		const struct bp_boot_core *boot = &s->boot[fdt32_ld(&cpus[i])];

		if (!boot->root_pa || boot->cell != c || boot->core_in_cell != (uint32_t)i)
			return false;
	}
	for (uint32_t i = 0; i < s->cores; i++)
		count += s->boot[i].root_pa && s->boot[i].cell == c;
	return cpus && count == (uint32_t)length / 4;
}

bool declared_good(const struct oracle *o, const struct specimen *s)
{
	struct declared d = {.file = s->source, .health = s->cells};
	uint32_t cells = 0;
	bool good = true;
	int node;

	fdt_for_each_subnode(node, d.file, fdt_path_offset(d.file, "/cells"))
	{
		cells++;
	}
	for (uint32_t c = 0; c < s->cells; c++) {
		if (cell_node(&d, s, c) < 0)
			return false;
		if (listed(d.file, cell_node(&d, s, c), "role", "health"))
			d.health = c;
	}
	devices_declare(&d, s);
	boot_state_declare(&d, s);
	shared_declare(&d, s);
	for (uint32_t c = 0; c < s->cells; c++)
		good = good && cores_good(&d, s, c) && cell_good(&d, o, s, c);
	for (uint32_t i = 0; i < s->cores; i++)
		good = good && (!s->boot[i].root_pa || core_good(o, s, i));
	return good && cells == s->cells && interrupts_good(&d, s);
}
