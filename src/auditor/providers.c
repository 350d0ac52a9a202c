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
		      const struct list *list, provider_fn *found, void *context)
{
	uint32_t phandle;

	for (unsigned int at = 0; node_u32(tree, node, property, at, &phandle);) {
		const struct node *provider = tree_phandle(tree, phandle);
		uint32_t width = 0;

		if (provider && list->cells &&
		    (!node_u32(tree, provider, list->cells, 0, &width) || width > ARGUMENTS_MAX))
			return;
		if (provider)
			found(provider, list->fixable, context);
		at += 1 + width;
	}
}

void providers_each(const struct tree *tree, const struct node *node, provider_fn *found, void *context)
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
		       provider_fn *found, void *context)
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
			found(controller, false, context);
	}
}

/* The controller that the node's `interrupts` go to, named by the node or by what it lies in. */
static void interrupt_parent_each(const struct tree *tree, const struct node *node, provider_fn *found,
				  void *context)
{
	const struct node *parent = interrupt_parent(tree, node);

	if (parent && node_is_nexus(tree, parent)) {
		nexus_each(tree, node, parent, found, context);
		return;
	}
	if (parent && !node_flag(tree, node, "interrupts-extended") &&
	    (node_flag(tree, node, "interrupts") || node_flag(tree, node, "interrupt-controller")))
		found(parent, false, context);
}

static void controllers_each(const struct tree *tree, const struct node *node, provider_fn *found,
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
				found(provider, false, context);
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

/* A node and its parts: what lies below and has no registers of its own. */
static void wait_for(struct search *search, const struct node *top)
{
	const struct tree *tree = &search->audit->board.tree;
	const size_t first = (size_t)(top - tree->nodes);

	for (size_t i = first; i < tree->count && (i == first || tree->nodes[i].parent >= (int)first); i++) {
		const struct node *node = &tree->nodes[i];
		const struct node *up = node;

		while (up != top && up->enabled && !up->reg_count)
			up = &tree->nodes[up->parent];
		if (up != top || search->seen[i])
			continue;
		search->seen[i] = true;
		search->waiting[search->count++] = i;
	}
}

static void provider_found(const struct node *provider, bool fixable, void *context)
{
	struct search *search = context;
	const struct audit *audit = search->audit;
	const struct tree *tree = &audit->board.tree;
	const struct node *up = provider;

	/* A pin state or a clock output stands below the device that has the registers. */
	while (!up->reg_count && up->parent > 0 && !shared_provider(audit, up) &&
	       !audit->board.never[up - tree->nodes])
		up = &tree->nodes[up->parent];
	if (up == search->self || provider == audit->board.gic)
		return;
	if (up->reg_count || shared_provider(audit, up) || audit->board.never[up - tree->nodes])
		search->found(up, fixable, search->context);
	else
		wait_for(search, provider);
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
