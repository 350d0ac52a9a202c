// SPDX-License-Identifier: Apache-2.0
/*
 * providers.c - what a device node depends on: clocks, resets, power domains, GPIOs, pins, supplies.
 */
#include <string.h>

#include "model.h"

/* Properties that are lists of phandles, each with as many cells as the provider says. */
static const struct {
	const char *property, *cells;
} lists[] = {{"clocks", "#clock-cells"},
	     {"resets", "#reset-cells"},
	     {"power-domains", "#power-domain-cells"},
	     {"dmas", "#dma-cells"},
	     {"phys", "#phy-cells"},
	     {"mboxes", "#mbox-cells"},
	     {"gpios", "#gpio-cells"},
	     {"regmap", NULL}};

#define PINCTRL_STATES 4

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

/* `cells` NULL: plain phandles. */
static void list_each(const struct tree *tree, const struct node *node, const char *property,
		      const char *cells, provider_fn *found, void *context)
{
	uint32_t phandle;

	for (unsigned int at = 0; node_u32(tree, node, property, at, &phandle);) {
		const struct node *provider = tree_phandle(tree, phandle);
		uint32_t width = 0;

		if (!provider || (cells && (!node_u32(tree, provider, cells, 0, &width) || width > 16)))
			return;
		found(provider, context);
		at += 1 + width;
	}
}

void providers_each(const struct tree *tree, const struct node *node, provider_fn *found, void *context)
{
	char pins[] = "pinctrl-0";

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		list_each(tree, node, lists[i].property, lists[i].cells, found, context);
	for (int state = 0; state < PINCTRL_STATES; state++) {
		pins[sizeof(pins) - 2] = (char)('0' + state);
		list_each(tree, node, pins, NULL, found, context);
	}
	for (unsigned int i = 0;; i++) {
		const char *property = node_property_name(tree, node, i);

		if (!property)
			return;
		if (ends_with(property, "-supply"))
			list_each(tree, node, property, NULL, found, context);
		else if (ends_with(property, "-gpios") || ends_with(property, "-gpio"))
			list_each(tree, node, property, "#gpio-cells", found, context);
	}
}
