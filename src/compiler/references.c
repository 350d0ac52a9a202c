/* SPDX-License-Identifier: Apache-2.0 */
/*
 * references.c - which properties hold phandles, how long their entries are, and what they mean for a
 * device that is given to a cell. After the devicetree bindings.
 */
#include "references.h"

#include "nodes.h"

#include <string.h>

static const struct reference references[] = {
	{"interrupt-parent", NULL, REFERENCE_NEED, false, NULL},
	{"interrupts-extended", "#interrupt-cells", REFERENCE_NEED, false, NULL},
	{"clocks", "#clock-cells", REFERENCE_NEED, true, "clock-names"},
	{"assigned-clocks", "#clock-cells", REFERENCE_OPTION, false, NULL},
	{"assigned-clock-parents", "#clock-cells", REFERENCE_OPTION, false, NULL},
	{"resets", "#reset-cells", REFERENCE_NEED, true, "reset-names"},
	{"power-domains", "#power-domain-cells", REFERENCE_NEED, true, "power-domain-names"},
	{"pinctrl-0", NULL, REFERENCE_NEED, true, "pinctrl-names"},
	{"pinctrl-*", NULL, REFERENCE_OPTION, true, NULL},
	{"*-supply", NULL, REFERENCE_NEED, true, NULL},
	{"phys", "#phy-cells", REFERENCE_NEED, false, "phy-names"},
	{"phy-handle", NULL, REFERENCE_NEED, false, NULL},
	{"gpios", "#gpio-cells", REFERENCE_NEED, false, NULL},
	{"gpio", "#gpio-cells", REFERENCE_NEED, false, NULL},
	{"*-gpios", "#gpio-cells", REFERENCE_NEED, false, NULL},
	{"*-gpio", "#gpio-cells", REFERENCE_NEED, false, NULL},
	{"gpio-ranges", "*", REFERENCE_DROP, false, NULL},
	{"pwms", "#pwm-cells", REFERENCE_NEED, false, "pwm-names"},
	{"io-channels", "#io-channel-cells", REFERENCE_NEED, false, "io-channel-names"},
	{"regmap", NULL, REFERENCE_NEED, false, NULL},
	{"dmas", "#dma-cells", REFERENCE_OPTION, false, "dma-names"},
	{"mboxes", "#mbox-cells", REFERENCE_OPTION, false, "mbox-names"},
	{"hwlocks", "#hwlock-cells", REFERENCE_OPTION, false, "hwlock-names"},
	{"next-level-cache", NULL, REFERENCE_OPTION, false, NULL},
	{"cpu", NULL, REFERENCE_PEER, false, NULL},
	{"operating-points-v2", NULL, REFERENCE_PEER, false, NULL},
	{"required-opps", NULL, REFERENCE_PEER, false, NULL},
	{"remote-endpoint", NULL, REFERENCE_PEER, false, NULL},
	{"sound-dai", "#sound-dai-cells", REFERENCE_PEER, false, NULL},
	{"thermal-sensors", "#thermal-sensor-cells", REFERENCE_PEER, false, NULL},
	{"*syscon", "*", REFERENCE_PEER, false, NULL},
	{"syscon*", "*", REFERENCE_PEER, false, NULL},
	{"*grf", "*", REFERENCE_PEER, false, NULL},
	{"interconnects", "#interconnect-cells", REFERENCE_DROP, false, "interconnect-names"},
	{"nvmem-cells", "#nvmem-cell-cells", REFERENCE_DROP, false, "nvmem-cell-names"},
	{"memory-region", NULL, REFERENCE_OPTION, false, "memory-region-names"},
	{"iommu-addresses", NULL, REFERENCE_DROP, false, NULL},
	{"iommus", "#iommu-cells", REFERENCE_DROP, false, NULL},
	{"iommu-map", "*", REFERENCE_DROP, false, NULL},
	{"iommu-map-mask", "*", REFERENCE_DROP, false, NULL},
	{"msi-parent", "#msi-cells", REFERENCE_DROP, false, NULL},
	{"msi-map", "*", REFERENCE_DROP, false, NULL},
	{"msi-map-mask", "*", REFERENCE_DROP, false, NULL},
	{"cpu-idle-states", NULL, REFERENCE_DROP, false, NULL},
	{"interrupt-affinity", NULL, REFERENCE_DROP, false, NULL},
	{"trips", "*", REFERENCE_DROP, false, NULL},
	{"cooling-device", "#cooling-cells", REFERENCE_DROP, false, NULL},
	/* Not references, but as little a guest's: what is random or unique. */
	{"rng-seed", "*", REFERENCE_DROP, false, NULL},
	{"kaslr-seed", "*", REFERENCE_DROP, false, NULL},
	{"mac-address", "*", REFERENCE_DROP, false, NULL},
	{"local-mac-address", "*", REFERENCE_DROP, false, NULL},
};

#define REFERENCES (sizeof(references) / sizeof(references[0]))

static bool name_matches(const char *pattern, const char *name)
{
	const size_t length = strlen(name), last = strlen(pattern) - 1;

	if (pattern[0] == '*')
		return length > last && !strcmp(pattern + 1, name + length - last);
	if (pattern[last] == '*')
		return length > last && !strncmp(pattern, name, last);
	return !strcmp(pattern, name);
}

const struct reference *reference_named(const char *property)
{
	/* pinctrl-names and pinctrl-single,pins are none. */
	if (!strncmp(property, "pinctrl-", 8) && !strchr("0123456789", property[8]))
		return NULL;
	for (size_t i = 0; i < REFERENCES; i++)
		if (name_matches(references[i].name, property))
			return &references[i];
	return NULL;
}

const struct reference *reference_of_names(const char *property)
{
	for (size_t i = 0; i < REFERENCES; i++)
		if (references[i].names && !strcmp(references[i].names, property))
			return &references[i];
	return NULL;
}

static uint32_t argument_count(const void *tree, int target, const char *cells, size_t rest)
{
	int size = 0;
	const fdt32_t *value;

	if (!cells)
		return 0;
	if (!strcmp(cells, "*"))
		return (uint32_t)rest;
	value = fdt_getprop(tree, target, cells, &size);
	if (!value || size != sizeof(*value))
		return 0;
	return fdt32_ld(value) < rest ? fdt32_ld(value) : (uint32_t)rest;
}

bool reference_next(const void *tree, const struct reference *reference, const fdt32_t *list, size_t count,
		    size_t *at, struct reference_entry *entry)
{
	if (*at >= count)
		return false;
	*entry = (struct reference_entry){node_by_phandle(tree, fdt32_ld(&list[*at])), &list[*at + 1], 0};
	++*at;
	if (entry->target >= 0)
		entry->argument_count = argument_count(tree, entry->target, reference->cells, count - *at);
	*at += entry->argument_count;
	return true;
}

bool references_any(const void *tree, int node, reference_visit *visit, void *context)
{
	int property;

	fdt_for_each_property_offset(property, tree, node)
	{
		int length;
		const char *name;
		const fdt32_t *const list = fdt_getprop_by_offset(tree, property, &name, &length);
		const struct reference *const reference = list ? reference_named(name) : NULL;
		const size_t count = (size_t)length / sizeof(*list);
		struct reference_entry entry;

		for (size_t at = 0; reference && reference_next(tree, reference, list, count, &at, &entry);)
			if (entry.target >= 0 && visit(context, reference, &entry))
				return true;
	}
	return false;
}

static int device_at(const struct board *board, int node)
{
	for (size_t i = 0; i < board->device_count; i++)
		if (board->devices[i].node == node)
			return (int)i;
	return -1;
}

int provider_of(const struct board *board, int node)
{
	const void *const tree = board->tree.data;

	for (; node > 0; node = node_parent(tree, node)) {
		const int index = device_at(board, node);
		const struct device *const device = index >= 0 ? &board->devices[index] : NULL;

		/* A bus is forbidden because devices are given one by one; it provides nothing. */
		if (device && (device->regs.count || device->interrupts.count || device->shared ||
			       (device->forbidden && !fdt_getprop(tree, node, "ranges", NULL))))
			return index;
	}
	return -1;
}

const struct clock_rate *clock_rate_find(const struct device *provider, const struct reference_entry *entry)
{
	for (size_t i = 0; i < provider->rate_count; i++) {
		const struct clock_rate *const rate = &provider->rates[i];
		bool same = rate->count == entry->argument_count;

		for (uint32_t at = 0; same && at < rate->count; at++)
			same = rate->specifier[at] == fdt32_ld(&entry->arguments[at]);
		if (same)
			return rate;
	}
	return NULL;
}
