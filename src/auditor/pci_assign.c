// SPDX-License-Identifier: Apache-2.0
/*
 * pci_assign.c - which PCI function is whose, by the partition file's `pci`, and which of them can't be
 * kept apart from each other: by the ports between them, or by their StreamID and DeviceID.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "value.h"

#define NAME_LENGTH		64u
#define WATCHDOG_6300ESB_VENDOR 0x8086u
#define WATCHDOG_6300ESB_DEVICE 0x25abu
#define PATH_MAX		256u /* bridges above a function: one a bus */

int pci_named(const struct audit *audit, const char *name)
{
	const struct tree *machine = &audit->board.machine;
	const struct node *names = tree_path(machine, "/pci-names");
	const struct pci *pci = &audit->pci;
	const char *suffix = strstr(name, ".vf");
	char base[NAME_LENGTH] = "";
	uint64_t number = 0;
	uint32_t segment, rid;
	const char *address = base;
	int function;

	if (suffix && (!suffix[3] || !value_size(suffix + 3, &number) || strpbrk(suffix + 3, "KMGx")))
		return PCI_NONE;
	if ((suffix ? (size_t)(suffix - name) : strlen(name)) >= sizeof(base))
		return PCI_NONE;
	for (size_t i = 0; name + i != suffix && name[i]; i++)
		base[i] = name[i];
	if (names && node_string(machine, names, base))
		address = node_string(machine, names, base);
	if (!pci_address(address, &segment, &rid))
		return PCI_NONE;
	function = pci_find(pci, segment, rid);
	if (!suffix || function == PCI_NONE)
		return function;
	for (size_t i = 0; i < pci->count; i++)
		if (pci->functions[i].physical == function && pci->functions[i].vf == number)
			return (int)i;
	return PCI_NONE;
}

/* [impl->swr~audit-forbidden-devices~1] */
bool pci_is_watchdog(const struct pci_function *function)
{
	return function->vendor == WATCHDOG_6300ESB_VENDOR && function->device == WATCHDOG_6300ESB_DEVICE;
}

static void function_give(struct audit *audit, size_t cell, const char *name)
{
	const int number = pci_named(audit, name);
	const char *who = audit->partition.cells[cell].name;
	struct pci_function *function;

	if (number == PCI_NONE) {
		violation(&audit->report, RULE_PCI, "cell '%s': the inventory has no PCI function '%s'", who,
			  name);
		return;
	}
	function = &audit->pci.functions[number];
	if (pci_is_watchdog(function) && !audit->partition.cells[cell].health)
		violation(&audit->report, RULE_FORBIDDEN,
			  "cell '%s': %s is a watchdog, and it isn't the health cell", who, function->name);
	if (function->owner != CELL_NONE_ID)
		violation(&audit->report, RULE_PCI, "%s: the file gives it to '%s' and to '%s'",
			  function->name, audit->partition.cells[function->owner].name, who);
	else if (function->kind != PCI_ENDPOINT || pci_is_host(function) || function->host == PCI_NONE ||
		 !function->config_size)
		violation(&audit->report, RULE_PCI,
			  "cell '%s': %s is no function that a cell can have: a bridge, or nowhere", who,
			  function->name);
	else
		function->owner = (int)cell;
}

/* [impl->swr~audit-pci-owners~1] */
void pci_assign(struct audit *audit)
{
	const struct partition *partition = &audit->partition;

	for (size_t cell = 0; cell < partition->cell_count; cell++) {
		int length = 0;
		const char *list =
			node_property(&partition->tree, partition->cells[cell].node, "pci", &length);

		if (list && !string_list(list, length))
			violation(&audit->report, RULE_INPUT,
				  "partition file: cell '%s': pci is no list of names",
				  partition->cells[cell].name);
		else
			for (const char *text = NULL; list && (text = string_next(list, length, text));)
				function_give(audit, cell, text);
	}
}

/* The function that stands for a device: a virtual one's PF. */
static int device_of(const struct pci *pci, int function)
{
	return pci->functions[function].physical == PCI_NONE ? function : pci->functions[function].physical;
}

/* Bridges above, the nearest first. */
static size_t path_of(const struct pci *pci, int function, int path[PATH_MAX])
{
	size_t count = 0;

	for (int at = pci->functions[function].parent; at != PCI_NONE && count < PATH_MAX;
	     at = pci->functions[at].parent)
		path[count++] = at;
	return count;
}

static bool all_redirect(const struct pci *pci, const int *path, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pci->functions[path[i]].kind == PCI_BRIDGE ||
		    (pci->functions[path[i]].kind == PCI_PORT && !pci->functions[path[i]].acs))
			return false;
	return true;
}

/*
 * Nothing can send to the other but through the IOMMU: every port between each and where their ways meet
 * redirects; on one bus, each has a device of its own on the host's bus, or redirects by itself.
 */
static bool kept_apart(const struct pci *pci, int left, int right)
{
	const struct pci_function *a = &pci->functions[left], *b = &pci->functions[right];
	int left_path[PATH_MAX], right_path[PATH_MAX];
	size_t left_count = path_of(pci, left, left_path), right_count = path_of(pci, right, right_path);

	if (a->segment != b->segment)
		return true;
	while (left_count && right_count && left_path[left_count - 1] == right_path[right_count - 1]) {
		left_count--;
		right_count--;
	}
	if (!all_redirect(pci, left_path, left_count) || !all_redirect(pci, right_path, right_count))
		return false;
	if (left_count && right_count)
		return true;
	/* At least one lies on the bus where the ways meet. */
	if (a->rid >> 3 == b->rid >> 3)
		return a->acs && b->acs;
	return a->parent == PCI_NONE || b->parent == PCI_NONE || (a->acs && b->acs);
}

static bool allows(const struct audit *audit, int cell)
{
	return node_flag(&audit->partition.tree, audit->partition.cells[cell].node, "allow-peer-dma");
}

static void pair_check(struct audit *audit, int left, int right)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *a = &pci->functions[left], *b = &pci->functions[right];
	const char *one = audit->partition.cells[a->owner].name,
		   *other = audit->partition.cells[b->owner].name;

	if (a->smmu && a->smmu == b->smmu && a->stream == b->stream)
		violation(&audit->report, RULE_PCI_GROUP,
			  "%s of cell '%s' and %s of cell '%s' have one StreamID, 0x%" PRIx32, a->name, one,
			  b->name, other, a->stream);
	if (a->its && a->its == b->its && a->device_id == b->device_id)
		violation(&audit->report, RULE_PCI_GROUP,
			  "%s of cell '%s' and %s of cell '%s' have one DeviceID, 0x%" PRIx32, a->name, one,
			  b->name, other, a->device_id);
	if (device_of(pci, left) == device_of(pci, right) ||
	    kept_apart(pci, device_of(pci, left), device_of(pci, right)))
		return;
	if (allows(audit, a->owner) && allows(audit, b->owner))
		unisolated(&audit->report, UNISOLATED_PEER,
			   "cells '%s' and '%s': %s and %s may reach each other past the IOMMU, on the "
			   "file's word: "
			   "allow-peer-dma",
			   one, other, a->name, b->name);
	else
		violation(&audit->report, RULE_PCI_GROUP,
			  "%s of cell '%s' and %s of cell '%s' may reach each other past the IOMMU: no ACS "
			  "between "
			  "them",
			  a->name, one, b->name, other);
}

/* Behind a bridge to conventional PCI a function sends under the bridge's name. */
static void alone_check(struct audit *audit, int number)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *function = &pci->functions[number];
	const struct partition_cell *cell = &audit->partition.cells[function->owner];
	int path[PATH_MAX];
	const size_t count = path_of(pci, device_of(pci, number), path);

	for (size_t i = 0; i < count; i++)
		if (pci->functions[path[i]].kind == PCI_BRIDGE)
			violation(&audit->report, RULE_PCI_GROUP,
				  "%s of cell '%s' lies behind %s, which sends under a name of its own",
				  function->name, cell->name, pci->functions[path[i]].name);
	if (!function->smmu && cell->unprotected)
		unisolated(&audit->report, UNISOLATED_DMA,
			   "cell '%s': PCI function %s has no IOMMU in front and reaches all memory, on the "
			   "file's word: "
			   "dma = \"unprotected\"",
			   cell->name, function->name);
	else if (!function->smmu)
		violation(&audit->report, RULE_BUS_MASTER, "cell '%s': PCI function %s has no IOMMU in front",
			  cell->name, function->name);
}

/* Who relies on whom where one device is divided. */
static void parts_report(struct audit *audit, int number)
{
	const struct pci *pci = &audit->pci;
	const struct pci_function *function = &pci->functions[number];
	const int keeper =
		function->physical == PCI_NONE ? function->owner : pci->functions[function->physical].owner;

	if (keeper != function->owner)
		unisolated(
			&audit->report, UNISOLATED_DEVICE,
			"cell '%s': %s is kept apart by its vendor's device, which %s%s%s runs: it is served "
			"as long as that one works",
			audit->partition.cells[function->owner].name, function->name,
			keeper == CELL_NONE_ID ? "nobody" : "cell '",
			keeper == CELL_NONE_ID ? "" : audit->partition.cells[keeper].name,
			keeper == CELL_NONE_ID ? "" : "'");
}

/* [impl->swr~audit-pci-groups~1] */
void rule_pci_groups(struct audit *audit)
{
	const struct pci *pci = &audit->pci;

	for (size_t i = 0; i < pci->count; i++) {
		if (pci->functions[i].owner == CELL_NONE_ID)
			continue;
		alone_check(audit, (int)i);
		parts_report(audit, (int)i);
		for (size_t j = 0; j < i; j++)
			if (pci->functions[j].owner != CELL_NONE_ID &&
			    pci->functions[j].owner != pci->functions[i].owner)
				pair_check(audit, (int)j, (int)i);
	}
}
