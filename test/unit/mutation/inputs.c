// SPDX-License-Identifier: Apache-2.0
/*
 * inputs.c - the image stays, and what it was to be made from says something else; and the FIT around it.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "mutant.h"

#define ADDRESS UINT64_C(0x0000fffffffff000)

enum change { DIGIT, LETTER, NUMBER, TWICE, GONE, NAME };

struct row {
	const char *part, *node, *property;
	enum change change;
	int at; /* NUMBER: the cell */
	enum rule rule;
};

static const struct row rows[] = {
	{"partitions", "cells/", "memory", DIGIT, 0, RULE_MEMORY},
	{"partitions", "cells/", "ram-base", DIGIT, 0, RULE_PLACEMENT},
	{"partitions", "cells/", "ram-base", DIGIT, 0, RULE_PLACEMENT},
	{"partitions", "cells/", "ram-base", DIGIT, 0, RULE_PLACEMENT},
	{"partitions", "cells/", "ram-base", DIGIT, 0, RULE_PLACEMENT},
	{"partitions", "cells/", "memory", LETTER, 0, RULE_INPUT},
	{"partitions", "cells/", "heartbeat", LETTER, 0, RULE_INPUT},
	{"partitions", "cells/", "interrupts", LETTER, 0, RULE_INPUT},
	{"partitions", "cells/", "heartbeat", DIGIT, 0, RULE_TIMES},
	{"partitions", "cells/", "boot-timeout", DIGIT, 0, RULE_TIMES},
	{"partitions", "cells/", "cpus", NUMBER, 0, RULE_CORES},
	{"partitions", "cells/", "kernel", LETTER, 0, RULE_IMAGES},
	{"partitions", "cells/", "image", LETTER, 0, RULE_IMAGES},
	{"partitions", "cells/", "load", DIGIT, 0, RULE_ENTRY},
	{"partitions", "cells/", "entry", DIGIT, 0, RULE_ENTRY},
	{"partitions", "cells/", "bootargs", LETTER, 0, RULE_TREE_BASICS},
	{"partitions", "cells/", "interrupts", GONE, 0, RULE_MODE},
	{"partitions", "cells/", "essential", GONE, 0, RULE_CELLS},
	{"partitions", "cells/", "role", LETTER, 0, RULE_CELLS},
	{"partitions", "cells/", "devices", LETTER, 0, RULE_DEVICES},
	{"partitions", "cells/", "devices", GONE, 0, RULE_STAGE2},
	{"partitions", "cells/", "memory", NAME, 0, RULE_CELLS},
	{"partitions", "cells/", "colors", NUMBER, 0, RULE_COLORS},
	{"partitions", "cells/", "colors", GONE, 0, RULE_COLORS},
	{"partitions", "cells/", "boot-state", DIGIT, 0, RULE_BOOT_STATE},
	{"partitions", "cells/", "boot-state", LETTER, 0, RULE_BOOT_STATE},
	{"partitions", "cells/", "boot-state", GONE, 0, RULE_TREE_BOOT_STATE},
	{"partitions", "cells/", "confirm-after", DIGIT, 0, RULE_TREE_BOOT_STATE},
	{"partitions", "cells/", "confirm-within", DIGIT, 0, RULE_TREE_BOOT_STATE},
	{"partitions", "cells/", "confirm-within", LETTER, 0, RULE_INPUT},
	{"partitions", "channels/", "size", DIGIT, 0, RULE_CHANNELS},
	{"partitions", "channels/", "size", NAME, 0, RULE_CHANNELS},
	{"partitions", "channels/", "from", LETTER, 0, RULE_INPUT},
	{"partitions", "channels/", "doorbell", GONE, 0, RULE_CHANNELS},
	{"partitions", "/", "shared-read-only", DIGIT, 0, RULE_TREE_SHARED},
	{"partitions", "/", "shared-read-only", LETTER, 0, RULE_INPUT},
	{"partitions", "faults", "restart-window", DIGIT, 0, RULE_TIMES},
	{"machine", "cpu", "pa-bits", NUMBER, 0, RULE_MACHINE},
	{"machine", "gic", "spi-count", NUMBER, 0, RULE_MACHINE},
	{"machine", "gic", "list-registers", NUMBER, 0, RULE_MACHINE},
	{"machine", "gic", "redistributor-frames", NUMBER, 0, RULE_MACHINE},
	{"machine", "smmu", "idr0", NUMBER, 0, RULE_MACHINE},
	{"machine", "loader", "firmware", NUMBER, 1, RULE_BOOT_STATE}, /* it reaches into the next bank */
	{"machine", "loader", "erase-block", NUMBER, 0, RULE_BOOT_STATE},
	{"fdt", "cpu@", "reg", NUMBER, 0, RULE_CORE_OWNER},
	{"fdt", "l2-cache", "cache-sets", NUMBER, 0, RULE_COLORS},
	{"fdt", "l2-cache", "cache-sets", TWICE, 0, RULE_COLORS},
	{"fdt", "l2-cache", "cache-line-size", TWICE, 0, RULE_COLORS},
	{"fdt", "l2-cache", "cache-size", TWICE, 0, RULE_COUNT}, /* as many colours */
	{"fdt", "serial@", "reg", NUMBER, 1, RULE_MACHINE},
	{"fdt", "interrupt-controller@", "reg", NUMBER, 1, RULE_MACHINE},
	{"fdt", "memory@", "reg", NUMBER, 3, RULE_MACHINE},
};

/* Of PCI functions, where cells have some. */
static const struct row function_rows[] = {
	{"partitions", "cells/", "pci", LETTER, 0, RULE_PCI},
	{"partitions", "cells/", "pci", GONE, 0, RULE_PCI_CONFIG},
	{"partitions", "cells/", "msis", NUMBER, 0, RULE_INTERRUPTS},
	{"partitions", "cells/", "allow-peer-dma", GONE, 0, RULE_PCI_GROUP},
	{"machine", "smmu", "idr1", NUMBER, 0, RULE_MACHINE},
	{"machine", "smmu", "idr5", NUMBER, 0, RULE_MACHINE},
	{"machine", "its", "typer", NUMBER, 0, RULE_MACHINE},
	{"machine", "its", "processors", NUMBER, 0, RULE_MACHINE},
	{"fdt", "pcie@", "iommu-map", NUMBER, 2, RULE_STREAMS},
	{"fdt", "pcie@", "msi-map", NUMBER, 2, RULE_MESSAGES},
	{"fdt", "pcie@", "reg", NUMBER, 1, RULE_PCI_SPACE},
	{"pci", "-00.0", "vendor", NUMBER, 0, RULE_PCI_MACHINE},
	{"pci", "-00.0", "device", NUMBER, 0, RULE_PCI_MACHINE},
	{"pci", "-00.0", "class", NUMBER, 0, RULE_PCI_MACHINE},
	{"pci", "-00.0", "address", LETTER, 0, RULE_INPUT},
};

static struct part *part_of(struct specimen *s, const char *name)
{
	for (size_t i = 0; i < s->part_count; i++) {
		if (!strcmp(s->parts[i].name, name))
			return &s->parts[i];
	}
	return NULL;
}

static int node_draw(const void *fdt, const char *contains, const char *property)
{
	int found[64], count = 0;

	for (int node = 0; node >= 0 && count < 64; node = fdt_next_node(fdt, node, NULL)) {
		char path[256];

		if (!fdt_get_path(fdt, node, path, sizeof(path)) && strstr(path, contains) &&
		    fdt_getprop(fdt, node, property, NULL))
			found[count++] = node;
	}
	return count ? found[chance((uint64_t)count)] : -1;
}

#define BANK_BYTES 0x8000u

/* Facts that only a boot state makes somebody ask for; another erase block that fits puts all elsewhere. */
static enum rule flash_rule(const struct specimen *s, const struct row *row, const uint8_t *data)
{
	const int health = fdt_path_offset(s->source, "/cells/health");
	const uint32_t number = fdt32_ld((const void *)data);

	if (health < 0 || !fdt_getprop(s->source, health, "boot-state", NULL))
		return RULE_COUNT;
	return !strcmp(row->property, "erase-block") && number && number % 4096 == 0 &&
			       3 * number <= BANK_BYTES
		       ? RULE_TREE_BOOT_STATE
		       : RULE_BOOT_STATE;
}

static bool row_apply(struct oracle *oracle, struct specimen *s, const struct row *row)
{
	struct part *part = part_of(s, row->part);
	const int node = node_draw(part->data, row->node, row->property);
	int length = 0;
	uint8_t *data;

	if (node < 0)
		return false;
	data = (uint8_t *)(uintptr_t)fdt_getprop(part->data, node, row->property, &length);
	switch (row->change) {
	case DIGIT: {
		int at = (int)chance((uint64_t)length);

		while (at > 0 && (data[at] < '0' || data[at] > '9'))
			at--;
		if (data[at] < '0' || data[at] > '9' || (data[at] == '0' && data[at + 1] == 'x'))
			return false;
		if (!strcmp(row->property, "size")) /* in whole pages: less may be as much */
			data[at] = (uint8_t)(data[at] == '9' ? '1' : data[at] + 1);
		else
			data[at] = (uint8_t)('0' + (data[at] - '0' + 1 + (int)chance(9)) % 10);
		for (int i = at; i >= 0 && data[i]; i--) {
			if (data[i] == '@') { /* where, not how much */
				oracle->broken[RULE_PLACEMENT] = true;
				return true;
			}
		}
		break;
	}
	case LETTER: {
		const int at = (int)chance((uint64_t)length);

		if (!data[at] || data[at] == '/' || data[at] == '-')
			return false;
		data[at] = (uint8_t)('P' + chance(8)); /* no unit, no hexadecimal digit, no X */
		break;
	}
	case NUMBER:
		if (row->at) { /* whole pages */
			data[row->at * 4 + 2] ^= (uint8_t)(0x10 << chance(4));
			data[row->at * 4 + 3] = 0;
		} else {
			data[3 - chance(2)] ^= (uint8_t)(1 + chance(127));
		}
		break;
	case TWICE: /* or half */
		fdt32_st(data, chance(2) ? fdt32_ld((void *)data) * 2 : fdt32_ld((void *)data) / 2);
		break;
	case GONE:
		(void)fdt_nop_property(part->data, node, row->property);
		break;
	case NAME: {
		char *name = (char *)(uintptr_t)fdt_get_name(part->data, node, &length);

		name[chance((uint64_t)length)] = (char)('A' + chance(26));
		break;
	}
	}
	if (!memcmp(part->data, s->pristine + (part->data - s->fit), part->size))
		return false;
	/* The guests' trees have the caches as they were. */
	if (!strcmp(row->node, "l2-cache"))
		oracle->broken[RULE_TREE_BASICS] = true;
	if (!strcmp(row->node, "loader")) {
		const enum rule rule = flash_rule(s, row, data);

		if (rule != RULE_COUNT)
			oracle->broken[rule] = true;
		return true;
	}
	if (row->rule != RULE_COUNT && (row->rule != RULE_COLORS || oracle->colors))
		oracle->broken[row->rule] = true;
	return true;
}

/* Requester IDs under fewer bits: functions of two cells may have one name, and none has the name that was
 * set up for it where a bit of it is gone. */
static bool mask_change(struct oracle *oracle, struct specimen *s, char *what, size_t size)
{
	static const struct {
		const char *property;
		enum rule rule;
	} maps[] = {{"iommu-map-mask", RULE_STREAMS}, {"msi-map-mask", RULE_MESSAGES}};
	const size_t map = chance(2);
	const int node = node_draw(s->board->data, "pcie@", maps[map].property);
	const uint32_t mask = 0xffff ^ (uint32_t)(1 + chance(0x3ff));

	fdt32_st((uint8_t *)(uintptr_t)fdt_getprop(s->board->data, node, maps[map].property, NULL), mask);
	(void)snprintf(what, size, "%s %#x", maps[map].property, mask);
	for (uint32_t i = 0; i < s->service->streams.count; i++) {
		const struct bp_stream *const one = &s->streams[i];

		if ((one->sid & mask) != one->sid)
			oracle->broken[maps[map].rule] = true;
		for (uint32_t j = 0; j < i; j++)
			if (s->streams[j].cell != one->cell && ((s->streams[j].sid ^ one->sid) & mask) == 0)
				oracle->broken[RULE_PCI_GROUP] = true;
	}
	return true;
}

/* Reserved memory of the board, or the loader's, over what is somebody's. */
static void reserve(struct oracle *oracle, struct specimen *s)
{
	const struct bp_cell *cell = s->cell[chance(s->cells)];
	const struct bp_region *region = (const void *)((const uint8_t *)cell + cell->regions.offset);
	const bool hypervisor = chance(2);
	const uint64_t pa = hypervisor
				    ? s->header->writable_pa + chance(s->header->writable_size / 4096) * 4096
				    : region->pa + chance(region->size / 4096) * 4096;
	uint8_t *data;

	if (chance(2)) {
		data = (uint8_t *)(uintptr_t)fdt_getprop(
			s->board->data, node_draw(s->board->data, "firmware@", "reg"), "reg", NULL);
	} else {
		data = (uint8_t *)(uintptr_t)fdt_getprop(s->machine->data,
							 node_draw(s->machine->data, "loader", "forbidden"),
							 "forbidden", NULL);
	}
	fdt64_st(data, pa);
	oracle->broken[hypervisor ? RULE_HV_LAYOUT : RULE_RAM] = true;
}

/* A slave that a cell names is no longer known as one: by the list, or by its own compatible. */
static bool master(struct oracle *oracle, struct specimen *s)
{
	static const char *const named[] = {"arm,pl011", "arm,pl031", "arm,pl061"};
	const char *compatible = named[chance(3)];
	const struct {
		uint64_t base;
		const char *compatible;
	} devices[] = {{0x9000000, "arm,pl011"}, {0x9014000, "arm,pl031"}, {0x9010000, "arm,pl061"}};
	const int named_at = !strcmp(s->name, "two") ? 3 : !strcmp(s->name, "five") ? 2 : 0;
	bool named_one = false;
	uint8_t *at;

	for (int i = 0; i < named_at; i++)
		named_one |= !strcmp(devices[i].compatible, compatible);
	if (!named_one)
		return false;
	if (chance(2)) {
		at = memmem(s->slaves->data, s->slaves->size, compatible, strlen(compatible));
	} else {
		const char *node = !strcmp(compatible, "arm,pl011")   ? "serial@9000000"
				   : !strcmp(compatible, "arm,pl031") ? "rtc@9014000"
								      : "gpio@9010000";

		at = (uint8_t *)(uintptr_t)fdt_getprop(
			s->board->data, node_draw(s->board->data, node, "compatible"), "compatible", NULL);
	}
	if (!at)
		return false;
	at[4 + chance(strlen(compatible) - 4)] = (uint8_t)('A' + chance(26));
	oracle->broken[RULE_BUS_MASTER] = true;
	return true;
}

/* A hash, a label, a load address; and bytes of a file whose hash in the FIT is right again. */
static bool fit_change(struct oracle *oracle, struct specimen *s, char *what, size_t size)
{
	static const char *const uses[] = {"kernel", "loadables", "fdt", "bulkhead,board", "bulkhead,inputs"};
	struct part *part = &s->parts[chance(s->part_count)];
	const int images = fdt_path_offset(s->fit, "/images");
	const int node = fdt_subnode_offset(s->fit, images, part->name);
	uint8_t *data;
	int length;

	(void)snprintf(what, size, "FIT: %s", part->name);
	switch (chance(5)) {
	case 0:
		part->digest[chance(32)] ^= (uint8_t)(1 + chance(255));
		oracle->broken[RULE_FIT] = true;
		return true;
	case 1:
		data = (uint8_t *)(uintptr_t)fdt_getprop(s->fit, node, "compression", &length);
		data[chance(4)] = (uint8_t)('A' + chance(26));
		oracle->broken[RULE_FIT] = true;
		return true;
	case 2:
		if (!part->load)
			return false;
		data = (uint8_t *)(uintptr_t)fdt_getprop(s->fit, node, "load", &length);
		data[4 + chance(2)] ^= (uint8_t)(1 + chance(127));
		oracle->broken[part == s->kernel ? RULE_HV_HEADER : RULE_IMAGES] = true;
		return true;
	case 3:
		data = (uint8_t *)(uintptr_t)fdt_getprop(
			s->fit, fdt_path_offset(s->fit, "/configurations/conf-1"),
			uses[chance(sizeof(uses) / sizeof(uses[0]))], &length);
		if (!data)
			return false;
		data[chance((uint64_t)length - 1)] = (uint8_t)('A' + chance(26));
		oracle->broken[RULE_FIT] = true;
		return true;
	default:
		if (strncmp(part->name, "file-", 5) != 0)
			return false;
		if (part->size > 0x1000 && !memcmp(part->data, "\177ELF", 4)) {
			if (chance(2)) {
				part->data[0x1000 + chance(part->size - 0x1000)] ^=
					(uint8_t)(1 + chance(255));
				oracle->broken[RULE_IMAGES] = true;
			} else {
				part->data[24 + chance(6)] ^= (uint8_t)(1 + chance(255));
				oracle->broken[RULE_ENTRY] = true;
			}
			return true;
		}
		part->data[chance(part->size)] ^= (uint8_t)(1 + chance(255));
		oracle->broken[RULE_IMAGES] = true;
		return true;
	}
}

bool input_change(struct oracle *oracle, struct specimen *s, enum kind wanted, enum kind *kind, char *what,
		  size_t size)
{
	const unsigned int draw = (unsigned int)(wanted == KIND_INPUT ? 2 + chance(8) : chance(10));

	*kind = KIND_INPUT;
	if (draw < 2 || wanted == KIND_FIT) {
		*kind = KIND_FIT;
		return fit_change(oracle, s, what, size);
	}
	if (draw == 2) {
		(void)snprintf(what, size, "reserved memory moved");
		reserve(oracle, s);
		return true;
	}
	if (draw == 3) {
		(void)snprintf(what, size, "a slave that is none");
		return master(oracle, s);
	}
	if (s->smmu && draw == 4)
		return chance(2) ? mask_change(oracle, s, what, size)
				 : inventory_change(oracle, s, what, size);
	const struct row *row =
		s->smmu && chance(2)
			? &function_rows[chance(sizeof(function_rows) / sizeof(function_rows[0]))]
			: &rows[chance(sizeof(rows) / sizeof(rows[0]))];

	(void)snprintf(what, size, "%s: %s %s", row->part, row->node, row->property);
	return row_apply(oracle, s, row);
}
