/* SPDX-License-Identifier: Apache-2.0 */
/*
 * depends.c - what a device can't work without: clocks, resets, power domains, GPIOs, pins...
 *
 * Providers without registers (a fixed clock, a fixed regulator) belong to nobody and are copied into
 * every tree that needs them: what they need themselves is needed through them. Called by devices.c,
 * which keeps a device and its providers in one cell's hands.
 */
#include "front.h"

#include "interrupts.h"
#include "nexus.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

struct search {
	const struct board *board;
	size_t self;
	struct needs found;
	int *through; /* providers without registers that were followed */
	size_t through_count;
};

static void follow_node(struct search *search, int node, bool through);

static void follow_through(struct search *search, int node)
{
	for (size_t i = 0; i < search->through_count; i++)
		if (search->through[i] == node)
			return;
	search->through = memory_grow(search->through, search->through_count, sizeof(search->through[0]));
	search->through[search->through_count++] = node;
	follow_node(search, node, true);
}

static void add(struct search *search, const struct reference *reference, const struct reference_entry *entry)
{
	const struct board *const board = search->board;
	const int index = provider_of(board, entry->target);

	if (index == (int)search->self || entry->target == board->gic_node)
		return;
	if (index < 0) {
		follow_through(search, entry->target);
		return;
	}
	search->found.at = memory_grow(search->found.at, search->found.count, sizeof(search->found.at[0]));
	search->found.at[search->found.count++] = (struct need){(size_t)index, reference, *entry};
}

/* A provider without registers drives those of the system controller that it names. */
static bool is_needed(const struct reference *reference, bool through)
{
	return reference->rule == REFERENCE_NEED || (through && reference->rule == REFERENCE_PEER &&
						     reference->cells && !strcmp(reference->cells, "*"));
}

/* `interrupt-parent` isn't followed where it stands but where it is used. */
static bool follow_needed(void *context, const struct reference *reference,
			  const struct reference_entry *entry)
{
	if (is_needed(reference, false) && strcmp(reference->name, "interrupt-parent") != 0)
		add(context, reference, entry);
	return false;
}

static bool follow_through_needed(void *context, const struct reference *reference,
				  const struct reference_entry *entry)
{
	if (is_needed(reference, true) && strcmp(reference->name, "interrupt-parent") != 0)
		add(context, reference, entry);
	return false;
}

/* A bus that passes interrupts on is no provider: what they lead to is. */
static void follow_nexus(struct search *search, int node, int nexus)
{
	const void *const tree = search->board->tree.data;
	int length, size;
	const fdt32_t *const cells = fdt_getprop(tree, nexus, "#interrupt-cells", &size);
	const fdt32_t *const list = fdt_getprop(tree, node, "interrupts", &length);
	const int width = cells && size == sizeof(*cells) ? (int)fdt32_ld(cells) : 0;

	for (int at = 0; list && width > 0 && width <= length / 4 - at; at += width) {
		struct reference_entry parent = {.target = nexus};

		if (nexus_resolve(tree, node, &parent.target, &list[at]))
			add(search, reference_named("interrupt-parent"), &parent);
	}
}

static void follow_properties(struct search *search, int node, bool through)
{
	const void *const tree = search->board->tree.data;
	const struct reference_entry parent = {.target = interrupt_parent(tree, node)};

	(void)references_any(tree, node, through ? follow_through_needed : follow_needed, search);
	if (parent.target < 0 || !interrupt_parent_used(tree, node) ||
	    fdt_getprop(tree, node, "interrupts-extended", NULL))
		return;
	if (node_is_nexus(tree, parent.target))
		follow_nexus(search, node, parent.target);
	else
		add(search, reference_named("interrupt-parent"), &parent);
}

/* A node and its parts (a key of gpio-keys), not the devices on a bus. */
static void follow_node(struct search *search, int node, bool through)
{
	const void *const tree = search->board->tree.data;
	const int around = board_device_of(search->board, node);
	int child;

	follow_properties(search, node, through);
	fdt_for_each_subnode(child, tree, node)
	{
		if (!node_disabled(tree, child) && board_device_of(search->board, child) == around)
			follow_node(search, child, through);
	}
}

/* A device that others lie on (a wrapper of a USB controller) is needed by them; a plain bus has no driver.
 */
static void need_wrapper(struct search *search, int bus)
{
	static const struct reference lies_on = {"ranges", NULL, REFERENCE_NEED, false, NULL};
	const struct board *const board = search->board;
	const int index = board_device_of(board, bus);
	const struct device *const device = index >= 0 ? &board->devices[index] : NULL;
	const struct reference_entry entry = {.target = bus};

	if (device && device->node == bus && (device->regs.count || device->interrupts.count) &&
	    fdt_node_check_compatible(board->tree.data, bus, "simple-bus") != 0)
		add(search, &lies_on, &entry);
}

struct needs needs_of(const struct board *board, size_t device)
{
	struct search search = {.board = board, .self = device};
	const int node = board->devices[device].node;

	follow_node(&search, node, false);
	/* A bus that has a clock or a power domain works for none of its devices without. */
	for (int bus = node_parent(board->tree.data, node); bus > 0;
	     bus = node_parent(board->tree.data, bus)) {
		follow_properties(&search, bus, false);
		need_wrapper(&search, bus);
	}
	return search.found;
}
