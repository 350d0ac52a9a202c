// SPDX-License-Identifier: Apache-2.0
/*
 * providers.c - what a device node depends on: clocks, resets, power domains, GPIOs, pins, supplies,
 * interrupt controllers. Providers without registers are followed to what they depend on themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Properties that are lists of phandles, each with as many cells as the provider says. */
static const struct list {
	const char *property, *cells; /* a '*' at the property's start or end: any text; cells NULL: none */
	bool fixable;		      /* does without being driven: as the firmware set it */
} lists[] = {{"clocks", "#clock-cells", true},
	     {"resets", "#reset-cells", true},
	     {"power-domains", "#power-domain-cells", true},
	     {"pinctrl-0", NULL, true},
	     {"*-supply", NULL, true},
	     {"phys", "#phy-cells", false},
	     {"phy-handle", NULL, false},
	     {"gpios", "#gpio-cells", false},
	     {"gpio", "#gpio-cells", false},
	     {"*-gpios", "#gpio-cells", false},
	     {"*-gpio", "#gpio-cells", false},
	     {"pwms", "#pwm-cells", false},
	     {"io-channels", "#io-channel-cells", false},
	     {"interrupts-extended", "#interrupt-cells", false},
	     {"regmap", NULL, false}};

/* System controllers through which a provider without registers acts: the first cell is the phandle. */
static const char *const controllers[] = {"*syscon", "syscon*", "*grf"};

/* What has to be driven, and is no clock. */
static const struct reference driven = {0};

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define ARGUMENTS_MAX 16u

static bool matches(const char *pattern, const char *name)
{
	const size_t length = strlen(pattern) - 1, have = strlen(name);

	if (pattern[0] == '*')
		return have > length && !strcmp(name + have - length, pattern + 1);
	if (pattern[length] == '*')
		return have > length && !strncmp(name, pattern, length);
	return !strcmp(pattern, name);
}

static void list_each(const struct tree *tree, const struct node *node, const char *property,
		      const struct list *list, reference_fn *found, void *context)
{
	uint32_t phandle;

	for (unsigned int at = 0; node_u32(tree, node, property, at, &phandle);) {
		const struct node *provider = tree_phandle(tree, phandle);
		uint32_t width = 0;

		if (provider && list->cells)
			(void)node_u32(tree, provider, list->cells, 0, &width);
		if (width > ARGUMENTS_MAX)
			return;
		if (provider)
			found(provider,
			      &(struct reference){node, !strcmp(property, "clocks"), list->fixable, at + 1,
						  width},
			      context);
		at += 1 + width;
	}
}

void providers_each(const struct tree *tree, const struct node *node, reference_fn *found, void *context)
{
	const char *property;

	for (unsigned int i = 0; (property = node_property_name(tree, node, i)); i++) {
		for (size_t j = 0; j < COUNT(lists); j++) {
			if (!matches(lists[j].property, property))
				continue;
			list_each(tree, node, property, &lists[j], found, context);
			break;
		}
	}
}

/* A bus that passes interrupts on provides nothing: what they lead to does. */
static void nexus_each(const struct tree *tree, const struct node *node, const struct node *nexus,
		       reference_fn *found, void *context)
{
	uint32_t width = 0, cell;

	if (node_flag(tree, node, "interrupts-extended") ||
	    !node_u32(tree, nexus, "#interrupt-cells", 0, &width) || !width || width > ARGUMENTS_MAX)
		return;
	for (unsigned int at = 0; node_u32(tree, node, "interrupts", at + width - 1, &cell); at += width) {
		struct specifier specifier;
		const struct node *controller =
			interrupt_leads_to(tree, node, nexus, "interrupts", at, &specifier);

		if (controller)
			found(controller, &driven, context);
	}
}

/* The controller that the node's `interrupts` go to, named by the node or by what it lies in. */
static void interrupt_parent_each(const struct tree *tree, const struct node *node, reference_fn *found,
				  void *context)
{
	const struct node *parent = interrupt_parent(tree, node);

	if (parent && node_is_nexus(tree, parent)) {
		nexus_each(tree, node, parent, found, context);
		return;
	}
	if (parent && !node_flag(tree, node, "interrupts-extended") &&
	    (node_flag(tree, node, "interrupts") || node_flag(tree, node, "interrupt-controller")))
		found(parent, &driven, context);
}

static void controllers_each(const struct tree *tree, const struct node *node, reference_fn *found,
			     void *context)
{
	const char *property;
	uint32_t phandle;

	for (unsigned int i = 0; (property = node_property_name(tree, node, i)); i++) {
		for (size_t j = 0; j < COUNT(controllers); j++) {
			const struct node *provider =
				matches(controllers[j], property) &&
						node_u32(tree, node, property, 0, &phandle)
					? tree_phandle(tree, phandle)
					: NULL;

			if (provider)
				found(provider, &driven, context);
		}
	}
}

/* ---- through those without registers ---- */

struct search {
	const struct audit *audit;
	const struct node *self;
	bool *seen; /* by node index: followed, or about to be */
	size_t *waiting;
	size_t count;
	provider_fn *found;
	void *context;
};

/* A node and its parts, not the devices on a bus. */
static void wait_for(struct search *search, const struct node *top)
{
	const struct board *board = &search->audit->board;
	const struct tree *tree = &board->tree;
	const size_t first = (size_t)(top - tree->nodes);

	for (size_t i = first; i < tree->count && (i == first || tree->nodes[i].parent >= (int)first); i++) {
		const struct node *up = &tree->nodes[i];

		while (up != top && up->enabled && board->device[up - tree->nodes] == board->device[first])
			up = &tree->nodes[up->parent];
		if (up != top || search->seen[i])
			continue;
		search->seen[i] = true;
		search->waiting[search->count++] = i;
	}
}

/* What has to be somebody's: not a fixed clock, say, which every tree has a copy of. A bus is nobody's
 * because the devices on it are given one by one; it provides nothing. */
static bool has_owner(const struct audit *audit, const struct node *device)
{
	const struct board *board = &audit->board;
	const enum device_class class = board->classes[device - board->tree.nodes];

	return device->reg_count || device_irqs(board, device) || shared_provider(audit, device) ||
	       ((class == DEVICE_FORBIDDEN || class == DEVICE_DISABLED) &&
		!node_flag(&board->tree, device, "ranges"));
}

/* The nearest device upwards that has to be somebody's; NULL: there is none. */
static const struct node *provider_around(const struct audit *audit, const struct node *node)
{
	const struct board *board = &audit->board;
	const struct node *device = device_around(board, node);

	while (device && !has_owner(audit, device))
		device = device_around(board, &board->tree.nodes[device->parent]);
	return device;
}

/* A clock is told by its specifier alone, so that one node of a shared device may give clocks. */
static bool clock_served(const struct audit *audit, const struct partition_shared *shared,
			 const struct reference *reference)
{
	const struct tree *tree = &audit->board.tree;
	size_t givers = 0;
	uint64_t hz;

	for (size_t i = 0; i < tree->count; i++)
		givers += node_within(tree, &tree->nodes[i], shared->provider) &&
			  node_flag(tree, &tree->nodes[i], "#clock-cells");
	return givers < 2 && shared_rate(shared, tree, reference->user, reference->at, reference->width, &hz);
}

static void provider_found(const struct node *target, const struct reference *reference, void *context)
{
	struct search *search = context;
	const struct audit *audit = search->audit;
	const struct node *provider = provider_around(audit, target);
	const struct partition_shared *shared = provider ? shared_provider(audit, provider) : NULL;

	if (provider == search->self || target == audit->board.gic)
		return;
	if (!provider)
		wait_for(search, target);
	else
		search->found(provider,
			      shared && reference->fixable &&
				      (!reference->clock || clock_served(audit, shared, reference)),
			      search->context);
}

void needs_each(const struct audit *audit, const struct node *node, provider_fn *found, void *context)
{
	const struct tree *tree = &audit->board.tree;
	struct search search = {.audit = audit, .self = node, .found = found, .context = context};
	size_t own;

	search.seen = memory_zeroed(tree->count, sizeof(*search.seen));
	search.waiting = memory_zeroed(tree->count, sizeof(*search.waiting));
	wait_for(&search, node);
	own = search.count;
	/* A bus that has a clock or a power domain works for none of its devices without. */
	for (const struct node *bus = node; bus->parent > 0;) {
		bus = &tree->nodes[bus->parent];
		providers_each(tree, bus, provider_found, &search);
		interrupt_parent_each(tree, bus, provider_found, &search);
		/* A device that others lie on is needed by them; a plain bus has no driver. */
		if (device_around(&audit->board, bus) == bus &&
		    (bus->reg_count || device_irqs(&audit->board, bus)) &&
		    !node_compatible(tree, bus, "simple-bus"))
			provider_found(bus, &driven, &search);
	}
	for (size_t i = 0; i < search.count; i++) {
		const struct node *next = &tree->nodes[search.waiting[i]];

		providers_each(tree, next, provider_found, &search);
		interrupt_parent_each(tree, next, provider_found, &search);
		if (i >= own)
			controllers_each(tree, next, provider_found, &search);
	}
	free(search.seen);
	free(search.waiting);
}
