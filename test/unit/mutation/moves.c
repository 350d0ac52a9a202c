// SPDX-License-Identifier: Apache-2.0
/*
 * moves.c - whole pages moved with their bytes, and all that leads to them: where memory has colours, it is
 * the new place's colour alone that says whether that is harmless.
 */
#include <stdio.h>
#include <string.h>

#include "mutant.h"

#define ADDRESS	   UINT64_C(0x0000fffffffff000)
#define TRIES	   4096
#define LEAVES_MAX 64u

/* The descriptor of a page in a table of three levels; NULL: there is none, or a block. */
static uint64_t *leaf_at(const struct specimen *s, uint32_t root, uint64_t va)
{
	uint64_t table = root < s->cells ? s->cell[root]->vttbr & ADDRESS : s->boot[root - s->cells].root_pa;

	for (unsigned int level = 1; table; level++) {
		uint64_t *const entry = specimen_word(s, table + (va >> (39 - 9 * level) & 511) * 8);

		if (!entry || (*entry & 3) != 3 || level == 3)
			return entry && (*entry & 3) == 3 ? entry : NULL;
		table = *entry & ADDRESS;
	}
	return NULL;
}

static void lead(uint64_t *entry, uint64_t pa)
{
	*entry = (*entry & ~ADDRESS) | pa;
}

/* Half of the places have a colour of the cell. */
static bool fits(const struct oracle *o, uint32_t cell, uint64_t pa, bool own)
{
	return oracle_color(o, cell, pa) == own;
}

/* A page of the blueprint that is nothing; 0: not found. */
static uint64_t blueprint_gap(const struct oracle *o, const struct specimen *s, uint32_t cell)
{
	static const uint8_t zeroes[4096];
	const bool own = chance(2);

	for (int i = 0; i < TRIES; i++) {
		const uint64_t page = chance(s->blueprint_size / 4096), pa = s->blueprint_pa + page * 4096;

		if (!o->table_of[page] && !o->good_users[pa / 4096] && !specimen_told_page(s, pa) &&
		    fits(o, cell, pa, own) && !memcmp(s->blueprint + page * 4096, zeroes, 4096))
			return pa;
	}
	return 0;
}

static uint64_t writable_gap(const struct oracle *o, const struct specimen *s, uint32_t cell)
{
	const bool own = chance(2);

	for (int i = 0; i < TRIES; i++) {
		const uint64_t pa = s->header->writable_pa + chance(s->header->writable_size / 4096) * 4096;

		if (!o->good_users[pa / 4096] && fits(o, cell, pa, own))
			return pa;
	}
	return 0;
}

static void copy(const struct specimen *s, uint64_t from, uint64_t to)
{
	memcpy(specimen_word(s, to), specimen_word(s, from), 4096);
}

/* A table that is walked through on the way to a page that the root has, or a core's root itself. */
static bool table_move(const struct oracle *o, struct specimen *s, uint32_t root, uint32_t cell, char *what,
		       size_t size)
{
	const struct view *view = &o->good[root];
	const uint64_t va = view->pages[chance(view->count)].va, to = blueprint_gap(o, s, cell);
	const unsigned int level = (unsigned int)chance(3);
	uint64_t *entry;

	if (!to || (!level && root < s->cells))
		return false;
	if (!level) {
		copy(s, s->boot[root - s->cells].root_pa, to);
		s->boot[root - s->cells].root_pa = to;
	} else {
		const uint64_t top =
			root < s->cells ? s->cell[root]->vttbr & ADDRESS : s->boot[root - s->cells].root_pa;

		entry = specimen_word(s, top + (va >> 30 & 511) * 8);
		if (level == 2 && (*entry & 3) == 3)
			entry = specimen_word(s, (*entry & ADDRESS) + (va >> 21 & 511) * 8);
		if ((*entry & 3) != 3)
			return false;
		copy(s, *entry & ADDRESS, to);
		lead(entry, to);
	}
	(void)snprintf(what, size, "root %u: a table of level %u moved to %llx", root, level + 1,
		       (unsigned long long)to);
	return true;
}

static bool text_move(const struct oracle *o, struct specimen *s, uint32_t root, uint32_t cell, char *what,
		      size_t size)
{
	const struct view *view = &o->good[root];
	const uint64_t to = blueprint_gap(o, s, cell);

	for (int i = 0; to && i < TRIES; i++) {
		const struct page *page = &view->pages[chance(view->count)];
		uint64_t *const entry = leaf_at(s, root, page->va);

		if (page->va < EL2_VA_TEXT || page->va >= EL2_VA_PRIVATE || !entry)
			continue;
		copy(s, page->pa, to);
		lead(entry, to);
		(void)snprintf(what, size, "root %u: text at %llx moved to %llx", root,
			       (unsigned long long)page->va, (unsigned long long)to);
		return true;
	}
	return false;
}

/* Private memory, telemetry, events, state, log: in all roots that have the page. */
static bool writable_move(const struct oracle *o, struct specimen *s, uint32_t root, uint32_t cell,
			  char *what, size_t size)
{
	const struct view *view = &o->good[root];
	const uint64_t to = writable_gap(o, s, cell);
	uint64_t from = 0, *entries[LEAVES_MAX];
	size_t count = 0;

	for (int i = 0; to && !from && i < TRIES; i++) {
		const struct page *page = &view->pages[chance(view->count)];

		if (page->pa >= s->header->writable_pa &&
		    page->pa - s->header->writable_pa < s->header->writable_size &&
		    page->type == TYPE_WRITE_BACK)
			from = page->pa;
	}
	for (uint32_t r = 0; from && r < s->cells + s->cores; r++) {
		for (size_t i = 0; i < o->good[r].count && count < LEAVES_MAX; i++) {
			if (o->good[r].pages[i].pa == from)
				entries[count++] = leaf_at(s, r, o->good[r].pages[i].va);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (!entries[i])
			return false;
	}
	for (size_t i = 0; i < count; i++)
		lead(entries[i], to);
	(void)snprintf(what, size, "root %u: page %llx moved to %llx, in %zu places", root,
		       (unsigned long long)from, (unsigned long long)to, count);
	return count;
}

/* A page of memory that the cell gets instead of its own, or what no cache holds and that it caches now. */
static bool leaf_spoil(const struct oracle *o, struct specimen *s, uint32_t root, char *what, size_t size)
{
	const struct view *view = &o->good[root];
	const struct page *page = &view->pages[chance(view->count)];
	uint64_t *const entry = leaf_at(s, root, page->va);

	if (!entry)
		return false;
	if (page->type == TYPE_NONCACHE) {
		*entry &= ~(root < s->cells ? UINT64_C(15) << 2 : UINT64_C(7) << 2);
		*entry |= (root < s->cells ? UINT64_C(15) << 2 : 0) | 3 << 8;
	} else if (page->type == TYPE_WRITE_BACK) {
		lead(entry, page->pa + (1 + chance(2 * COLORS)) * 4096);
	} else {
		return false;
	}
	(void)snprintf(what, size, "root %u: %llx cached, or of the next pages", root,
		       (unsigned long long)page->va);
	return true;
}

bool page_move(const struct oracle *o, struct specimen *s, uint32_t root, char *what, size_t size)
{
	const int cell = root_cell(s, root);

	if (cell < 0 || !o->good[root].count)
		return false;
	switch (chance(4)) {
	case 0:
		return table_move(o, s, root, (uint32_t)cell, what, size);
	case 1:
		return text_move(o, s, root, (uint32_t)cell, what, size);
	case 2:
		return writable_move(o, s, root, (uint32_t)cell, what, size);
	default:
		return leaf_spoil(o, s, root, what, size);
	}
}
