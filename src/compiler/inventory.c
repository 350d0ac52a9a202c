/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory.c - the devices of the board's tree: registers, interrupts, and who may have them.
 *
 * Fails closed: a node counts as a bus master unless its first compatible is in known-slaves, and
 * what could undo the division (tables below) is nobody's. Called by board.c.
 */
#include "front.h"

#include "interrupts.h"
#include "ranges.h"
#include "regions.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

struct rule {
	const char *pattern; /* `*` at its end: any text that starts so; at its start: any that ends so; both:
				has it */
	const char *why;
	bool hypervisors; /* it is the hypervisor's own */
};

/* By compatible. */
static const struct rule forbidden_compatibles[] = {
	{"arm,gic-v3-its", "the hypervisor programs the interrupt translation service", true},
	{"arm,gic-*", "the hypervisor owns the interrupt controller", true},
	{"arm,cortex-a15-gic", "the hypervisor owns the interrupt controller", true},
	{"arm,smmu-*", "the hypervisor owns the IOMMU", true},
	{"arm,mmu-*", "the hypervisor owns the IOMMU", true},
	{"cfi-flash", "it holds firmware", false},
	{"jedec-flash", "it holds firmware", false},
	{"jedec,spi-nor", "it holds firmware", false},
	{"qemu,fw-cfg*", "its DMA reads and writes any memory", false},
	{"arm,psci*", "the hypervisor serves PSCI to each cell", false},
	{"arm,armv8-timer", "every core has its own", false},
	{"arm,armv7-timer*", "every core has its own", false},
	{"arm,armv8-pmuv3*", "every core has its own", false},
	{"arm,scmi*", "it is firmware that acts on the whole machine", false},
	{"arm,scpi*", "it is firmware that acts on the whole machine", false},
	{"linaro,optee-tz", "it is firmware that acts on the whole machine", false},
	{"arm,sp805", "a watchdog resets the whole machine", false},
	{"arm,sbsa-gwdt", "a watchdog resets the whole machine", false},
	{"*-wdt*", "a watchdog resets the whole machine", false},
	{"*,wdt*", "a watchdog resets the whole machine", false},
	{"*wdt-*", "a watchdog resets the whole machine", false},
	{"*watchdog*", "a watchdog resets the whole machine", false},
	{"*-rstc*", "it resets devices of all cells", false},
	{"*-pmucru*", "it resets devices of all cells", false},
	{"syscon-reboot*", "it resets or powers off the whole machine", false},
	{"syscon-poweroff*", "it resets or powers off the whole machine", false},
	{"gpio-poweroff*", "it resets or powers off the whole machine", false},
	{"gpio-restart*", "it resets or powers off the whole machine", false},
	{"pci-host-*", "PCI functions are given one by one", false},
	{"operating-points-*", "it describes cores", false},
};

/* By the presence of a property. */
static const struct rule forbidden_properties[] = {
	{"#iommu-cells", "the hypervisor owns the IOMMU", true},
	{"msi-controller", "the hypervisor programs the interrupt translation service", true},
	{"#reset-cells", "it resets devices of all cells", false},
	{"#power-domain-cells", "it powers devices of all cells", false},
	{"#hwlock-cells", "it is shared between processors", false},
	{"#mbox-cells", "it reaches other processors", false},
};

/* By compatible, where nothing else forbids it: the devices on it may be given. */
static const struct rule buses[] = {
	{"simple-bus", "it is a bus: name the devices on it", false},
	{"qemu,platform", "it is a bus: name the devices on it", false},
};

/* Stateless: described in a tree, but nothing to own. */
static const char *const descriptions[] = {"fixed-clock", "fixed-factor-clock", "regulator-fixed"};

static bool matches(const char *text, const char *pattern)
{
	const size_t length = strlen(pattern), text_length = strlen(text);

	if (length > 2 && pattern[0] == '*' && pattern[length - 1] == '*')
		return memmem(text, text_length, pattern + 1, length - 2) != NULL;
	if (length && pattern[length - 1] == '*')
		return strncmp(text, pattern, length - 1) == 0;
	if (length && pattern[0] == '*')
		return text_length >= length - 1 &&
		       strcmp(text + text_length - (length - 1), pattern + 1) == 0;
	return strcmp(text, pattern) == 0;
}

static const struct rule *rule_of(const void *tree, int node, const struct rule *rules, size_t count)
{
	const int names = fdt_stringlist_count(tree, node, "compatible");

	for (size_t i = 0; i < count; i++)
		for (int at = 0; at < names; at++)
			if (matches(fdt_stringlist_get(tree, node, "compatible", at, NULL), rules[i].pattern))
				return &rules[i];
	return NULL;
}

#define RULE_OF(tree, node, rules) rule_of(tree, node, rules, sizeof(rules) / sizeof((rules)[0]))

static const struct rule *controls_others(const void *tree, int node)
{
	for (size_t i = 0; i < sizeof(forbidden_properties) / sizeof(forbidden_properties[0]); i++)
		if (fdt_getprop(tree, node, forbidden_properties[i].pattern, NULL))
			return &forbidden_properties[i];
	return NULL;
}

static const struct rule *forbidding_rule(const void *tree, int node)
{
	static const struct rule pci = {"", "PCI functions are given one by one", false},
				 watchdog = {"", "a watchdog resets the whole machine", false};
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);
	const struct rule *rule;

	if (type && strcmp(type, "pci") == 0)
		return &pci;
	rule = RULE_OF(tree, node, forbidden_compatibles);
	if (!rule && strncmp(fdt_get_name(tree, node, NULL), "watchdog", 8) == 0)
		rule = &watchdog;
	return rule ? rule : controls_others(tree, node);
}

/* What lies within such a device is a part of it. */
static const struct rule *forbidding_above(const void *tree, int node)
{
	const struct rule *rule = NULL;

	for (node = node_parent(tree, node); node > 0 && !rule; node = node_parent(tree, node))
		rule = forbidding_rule(tree, node);
	return rule;
}

static bool is_known_slave(const struct board *board, const char *compatible)
{
	const size_t length = strlen(compatible);
	const char *const text = (const char *)board->known_slaves.data;
	const char *const end = text + board->known_slaves.size;

	for (const char *line = text; line && line < end;) {
		const char *const stop = memchr(line, '\n', (size_t)(end - line));
		const size_t rest = (size_t)((stop ? stop : end) - line);
		size_t word = 0;

		while (word < rest && !strchr(" \t\r#", line[word]))
			word++;
		if (word == length && memcmp(line, compatible, length) == 0)
			return true;
		line = stop ? stop + 1 : NULL;
	}
	return false;
}

/* ---- devices ---- */

static bool is_description(const void *tree, int node)
{
	for (size_t i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++)
		if (fdt_node_check_compatible(tree, node, descriptions[i]) == 0)
			return true;
	return false;
}

static bool lies_in(const struct ranges *where, const struct ranges *regs)
{
	for (size_t i = 0; i < regs->count; i++)
		if (ranges_overlap(where, regs->at[i]))
			return true;
	return false;
}

/* Some trees name the first page of these only; the others are as much the hypervisor's. */
static void complete_own(const void *tree, int node, struct ranges *regs)
{
	static const struct {
		const char *compatible;
		uint64_t size; /* GICv3 12.2.1; SMMUv3 6.1 */
	} own[] = {{"arm,gic-v3-its", 0x20000}, {"arm,smmu-v3", 0x20000}};

	for (size_t i = 0; regs->count && i < sizeof(own) / sizeof(own[0]); i++)
		if (fdt_node_check_compatible(tree, node, own[i].compatible) == 0 &&
		    regs->at[0].size < own[i].size)
			regs->at[0].size = own[i].size;
}

static bool beyond_reach(const struct board *board, const struct ranges *regs)
{
	for (size_t i = 0; i < regs->count; i++)
		if ((regs->at[i].base + (regs->at[i].size - 1)) >> board->pa_bits)
			return true;
	return false;
}

static const char odd_interrupt[] =
	"it has an interrupt that no cell can own: a PPI, or an SPI beyond the board's spi-count";

static void add_device(struct board *board, int node)
{
	const void *const tree = board->tree.data;
	const char *const compatible = fdt_getprop(tree, node, "compatible", NULL);
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);
	const struct ranges regs = registers_of(tree, node);
	const struct rule *rule, *above;
	struct device *device;

	if (type && strcmp(type, "memory") == 0)
		return;
	/* Registers count even where nothing says whose they are: a page of them may be shared. */
	if ((!compatible || is_description(tree, node)) && !regs.count)
		return;
	board->devices = memory_grow(board->devices, board->device_count, sizeof(board->devices[0]));
	device = &board->devices[board->device_count++];
	device->node = node;
	device->path = node_path(tree, node);
	device->regs = regs;
	complete_own(tree, node, &device->regs);
	device->owner = OWNER_NOBODY;
	device->has_iommu = fdt_getprop(tree, node, "iommus", NULL) != NULL;
	device->bus_master = !compatible || !is_known_slave(board, compatible);
	device->interrupts = interrupts_of(board, node);
	rule = forbidding_rule(tree, node);
	above = rule ? NULL : forbidding_above(tree, node);
	if (!rule && !above)
		rule = RULE_OF(tree, node, buses);
	if (type && strcmp(type, "pci") == 0) { /* behind its windows are functions of many cells */
		const struct ranges windows = windows_of(tree, node);

		ranges_add_all(&device->regs, &windows);
	}
	if (rule) {
		device->forbidden = true;
		device->why = rule->why;
		if (rule->hypervisors)
			device->owner = OWNER_HYPERVISOR;
	} else if (above) {
		device->forbidden = true;
		device->why = text_format("what it lies in is no cell's: %s", above->why);
	} else if (!compatible || is_description(tree, node)) {
		device->forbidden = true;
		device->why = "its compatible names no device";
	} else if (!node_enabled(tree, node)) {
		device->forbidden = device->disabled = true;
		device->why = "the board's tree has it disabled";
	} else if (regs.count && !registers_whole(tree, node)) {
		device->forbidden = true;
		device->why = "not all of its 'reg' are addresses of the CPUs, by the cells and 'ranges' of "
			      "the buses above";
	} else if (device->interrupts.odd) {
		device->forbidden = true;
		device->why = odd_interrupt;
	} else if (beyond_reach(board, &device->regs)) {
		device->forbidden = true;
		device->why =
			"its registers lie beyond the board's address bits (/cpu/pa-bits of machine.dts)";
	} else if (lies_in(&board->firmware, &device->regs)) {
		device->forbidden = true;
		device->why = "the machine's firmware is in it (/loader/firmware of machine.dts)";
	} else if (lies_in(&board->ram, &device->regs)) {
		device->forbidden = true;
		device->why = "its registers lie in RAM";
	} else if (device->bus_master && device->has_iommu) {
		device->why = "it masters the bus, and streams of the IOMMU are not supported yet";
	} else if (device->bus_master) {
		device->why = "it may master the bus and has no IOMMU in front (its compatible is not in "
			      "known-slaves)";
	}
}

/* Nodes below a bus are devices of their own; below anything else they are parts of it. */
static bool holds_devices(const void *tree, int node)
{
	return node == 0 || (fdt_getprop(tree, node, "ranges", NULL) && fdt_address_cells(tree, node) <= 2);
}

static void walk(struct board *board, int parent)
{
	const void *const tree = board->tree.data;
	int node;

	fdt_for_each_subnode(node, tree, parent)
	{
		const char *const name = fdt_get_name(tree, node, NULL);

		if (strcmp(name, "cpus") == 0 || strcmp(name, "reserved-memory") == 0)
			continue;
		add_device(board, node);
		if (holds_devices(tree, node))
			walk(board, node);
	}
}

static void forbid(struct device *device, const char *why)
{
	if (device->forbidden && !device->disabled)
		return;
	device->forbidden = true;
	device->disabled = false;
	device->why = why;
}

/* What a part of a device has and does is the device's: its interrupts, and what it does to others. */
static void count_parts(struct board *board)
{
	const void *const tree = board->tree.data;

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const int index = board_device_of(board, node);
		struct device *const device = index >= 0 ? &board->devices[index] : NULL;
		struct interrupts found;
		const struct rule *rule;

		if (!device || device->node == node || !node_enabled(tree, node))
			continue;
		found = interrupts_of(board, node);
		for (size_t i = 0; i < found.count; i++) {
			device->interrupts.at = memory_grow(device->interrupts.at, device->interrupts.count,
							    sizeof(found.at[0]));
			device->interrupts.at[device->interrupts.count++] = found.at[i];
		}
		rule = controls_others(tree, node);
		if (rule)
			forbid(device,
			       text_format("%s is a part of it: %s", node_path(tree, node), rule->why));
		if (found.odd)
			forbid(device, odd_interrupt);
	}
}

static void forbid_switch(struct board *board, int node, bool line)
{
	const int index = board_device_of(board, node);

	if (index >= 0)
		forbid(&board->devices[index], line ? "a line of it resets or powers off the machine"
						    : "a register of it resets or powers off the machine");
}

/* What a switch of the machine acts through: a line of a GPIO controller, a register of a system controller.
 */
static void forbid_switches(struct board *board)
{
	static const struct {
		const char *compatible;
		bool line;
	} switches[] = {{"gpio-poweroff", true},
			{"gpio-restart", true},
			{"syscon-reboot", false},
			{"syscon-poweroff", false}};
	const void *const tree = board->tree.data;

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		for (int node = fdt_node_offset_by_compatible(tree, -1, switches[i].compatible); node >= 0;
		     node = fdt_node_offset_by_compatible(tree, node, switches[i].compatible)) {
			const fdt32_t *const target =
				fdt_getprop(tree, node, switches[i].line ? "gpios" : "regmap", NULL);

			if (target)
				forbid_switch(board, node_by_phandle(tree, fdt32_ld(target)),
					      switches[i].line);
			else if (!switches[i].line) /* a part of the controller */
				forbid_switch(board, node_parent(tree, node), false);
		}
	}
}

/* Registers that the tree puts into RAM: nobody's, as the rest of their pages. */
static void reserve_within_ram(struct board *board, const struct ranges *regs)
{
	for (size_t i = 0; i < regs->count; i++) {
		const uint64_t base = align_down(regs->at[i].base, BP_PAGE_SIZE);
		const uint64_t last = (regs->at[i].base + (regs->at[i].size - 1)) | (BP_PAGE_SIZE - 1);

		if (ranges_overlap(&board->ram, regs->at[i]))
			ranges_add(&board->reserved, base, last - base + 1);
	}
}

/* What a bus passes on, unless that is everything: then it says nothing. */
static void occupy_window(struct board *board, struct range window)
{
	if (!ranges_overlap(&board->ram, window))
		ranges_add(&board->occupied, window.base, window.size);
}

/* Memory that is switched off is no RAM. */
static bool is_ram(const void *tree, int node)
{
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);

	return type && strcmp(type, "memory") == 0 && !node_disabled(tree, node);
}

/* What a device names of /reserved-memory is board->lent. */
static bool is_lent(const struct board *board, int node)
{
	return region_is_node(board->tree.data, node) && region_lent(board, node).count;
}

static void note_occupied(struct board *board)
{
	const void *const tree = board->tree.data;

	for (size_t i = 0; i < board->device_count; i++) /* with a PCI host's windows */
		reserve_within_ram(board, &board->devices[i].regs);
	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const struct ranges regs = registers_of(tree, node), windows = windows_of(tree, node);

		if (!is_ram(tree, node) && !is_lent(board, node))
			reserve_within_ram(board, &regs);
		for (size_t i = 0; i < regs.count; i++)
			ranges_add(&board->occupied, regs.at[i].base, regs.at[i].size);
		for (size_t i = 0; i < windows.count; i++)
			occupy_window(board, windows.at[i]);
	}
}

void board_inventory(struct board *board)
{
	walk(board, 0);
	count_parts(board);
	forbid_switches(board);
	note_occupied(board);
	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		for (size_t at = 0; at < device->interrupts.count; at++) {
			const struct interrupt *const interrupt = &device->interrupts.at[at];

			if (interrupt->intid < 32 && interrupt->edge)
				board->ppi_edge |= UINT32_C(1) << interrupt->intid;
		}
	}
}

int board_device_of(const struct board *board, int node)
{
	for (; node > 0; node = node_parent(board->tree.data, node)) {
		size_t low = 0, high = board->device_count; /* walk() found them in the tree's order */

		while (low < high) {
			const size_t middle = low + (high - low) / 2;

			if (board->devices[middle].node == node)
				return (int)middle;
			if (board->devices[middle].node < node)
				low = middle + 1;
			else
				high = middle;
		}
	}
	return -1;
}
