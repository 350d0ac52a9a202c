/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_facts.c - what machine.dts says for PCI: names of functions, and the registers of IOMMU and ITS that
 * the blueprint rests on (docs/formats.md). All of it is compared with the machine at boot. Called by
 * board.c.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

/* `bits` wide numbers; NULL: there is no such property, or it has another form, which is an error. */
static const uint8_t *numbers(const struct source *machine, int node, const char *property, int bits,
			      int least, int most, int *count)
{
	int length;
	const uint8_t *const value =
		node >= 0 ? fdt_getprop(machine->tree.data, node, property, &length) : NULL;

	if (!value)
		return NULL;
	*count = length / (bits / 8);
	if (length % (bits / 8) == 0 && *count >= least && *count <= most)
		return value;
	if (least == most)
		diag_error(source_place(machine, node, property), "'%s' is not %d numbers of %d bits",
			   property, least, bits);
	else
		diag_error(source_place(machine, node, property), "'%s' is not %d to %d numbers of %d bits",
			   property, least, most, bits);
	return NULL;
}

static void read_identity(const struct source *machine, int node, const char *property, int bits,
			  struct identity *identity)
{
	int count;
	const uint8_t *const pair = numbers(machine, node, property, bits, 2, 2, &count);

	if (pair && bits == 32)
		*identity = (struct identity){fdt32_ld((const fdt32_t *)pair),
					      fdt32_ld((const fdt32_t *)(pair + 4))};
	else if (pair)
		*identity = (struct identity){fdt64_ld((const fdt64_t *)pair),
					      fdt64_ld((const fdt64_t *)(pair + 8))};
	if (pair && identity->value & ~identity->mask)
		diag_error(source_place(machine, node, property), "'%s' has bits that its mask leaves out",
			   property);
}

static void read_its(struct board *board, const struct source *machine, int node)
{
	const uint8_t *value;
	int count;

	read_identity(machine, node, "typer", 64, &board->its_typer);
	value = numbers(machine, node, "baser", 64, 1, ITS_BASERS, &count);
	for (int i = 0; value && i < count; i++)
		board->its_kinds[i] = fdt64_ld((const fdt64_t *)value + i);
	value = numbers(machine, node, "processors", 32, 1, BP_CORES_MAX, &count);
	if (!value)
		return;
	board->processors = memory_new((size_t)count, sizeof(board->processors[0]));
	board->processor_count = (size_t)count;
	for (int i = 0; i < count; i++)
		board->processors[i] = fdt32_ld((const fdt32_t *)value + i);
}

static void read_name(struct board *board, const struct source *machine, int node, const char *name)
{
	const char *const address = fdt_stringlist_get(machine->tree.data, node, name, 0, NULL);
	const struct place at = source_place(machine, node, name);
	uint32_t segment, bus, devfn;
	struct pci_function *function;
	size_t index = PCI_NONE;

	if (!pci_parse(address, &segment, &bus, &devfn)) {
		diag_error(at, "'%s' names no function: \"SSSS:BB:DD.F\"", name);
		return;
	}
	index = pci_find(&board->pci, segment, bus, devfn);
	if (index == PCI_NONE) {
		diag_error(at, "'%s' names a function that pci.dts hasn't: %s", name, address);
		return;
	}
	function = &board->pci.at[index];
	if (strchr(name, '.'))
		diag_error(at, "the name '%s' has a '.', behind which a virtual function would stand", name);
	else if (function->physical != PCI_NONE)
		diag_error(at, "'%s' names %s, which is a virtual function: name %s, and say NAME.vf%u", name,
			   address, board->pci.at[function->physical].address, function->vf);
	else if (function->name)
		diag_error(at, "%s has two names: '%s' and '%s'", address, function->name, name);
	else
		function->name = name;
}

void pci_facts_read(struct board *board, const struct source *machine)
{
	const void *const tree = machine->tree.data;
	const int smmu = fdt_subnode_offset(tree, 0, "smmu"),
		  names = fdt_subnode_offset(tree, 0, "pci-names");
	int property;

	read_identity(machine, smmu, "idr1", 32, &board->smmu_idr1);
	read_identity(machine, smmu, "idr5", 32, &board->smmu_idr5);
	read_its(board, machine, fdt_subnode_offset(tree, 0, "its"));
	board->vf_bars_low = fdt_getprop(tree, fdt_subnode_offset(tree, 0, "pci"), "vf-bars-32bit", NULL);
	fdt_for_each_property_offset(property, tree, names)
	{
		const char *name;

		if (fdt_getprop_by_offset(tree, property, &name, NULL))
			read_name(board, machine, names, name);
	}
}
