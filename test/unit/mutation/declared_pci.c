// SPDX-License-Identifier: Apache-2.0
/*
 * declared_pci.c - PCI functions: what the sources ask for against what a good image gives, page by page,
 * StreamID by StreamID, and event by event.
 *
 * It knows the forms that the specimens use: names of machine.dts, one IOMMU and one ITS that have all
 * requester IDs as they are, memory BARs.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define MESSAGES UINT64_C(0x8090000) /* the ITS's page for them */
#define ADDRESS	 UINT64_C(0x0000fffffffff000)
#define MEMORY	 0x200u

struct asked {
	int owner[DECLARED_RIDS]; /* by requester ID; -1: nobody's */
	uint64_t bar_pages[SPECIMEN_CELLS];
};

uint32_t declared_rid(const char *address)
{
	return (uint32_t)(strtoul(address + 5, NULL, 16) << 8 | strtoul(address + 8, NULL, 16) << 3 |
			  strtoul(address + 11, NULL, 16));
}

static int function_node(const void *inventory, uint32_t rid)
{
	int node;

	fdt_for_each_subnode(node, inventory, 0)
	{
		if (declared_rid(fdt_getprop(inventory, node, "address", NULL)) == rid)
			return node;
	}
	return -1;
}

/* Pages of the memory BARs from row `first` on, a virtual function's part of them. */
static uint64_t bars_of(const void *inventory, int node, int first, uint64_t parts)
{
	const fdt64_t *const rows = fdt_getprop(inventory, node, "resources", NULL);
	uint64_t pages = 0;

	for (int i = first; i < first + 6; i++)
		if (fdt64_ld(&rows[3 * i + 2]) & MEMORY)
			pages += (fdt64_ld(&rows[3 * i + 1]) / parts + 4095) / 4096;
	return pages;
}

/* NAME or NAME.vfN: offset and stride stand in the SR-IOV capability, the first extended one here. */
static void name_take(struct asked *asked, const struct specimen *s, const char *text, uint32_t c)
{
	const char *const vf = strstr(text, ".vf");
	const int names = fdt_path_offset(s->machine->data, "/pci-names");
	const char *address;
	uint32_t rid;
	int node;

	address = fdt_getprop_namelen(s->machine->data, names, text,
				      vf ? (int)(vf - text) : (int)strlen(text), NULL);
	rid = declared_rid(address);
	node = function_node(s->pci->data, rid);
	if (vf) {
		const uint8_t *const config = fdt_getprop(s->pci->data, node, "config", NULL);

		asked->bar_pages[c] += bars_of(s->pci->data, node, 7, config[0x10e]);
		rid += config[0x114] + (uint32_t)strtoul(vf + 3, NULL, 10) * config[0x116];
	} else {
		asked->bar_pages[c] += bars_of(s->pci->data, node, 0, 1);
	}
	asked->owner[rid] = (int)c;
}

static void ask(struct asked *asked, const struct specimen *s)
{
	memset(asked, 0, sizeof(*asked));
	for (uint32_t rid = 0; rid < DECLARED_RIDS; rid++)
		asked->owner[rid] = -1;
	for (uint32_t c = 0; c < s->cells; c++) {
		char path[64];
		int node;

		(void)snprintf(path, sizeof(path), "/cells/%.31s", s->cell[c]->name);
		node = fdt_path_offset(s->source, path);
		for (int i = 0; i < fdt_stringlist_count(s->source, node, "pci"); i++)
			name_take(asked, s, fdt_stringlist_get(s->source, node, "pci", i, NULL), c);
	}
}

void declared_owners(const struct specimen *s, int owner[DECLARED_RIDS])
{
	struct asked asked;

	ask(&asked, s);
	memcpy(owner, asked.owner, sizeof(asked.owner));
}

/* A cell's stream leads to its table, under its number; all others abort. */
static bool streams_good(const struct asked *asked, const struct specimen *s)
{
	for (uint32_t sid = 0; sid < STREAMS(s); sid++) {
		const uint64_t *const ste = specimen_stream(s, sid);
		const int owner = asked->owner[sid];

		if (!ste || (owner < 0 ? ste[0] != 1
				       : ste[0] != 0xd || (ste[2] & 0xffff) != (uint64_t)owner + 1 ||
						 (ste[3] & ADDRESS) != s->dma_root[owner]))
			return false;
	}
	return true;
}

static const struct page *page_of(const struct view *view, uint64_t va)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->pages[i].va == va)
			return &view->pages[i];
	return NULL;
}

/* RAM and channels as the cell's cores have them, but for what no function has; the page for messages. */
static bool dma_good(const struct oracle *o, const struct specimen *s, uint32_t c)
{
	const struct view *const cores = &o->good[c], *const dma = &o->good[s->cells + s->cores + 1 + c];
	const struct bp_channel *const channels =
		(const void *)((const uint8_t *)s->cell[c] + s->cell[c]->channels.offset);
	uint64_t due = 1;

	if (!s->dma_root[c])
		return !dma->count;
	for (size_t i = 0; i < cores->count; i++)
		due += cores->pages[i].type == TYPE_WRITE_BACK && cores->pages[i].rights == 7;
	for (uint32_t i = 0; i < s->cell[c]->channels.count; i++)
		due += channels[i].size / 4096;
	for (size_t i = 0; i < dma->count; i++) {
		const struct page *const page = &dma->pages[i], *const same = page_of(cores, page->va);

		if (page->pa == MESSAGES
			    ? page->va != MESSAGES || page->rights != 2 || page->type != TYPE_DEVICE
			    : !same || same->pa != page->pa || same->type != page->type ||
				      page->type == TYPE_DEVICE || (same->rights & 3) != page->rights)
			return false;
	}
	return dma->count == due;
}

/* What the host's windows lead to is one cell's, and as much as its functions have. */
static bool bars_good(const struct asked *asked, const struct oracle *o, const struct specimen *s, uint32_t c)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < o->good[c].count; i++) {
		const struct page *const page = &o->good[c].pages[i];

		if (!oracle_window(page->pa))
			continue;
		if (page->va != page->pa || page->type != TYPE_DEVICE || page->rights != 3 ||
		    o->good_reach[page->pa / 4096] != 1u << c)
			return false;
		pages++;
	}
	return pages == asked->bar_pages[c];
}

bool declared_functions_good(const struct oracle *o, const struct specimen *s)
{
	struct asked asked;
	bool good;

	ask(&asked, s);
	good = streams_good(&asked, s);
	for (uint32_t c = 0; c < s->cells; c++)
		good = good && dma_good(o, s, c) && bars_good(&asked, o, s, c);
	return good;
}
