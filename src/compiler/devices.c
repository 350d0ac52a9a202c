/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices.c - gives each device of the board to at most one cell.
 *
 * First what cells name, then the stdout UART to the health cell, then the providers (clocks, GPIOs...)
 * that those need, then "rest" to who asks for it.
 * Two devices that can't be told apart (one page, one interrupt) or of which one can't work without
 * the other are in one hand: an error where both are named, left out of "rest" otherwise. Called by
 * plan_read.
 */
#include "front.h"

#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define NO_DEVICE SIZE_MAX

static struct place *claimed_at; /* by device */
static size_t *drawn_for;	 /* by device: the one that needs it, NO_DEVICE: it was named */
static struct needs *needs;	 /* by device, of those that needs_known */
static bool *needs_known;

struct rest {		    /* the cell that takes what is left; and what is given unasked */
	bool console_given; /* the stdout UART, to the health cell */
	int cell;	    /* -1: none */
	struct place at;
	const char **excluded; /* by device: why it is not in "rest", NULL: it may be */
};

struct place devices_place(size_t device)
{
	return claimed_at[device];
}

/* ---- names ---- */

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* "pl011@9000000" and "pl011" both name /pl011@9000000. */
static bool names_device(const char *name, const struct device *device)
{
	const char *const own = base_name(device->path);
	const size_t length = strlen(name);

	return strcmp(own, name) == 0 || (strncmp(own, name, length) == 0 && own[length] == '@');
}

struct indices devices_named(const struct board *board, const char *name)
{
	const int node = node_by_path(board->tree.data, name); /* a path or an alias */
	struct indices found = {NULL, 0};

	for (size_t i = 0; i < board->device_count; i++) {
		if (node >= 0 ? node != board->devices[i].node : !names_device(name, &board->devices[i]))
			continue;
		found.at = memory_grow(found.at, found.count, sizeof(found.at[0]));
		found.at[found.count++] = i;
	}
	return found;
}

/* A node that is none of the devices: why it can't be given. NULL: no such node. */
static const char *not_a_device(const struct board *board, const char *name)
{
	const void *const tree = board->tree.data;
	int node = fdt_path_offset(tree, name), part;

	for (int at = fdt_next_node(tree, -1, NULL); node < 0 && at >= 0;
	     at = fdt_next_node(tree, at, NULL)) {
		const char *const own = fdt_get_name(tree, at, NULL);
		const size_t length = strlen(name);

		if (strncmp(own, name, length) == 0 && length && (!own[length] || own[length] == '@'))
			node = at;
	}
	if (node < 0)
		return NULL;
	for (int up = node; up > 0; up = node_parent(tree, up)) {
		const char *const type = fdt_getprop(tree, up, "device_type", NULL);

		if (strcmp(fdt_get_name(tree, up, NULL), "cpus") == 0)
			return "cores are given by 'cpus'";
		if (type && strcmp(type, "memory") == 0)
			return "memory is given by 'memory'";
	}
	part = board_device_of(board, node);
	return part >= 0 ? text_format("it is a part of %s", board->devices[part].path) : "it is no device";
}

void devices_unknown(const struct board *board, struct place at, const char *name)
{
	const char *const why = not_a_device(board, name);
	const char **known = NULL;
	size_t count = 0;
	const int aliases = fdt_path_offset(board->tree.data, "/aliases");
	int property;

	if (why) {
		diag_error(at, "'%s' can't be given to a cell: %s", name, why);
		return;
	}
	for (size_t i = 0; i < board->device_count; i++) {
		const char *const own = base_name(board->devices[i].path);

		known = memory_grow(known, count, sizeof(known[0]));
		known[count++] = strchr(name, '@') ? own : text_copy(own, strcspn(own, "@"));
	}
	fdt_for_each_property_offset(property, board->tree.data, aliases)
	{
		known = memory_grow(known, count, sizeof(known[0]));
		fdt_getprop_by_offset(board->tree.data, property, &known[count++], NULL);
	}
	diag_error(at, "board '%s' has no device '%s'%s", board->name, name,
		   diag_did_you_mean(name, known, count));
}

/* ---- what cells name ---- */

static void claim(struct front *front, size_t cell, size_t index, struct place at)
{
	struct device *const device = &front->plan->board.devices[index];

	if (device->shared) {
		diag_error(at, "'%s' can't be given to a cell: it is shared read-only", device->path);
		diag_note(front_place(front, 0, "shared-read-only"), "shared here");
	} else if (device->forbidden || (device->bus_master && device->has_iommu)) {
		diag_error(at, "'%s' can't be given to a cell: %s%s", device->path, device->why,
			   fdt_node_check_compatible(front->plan->board.tree.data, device->node, "cfi-flash")
				   ? ""
				   : "; a bank that holds none may be the health cell's, by boot-state");
	} else if (device->bus_master && !front->plan->cells[cell].unprotected) {
		diag_error(at, "'%s' can't be given to a cell: %s; dma = \"unprotected\" admits it",
			   device->path, device->why);
	} else if (device->owner == (int)cell) {
		diag_error(at, "device '%s' stands twice in cell '%s'", device->path,
			   front->plan->cells[cell].name);
	} else if (device->owner >= 0) {
		diag_error(at, "device '%s' belongs to cell '%s' already", device->path,
			   front->plan->cells[device->owner].name);
		diag_note(claimed_at[index], "given to '%s' here", front->plan->cells[device->owner].name);
	} else {
		if (!registers_whole(front->plan->board.tree.data, device->node))
			diag_warning(at,
				     "no bus above passes the registers of '%s' on to the CPUs: cell '%s' "
				     "gets the device without them",
				     device->path, front->plan->cells[cell].name);
		device->owner = (int)cell;
		claimed_at[index] = at;
	}
}

static void exclude(struct front *front, struct rest *rest, const char *name, struct place at)
{
	const struct indices found = devices_named(&front->plan->board, name);

	if (!found.count)
		devices_unknown(&front->plan->board, at, name);
	for (size_t i = 0; i < found.count; i++)
		rest->excluded[found.at[i]] = text_format("the file leaves it out: \"-%s\"", name);
}

static void claim_by_name(struct front *front, size_t cell, const char *name, struct place at)
{
	const struct indices found = devices_named(&front->plan->board, name);

	if (found.count == 1)
		claim(front, cell, found.at[0], at);
	else if (!found.count)
		devices_unknown(&front->plan->board, at, name);
	else
		diag_error(at, "'%s' names %zu devices of the board: say which, such as '%s'", name,
			   found.count, base_name(front->plan->board.devices[found.at[0]].path));
}

static void read_cell(struct front *front, struct rest *rest, size_t cell)
{
	const int node = front->cell_nodes[cell];
	const struct place at = front_place(front, node, "devices");
	bool wants_rest = false;
	struct words words;

	value_words(front, node, "devices", &words);
	for (size_t i = 0; i < words.count; i++) {
		if (strcmp(words.at[i], "rest") != 0)
			continue;
		wants_rest = true;
		if (rest->cell >= 0 && rest->cell != (int)cell) {
			diag_error(at, "the rest belongs to cell '%s' already",
				   front->plan->cells[rest->cell].name);
			diag_note(rest->at, "given to '%s' here", front->plan->cells[rest->cell].name);
		} else if (rest->cell >= 0) {
			diag_error(at, "\"rest\" stands twice in cell '%s'", front->plan->cells[cell].name);
		} else {
			rest->cell = (int)cell;
			rest->at = at;
		}
	}
	for (size_t i = 0; i < words.count; i++) {
		if (words.at[i][0] != '-' && strcmp(words.at[i], "rest") != 0)
			claim_by_name(front, cell, words.at[i], at);
		else if (words.at[i][0] == '-' && wants_rest)
			exclude(front, rest, words.at[i] + 1, at);
		else if (words.at[i][0] == '-')
			diag_error(at, "\"%s\" leaves a device out of \"rest\", which cell '%s' doesn't have",
				   words.at[i], front->plan->cells[cell].name);
	}
}

/* The stdout UART is the health cell's unless another cell names it. */
static void give_console(struct front *front, struct rest *rest)
{
	struct plan *const plan = front->plan;
	const int uart = plan->board.uart_device;

	for (size_t i = 0; uart >= 0 && i < plan->cell_count; i++) {
		struct device *const device = &plan->board.devices[uart];

		if (!(plan->cells[i].flags & BP_CELL_HEALTH))
			continue;
		if (device->owner == OWNER_NOBODY && !device->forbidden && !device->bus_master) {
			device->owner = (int)i;
			claimed_at[uart] = front_place(front, front->cell_nodes[i], "role");
			rest->console_given = true;
		}
		if (device->owner == OWNER_NOBODY)
			rest->excluded[uart] = "it is the stdout UART, which the health cell can't have";
	}
}

/* ---- conflicts ---- */

static bool pages_overlap(struct range a, struct range b)
{
	const struct range first = {align_down(a.base, BP_PAGE_SIZE),
				    align_up(a.base + a.size, BP_PAGE_SIZE) -
					    align_down(a.base, BP_PAGE_SIZE)};
	const struct range second = {align_down(b.base, BP_PAGE_SIZE),
				     align_up(b.base + b.size, BP_PAGE_SIZE) -
					     align_down(b.base, BP_PAGE_SIZE)};

	return range_overlaps(first, second);
}

static const struct range *shared_page(const struct device *a, const struct device *b)
{
	for (size_t i = 0; i < a->regs.count; i++)
		for (size_t at = 0; at < b->regs.count; at++)
			if (pages_overlap(a->regs.at[i], b->regs.at[at]))
				return &b->regs.at[at];
	return NULL;
}

/* The INTID that two devices share, 0: none. */
static uint32_t shared_interrupt(const struct device *a, const struct device *b)
{
	for (size_t i = 0; i < a->interrupts.count; i++)
		for (size_t at = 0; at < b->interrupts.count; at++)
			if (a->interrupts.at[i].intid == b->interrupts.at[at].intid)
				return a->interrupts.at[i].intid;
	return 0;
}

static const struct needs *needs_of_device(const struct board *board, size_t index)
{
	if (!needs_known[index])
		needs[index] = needs_of(board, index);
	needs_known[index] = true;
	return &needs[index];
}

struct conflict {
	size_t other;
	const char *what;	 /* "shares ... with" or "needs" */
	const struct need *need; /* NULL: it shares */
	const char *why;	 /* of a need that a shared provider can't serve; NULL: it is none */
};

static bool find_shared(const struct board *board, size_t index, struct conflict *conflict)
{
	const struct device *const device = &board->devices[index];

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const other = &board->devices[i];
		const struct range *const page =
			other->owner != device->owner ? shared_page(device, other) : NULL;
		const uint32_t intid =
			other->owner != device->owner && (other->owner != OWNER_NOBODY ||
							  (other->forbidden && !other->disabled))
				? shared_interrupt(device, other)
				: 0;

		if (!page && !intid)
			continue;
		*conflict = (struct conflict){.other = i};
		conflict->what = page ? text_format("shares the page at 0x%" PRIx64 " with",
						    align_down(page->base, BP_PAGE_SIZE))
				      : text_format("shares interrupt %u with", intid);
		return true;
	}
	return false;
}

/* What of another's hands `index` can't be parted from. */
static bool find_conflict(const struct board *board, size_t index, struct conflict *conflict)
{
	const struct needs *const needed = needs_of_device(board, index);

	if (find_shared(board, index, conflict))
		return true;
	for (size_t i = 0; i < needed->count; i++) {
		const struct need *const need = &needed->at[i];
		const struct device *const provider = &board->devices[need->device];
		const char *const why = provider->shared ? shared_why_not(board, need) : NULL;

		if (provider->shared ? !why : provider->owner == board->devices[index].owner)
			continue;
		*conflict = (struct conflict){need->device, "needs", need, why};
		return true;
	}
	return false;
}

static const char *in_hands_of(const struct plan *plan, const struct conflict *conflict)
{
	const struct board *const board = &plan->board;
	const struct device *const other = &board->devices[conflict->other];
	const size_t user = drawn_for[conflict->other];

	if (conflict->why)
		return conflict->why;
	if (other->owner >= 0 && user != NO_DEVICE)
		return text_format("which '%s' of cell '%s' needs too", board->devices[user].path,
				   plan->cells[other->owner].name);
	if (other->owner >= 0)
		return text_format("which belongs to cell '%s'", plan->cells[other->owner].name);
	if (other->owner == OWNER_HYPERVISOR)
		return "which the hypervisor owns";
	return other->why ? "which no cell can own" : "which is not given to the same cell";
}

/* What would help where a provider can't be the cell's. */
static const char *remedy(const struct board *board, const struct conflict *conflict)
{
	const char *name;

	if (!conflict->need || conflict->why || !conflict->need->reference->shareable)
		return "";
	name = base_name(board->devices[conflict->other].path);
	return text_format(": share it, by shared-read-only = \"%s\" at the root",
			   devices_named(board, name).count == 1 ? name
								 : board->devices[conflict->other].path);
}

static void report_conflicts(struct front *front)
{
	const struct board *const board = &front->plan->board;

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i], *other;
		struct conflict conflict;
		size_t user;

		if (device->owner < 0 || !find_conflict(board, i, &conflict))
			continue;
		other = &board->devices[conflict.other];
		/* Of a pair that shares, the later one is told; the earlier is in the note. */
		if (conflict.other > i && other->owner >= 0 && !conflict.need)
			continue;
		diag_error(claimed_at[i], "device '%s' of cell '%s' %s '%s', %s%s", device->path,
			   front->plan->cells[device->owner].name, conflict.what, other->path,
			   in_hands_of(front->plan, &conflict), remedy(board, &conflict));
		user = drawn_for[conflict.other] == NO_DEVICE ? conflict.other : drawn_for[conflict.other];
		if (other->owner >= 0)
			diag_note(claimed_at[conflict.other], "'%s' is given to '%s' here",
				  board->devices[user].path, front->plan->cells[other->owner].name);
	}
}

/* ---- providers ---- */

/* A provider that nobody named comes along with the first device that needs it. */
static bool draw_in_for(struct board *board, size_t index)
{
	const struct needs *const needed = needs_of_device(board, index);
	bool any = false;

	for (size_t i = 0; i < needed->count; i++) {
		const size_t at = needed->at[i].device;
		struct device *const provider = &board->devices[at];

		if (provider->owner != OWNER_NOBODY || provider->forbidden || provider->bus_master ||
		    provider->shared)
			continue;
		provider->owner = board->devices[index].owner;
		claimed_at[at] = claimed_at[index];
		drawn_for[at] = index;
		any = true;
	}
	return any;
}

static void draw_in(struct board *board)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < board->device_count; i++)
			if (board->devices[i].owner >= 0)
				changed |= draw_in_for(board, i);
	}
}

/* ---- the console ---- */

static bool drawn_by(size_t index, size_t user)
{
	while (index != user && drawn_for[index] != NO_DEVICE)
		index = drawn_for[index];
	return index == user;
}

/* What the console, or a provider that came along for it alone, can't be parted from or needs, and can't
 * have. */
static bool console_lacks(const struct board *board, size_t uart, struct conflict *conflict)
{
	for (size_t i = 0; i < board->device_count; i++)
		if (board->devices[i].owner >= 0 && drawn_by(i, uart) && find_conflict(board, i, conflict))
			return true;
	return false;
}

/* The health cell does without a console that nobody asked for. */
static void console_or_none(struct front *front, struct rest *rest)
{
	struct board *const board = &front->plan->board;
	const size_t uart = (size_t)board->uart_device;
	struct conflict conflict;

	if (!rest->console_given || !console_lacks(board, uart, &conflict))
		return;
	rest->excluded[uart] =
		text_format("it is the stdout UART, and %s %s, %s", conflict.what,
			    board->devices[conflict.other].path, in_hands_of(front->plan, &conflict));
	diag_warning(claimed_at[uart], "the health cell has no console: %s %s %s, %s%s",
		     board->devices[uart].path, conflict.what, board->devices[conflict.other].path,
		     in_hands_of(front->plan, &conflict), remedy(board, &conflict));
	for (size_t i = 0; i < board->device_count; i++)
		if (i != uart && drawn_by(i, uart))
			board->devices[i].owner = OWNER_NOBODY;
	board->devices[uart].owner = OWNER_NOBODY;
}

/* ---- "rest" ---- */

static void leave_out(struct plan *plan, const char *path, const char *why)
{
	plan->left_out = memory_grow(plan->left_out, plan->left_out_count, sizeof(plan->left_out[0]));
	plan->left_out[plan->left_out_count++] = (struct left_out){path, why};
}

static void give_rest(struct front *front, struct rest *rest)
{
	struct board *const board = &front->plan->board;
	bool *const tentative = memory_new(board->device_count, sizeof(bool));
	bool changed = true;

	for (size_t i = 0; i < board->device_count; i++) {
		struct device *const device = &board->devices[i];

		if (device->shared)
			rest->excluded[i] = "it is shared read-only";
		if (device->forbidden || device->bus_master || device->owner != OWNER_NOBODY)
			continue;
		if (rest->excluded[i])
			continue;
		tentative[i] = true;
		device->owner = rest->cell;
		claimed_at[i] = rest->at;
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < board->device_count; i++) {
			struct conflict conflict;

			if (!tentative[i] || !find_conflict(board, i, &conflict))
				continue;
			tentative[i] = false;
			changed = true;
			board->devices[i].owner = OWNER_NOBODY;
			rest->excluded[i] = text_format("it %s %s, %s", conflict.what,
							board->devices[conflict.other].path,
							in_hands_of(front->plan, &conflict));
		}
	}
	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		if (device->owner < 0)
			leave_out(front->plan, device->path,
				  device->why && !device->shared ? device->why : rest->excluded[i]);
	}
}

/* [impl->swr~config-devices~1] */
void devices_assign(struct front *front)
{
	const size_t count = front->plan->board.device_count;
	struct rest rest = {.cell = -1, .excluded = memory_new(count, sizeof(rest.excluded[0]))};

	claimed_at = memory_new(count, sizeof(claimed_at[0]));
	drawn_for = memory_new(count, sizeof(drawn_for[0]));
	needs = memory_new(count, sizeof(needs[0]));
	needs_known = memory_new(count, sizeof(needs_known[0]));
	for (size_t i = 0; i < count; i++)
		drawn_for[i] = NO_DEVICE;
	shared_read(front);
	for (size_t i = 0; i < front->plan->cell_count; i++)
		read_cell(front, &rest, i);
	draw_in(&front->plan->board);
	give_console(front, &rest); /* what cells name comes first */
	draw_in(&front->plan->board);
	console_or_none(front, &rest);
	if (rest.cell >= 0)
		give_rest(front, &rest);
	report_conflicts(front);
}
