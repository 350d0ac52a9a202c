// SPDX-License-Identifier: Apache-2.0
/*
 * trees.c - changes of guest trees, in place: what a node promises and isn't there, and the reverse.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "mutant.h"

#define ADDRESS UINT64_C(0x0000fffffffff000)

struct property { /* of a guest tree */
	int node;
	const char *path, *name;
	uint8_t *data;
	int length;
};

static int node_next(const void *fdt, const char *contains, const char *property)
{
	int found[64], count = 0, node;

	for (node = 0; node >= 0 && count < 64; node = fdt_next_node(fdt, node, NULL)) {
		const char *name = fdt_get_name(fdt, node, NULL);

		if (name && strstr(name, contains) && (!property || fdt_getprop(fdt, node, property, NULL)))
			found[count++] = node;
	}
	return count ? found[chance((uint64_t)count)] : -1;
}

static uint32_t cell_at(const uint8_t *data, int index)
{
	return fdt32_ld((const fdt32_t *)(const void *)(data + index * 4));
}

static void cell_put(uint8_t *data, int index, uint32_t value)
{
	fdt32_st(data + index * 4, value);
}

/* Is the page there for the cell: mapped, or emulated? */
static bool reachable(const struct oracle *oracle, const struct specimen *s, uint32_t c, uint64_t va,
		      bool ram)
{
	const struct view *view = &oracle->good[c];
	const struct bp_mmio *mmio =
		(const struct bp_mmio *)((const uint8_t *)s->cell[c] + s->cell[c]->mmio.offset);

	for (size_t i = 0; i < view->count; i++) {
		if (view->pages[i].va == (va & ~UINT64_C(4095)))
			return !ram || (view->pages[i].rights & 4);
	}
	for (uint32_t i = 0; !ram && i < s->cell[c]->mmio.count; i++) {
		if (va >= mmio[i].ipa && va - mmio[i].ipa < mmio[i].size)
			return true;
	}
	return false;
}

/* Memory that a restart spares is told by its reserved node; a memory node may tell it, too. */
static bool kept(const struct specimen *s, uint32_t c, uint64_t ipa)
{
	const struct bp_region *regions =
		(const void *)((const uint8_t *)s->cell[c] + s->cell[c]->regions.offset);

	for (uint32_t i = 0; i < s->cell[c]->regions.count; i++) {
		if ((regions[i].flags & BP_REGION_KEEP) && ipa >= regions[i].ipa &&
		    ipa - regions[i].ipa < regions[i].size)
			return true;
	}
	return false;
}

/* One 2+2-cell entry of a reg: moved, larger, smaller. */
static bool reg_change(struct oracle *oracle, const struct specimen *s, uint32_t c, const struct property *p)
{
	const bool ram = strstr(p->path, "memory") || strstr(p->path, "keep@");
	const int entry = (int)chance((uint64_t)p->length / 16) * 4;
	const uint64_t base = (uint64_t)cell_at(p->data, entry) << 32 | cell_at(p->data, entry + 1);
	const uint32_t size = cell_at(p->data, entry + 3);
	uint64_t now = base;
	uint32_t now_size = size;
	bool lost = false;

	switch (chance(4)) {
	case 0:
		now += (chance(2) ? 1 : -UINT64_C(1)) * 4096 * (1 + chance(16));
		break;
	case 1:
		now = chance(0x100000) * 4096;
		break;
	case 2:
		now_size += 4096 * (uint32_t)(1 + chance(64));
		break;
	default:
		now_size -= size > 4096 ? 4096 * (uint32_t)(1 + chance(size / 4096 - 1)) : 0;
		break;
	}
	if (now == base && now_size == size)
		return false;
	cell_put(p->data, entry, (uint32_t)(now >> 32));
	cell_put(p->data, entry + 1, (uint32_t)now);
	cell_put(p->data, entry + 3, now_size);
	for (uint64_t page = now; page < now + now_size; page += 4096) {
		if (!reachable(oracle, s, c, page, ram))
			oracle->broken[RULE_TREE_REG] = true;
	}
	for (uint64_t page = base; page < base + size; page += 4096)
		lost |= (page < now || page >= now + now_size) &&
			!(strstr(p->path, "memory") && kept(s, c, page));
	if (strstr(p->path, "flash@"))
		oracle->broken[RULE_TREE_BOOT_STATE] = true;
	if (lost)
		oracle->broken[ram ? RULE_TREE_BASICS : RULE_TREE_DESCRIBED] = true;
	return true;
}

static bool owned(const struct specimen *s, uint32_t c, uint32_t type, uint32_t number)
{
	if (type == 1)
		return number < 16 && (s->cell[c]->ppi_owned >> (16 + number) & 1);
	return type == 0 && number < 988 &&
	       (s->cell[c]->spi_owned[(32 + number) / 32] >> (32 + number) % 32 & 1);
}

static bool irq_change(struct oracle *oracle, const struct specimen *s, uint32_t c, const struct property *p)
{
	if (p->length != 12)
		return false;
	if (!chance(3)) {
		cell_put(p->data, 2, cell_at(p->data, 2) == 4 ? 1 : 4);
		oracle->broken[RULE_TREE_IRQ] = true;
		return true;
	}
	cell_put(p->data, 1, (uint32_t)(cell_at(p->data, 1) + 1 + chance(100)));
	if (!owned(s, c, cell_at(p->data, 0), cell_at(p->data, 1)))
		oracle->broken[RULE_TREE_IRQ] = true;
	oracle->broken[RULE_TREE_DESCRIBED] = true;
	return true;
}

struct value { /* of a property that must be what the record or the file says */
	const char *node, *property;
	enum rule rule;
	bool number; /* else letters */
};

static const struct value values[] = {{"cpu@", "reg", RULE_TREE_BASICS, true},
				      {"cpu@", "enable-method", RULE_TREE_BASICS, false},
				      {"psci", "method", RULE_TREE_BASICS, false},
				      {"chosen", "bootargs", RULE_TREE_BASICS, false},
				      {"chosen", "linux,initrd-start", RULE_ENTRY, true},
				      {"chosen", "linux,initrd-end", RULE_ENTRY, true},
				      {"bulkhead", "cell-name", RULE_TREE_BULKHEAD, false},
				      {"bulkhead", "cell-index", RULE_TREE_BULKHEAD, true},
				      {"heartbeat@", "period-us", RULE_TREE_BULKHEAD, true},
				      {"channel@", "channel-index", RULE_TREE_BULKHEAD, true},
				      {"channel@", "channel-name", RULE_CHANNELS, false},
				      {"channel@", "reg", RULE_TREE_BULKHEAD, true},
				      {"pcie@", "reg", RULE_TREE_PCI, true},
				      {"pcie@", "bus-range", RULE_TREE_PCI, true},
				      {"pcie@", "msi-parent", RULE_TREE_PCI, true},
				      {"pcie@", "compatible", RULE_TREE_PCI, false},
				      {"v2m@", "reg", RULE_TREE_PCI, true},
				      {"v2m@", "arm,msi-base-spi", RULE_TREE_PCI, true},
				      {"v2m@", "arm,msi-num-spis", RULE_TREE_PCI, true},
				      {"chosen", "linux,pci-probe-only", RULE_TREE_PCI, true},
				      {"", "compatible", RULE_COUNT, false}};

/* Of the flash with the boot state, which one cell has. */
static const struct value flash[] = {{"flash@", "bulkhead,boot-state", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "bulkhead,identity", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "bulkhead,erase-block", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "bulkhead,confirm-after-ns", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "bulkhead,confirm-within-ns", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "bank-width", RULE_TREE_BOOT_STATE, true},
				     {"flash@", "compatible", RULE_TREE_BOOT_STATE, false}};

/* Of shared providers, and what leads to them: few cells have one, so these are drawn apart. */
static const struct value references[] = {{"bulkhead-clock", "phandle", RULE_TREE_REFERENCES, true},
					  {"rtc@", "clocks", RULE_TREE_REFERENCES, true},
					  {"bulkhead-clock", "clock-frequency", RULE_TREE_SHARED, true},
					  {"bulkhead-clock", "#clock-cells", RULE_TREE_SHARED, true},
					  {"bulkhead-clock", "compatible", RULE_TREE_SHARED, false}};

static bool value_change(struct oracle *oracle, void *fdt, const struct value *rows, size_t count)
{
	const size_t row = chance(count);
	const int node =
		rows[row].rule == RULE_COUNT ? 0 : node_next(fdt, rows[row].node, rows[row].property);
	int length;
	uint8_t *data;

	if (node < 0)
		return false;
	data = (uint8_t *)(uintptr_t)fdt_getprop(fdt, node, rows[row].property, &length);
	if (!data || length < 4)
		return false;
	if (rows[row].number && !strcmp(rows[row].property, "reg") && length == 16)
		cell_put(data, 1, cell_at(data, 1) ^ UINT32_C(0x10000) << chance(8));
	else if (rows[row].number)
		cell_put(data, length / 4 - 1,
			 cell_at(data, length / 4 - 1) ^
				 (rows[row].rule == RULE_ENTRY ? (uint32_t)(1 + chance(0xffffff))
							       : UINT32_C(1) << chance(24)));
	else
		data[chance((uint64_t)length - 1)] = (uint8_t)('A' + chance(26));
	if (rows[row].rule != RULE_COUNT)
		oracle->broken[rows[row].rule] = true;
	return true;
}

static bool device_node(const char *name)
{
	return strstr(name, "serial@") || strstr(name, "gpio@") || strstr(name, "rtc@");
}

/* Nodes and properties that go, and nodes that are switched off. */
static bool node_drop(struct oracle *oracle, const struct specimen *s, uint32_t c, void *fdt)
{
	static const char *const kinds[] = {"serial@",	  "gpio@",   "rtc@",  "channel@", "heartbeat@",
					    "cpu@",	  "memory@", "keep@", "timer",	  "psci",
					    "directory@", "pcie@",   "v2m@",  "flash@"};
	const char *kind = kinds[chance(sizeof(kinds) / sizeof(kinds[0]))];
	const int node = node_next(fdt, kind, NULL);

	if (node <= 0)
		return false;
	if (device_node(kind) && chance(2) && fdt_getprop(fdt, node, "interrupts", NULL)) {
		(void)fdt_nop_property(fdt, node, "interrupts");
		oracle->broken[RULE_TREE_DESCRIBED] = true;
		return true;
	}
	if (!strcmp(kind, "memory@") && kept(s, c, cell_at(fdt_getprop(fdt, node, "reg", NULL), 1))) {
		(void)fdt_nop_node(fdt, node);
		return true;
	}
	(void)fdt_nop_node(fdt, node);
	if (!strcmp(kind, "cpu@") || !strcmp(kind, "memory@") || !strcmp(kind, "keep@") ||
	    !strcmp(kind, "psci"))
		oracle->broken[RULE_TREE_BASICS] = true;
	else if (!strcmp(kind, "pcie@") || !strcmp(kind, "v2m@"))
		oracle->broken[RULE_TREE_PCI] = true;
	else if (!strcmp(kind, "channel@") || !strcmp(kind, "heartbeat@") || !strcmp(kind, "directory@"))
		oracle->broken[RULE_TREE_BULKHEAD] = true;
	else
		oracle->broken[RULE_TREE_DESCRIBED] = true;
	if (!strcmp(kind, "flash@"))
		oracle->broken[RULE_TREE_BOOT_STATE] = true;
	return true;
}

static void swap(uint8_t *left, uint8_t *right, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const uint8_t byte = left[i];

		left[i] = right[i];
		right[i] = byte;
	}
}

/* What the board's node has and the cell has, too, said of another node, in another order, or in part. */
static bool board_change(struct oracle *oracle, void *fdt)
{
	static const char *const devices[] = {"serial@9", "gpio@", "rtc@"};
	static const char *const words[] = {"reg", "interrupts", "compatible"};
	const char *word = words[chance(3)];
	const int one = node_next(fdt, devices[chance(3)], NULL),
		  two = node_next(fdt, devices[chance(3)], NULL);
	const int timer = node_next(fdt, "timer", NULL);
	int length = 0, other = 0;
	uint8_t *left, *right;

	oracle->broken[RULE_TREE_BOARD] = true;
	if (!chance(4)) { /* four interrupts of three cells; the third is the guest's */
		left = (uint8_t *)(uintptr_t)fdt_getprop(fdt, timer, "interrupts", &length);
		if (length == 48)
			swap(left + 24, left + 12 * (size_t)(chance(2) * 3), 12);
		return length == 48;
	}
	left = (uint8_t *)(uintptr_t)fdt_getprop(fdt, one, word, &length);
	right = (uint8_t *)(uintptr_t)fdt_getprop(fdt, two, word, &other);
	if (!left || one <= 0)
		return false;
	if (one != two && right && length == other && memcmp(left, right, (size_t)length) != 0) {
		swap(left, right, (size_t)length);
		return true;
	}
	if (!strcmp(word, "compatible"))
		left[chance(8)] ^= 1;
	else if (!strcmp(word, "reg") && length >= 16)
		cell_put(left, 3, cell_at(left, 3) - (uint32_t)(4 + 4 * chance(64)));
	else
		return false;
	return true;
}

bool tree_change(struct oracle *oracle, struct specimen *s, char *what, size_t size)
{
	static const char *const with_reg[] = {
		"serial@", "gpio@", "rtc@", "memory@", "heartbeat@", "directory@", "interrupt-controller@",
		"keep@",   "flash@"};
	const uint32_t c = (uint32_t)chance(s->cells);
	const unsigned int draw = (unsigned int)chance(12);
	struct property p = {.name = draw < 3 ? "reg" : "interrupts"};
	void *fdt = s->tree[c];

	(void)snprintf(what, size, "guest tree of cell %u (%u)", c, draw);
	if (draw == 5)
		return value_change(oracle, fdt, values, sizeof(values) / sizeof(values[0]));
	if (draw == 10)
		return board_change(oracle, fdt);
	if (draw == 11)
		return value_change(oracle, fdt, flash, sizeof(flash) / sizeof(flash[0]));
	if (draw > 7)
		return value_change(oracle, fdt, references, sizeof(references) / sizeof(references[0]));
	if (draw == 6)
		return node_drop(oracle, s, c, fdt);
	if (draw == 7) {
		if (chance(8)) /* only now and then: one rule's */
			return value_change(oracle, fdt, values, sizeof(values) / sizeof(values[0]));
		s->tree[c][chance(4)] ^= (uint8_t)(1 + chance(255));
		oracle->broken[RULE_GUEST_TREE] = true;
		return true;
	}
	p.path = draw < 3 ? with_reg[chance(sizeof(with_reg) / sizeof(with_reg[0]))] : "@";
	p.node = node_next(fdt, p.path, p.name);
	if (p.node <= 0)
		return false;
	p.path = fdt_get_name(fdt, p.node, NULL);
	p.data = (uint8_t *)(uintptr_t)fdt_getprop(fdt, p.node, p.name, &p.length);
	(void)snprintf(what, size, "guest tree of cell %u: %s of %s", c, p.name, p.path);
	return draw < 3 ? p.length >= 16 && reg_change(oracle, s, c, &p) : irq_change(oracle, s, c, &p);
}
