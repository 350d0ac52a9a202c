// SPDX-License-Identifier: Apache-2.0
/*
 * map_pci.c - a cell's PCI functions in the map: for people, and for programs (docs/formats.md).
 */
#include <inttypes.h>

#include "json.h"
#include "map.h"

char *map_slot(uint32_t rid)
{
	return text_format("%02" PRIx32 ":%02" PRIx32 ".%" PRIx32, rid >> 8, rid >> 3 & 0x1f, rid & 7);
}

static const struct pci_function *function_of(const struct plan *plan, const struct cell_function *seen)
{
	return &plan->board.pci.at[seen->function];
}

/* Whose it is, where the cell only sees it. */
static const char *owner_of(const struct plan *plan, const struct pci_function *function)
{
	return function->owner < 0 ? "nobody's" : text_format("%s's", plan->cells[function->owner].name);
}

/* Who runs the device that it is a part of, and so keeps it available. */
static const char *relies_on(const struct plan *plan, const struct pci_function *function)
{
	const struct pci_function *const device =
		function->physical == PCI_NONE ? function : &plan->board.pci.at[function->physical];

	if (device->owner == function->owner)
		return "";
	return device->owner < 0 ? ", a device that nobody runs"
				 : text_format(", works as long as %s runs the device",
					       plan->cells[device->owner].name);
}

void map_print_functions(const struct plan *plan, size_t cell, FILE *out)
{
	const struct plan_cell *const own = &plan->cells[cell];

	if (own->function_count)
		fprintf(out, "  %-14s %-14s %-16s %-10s what\n", "PCI address", "physical", "name", "device");
	for (size_t i = 0; i < own->function_count; i++) {
		const struct cell_function *const seen = &own->functions[i];
		const struct pci_function *const function = function_of(plan, seen);

		fprintf(out, "  %-14s %-14s %-16s %04" PRIx32 ":%04" PRIx32 "  ", map_slot(seen->rid),
			function->address, pci_call(&plan->board.pci, seen->function), function->vendor,
			function->device);
		if (seen->ghost)
			fprintf(out, "%s: seen, not touched\n", owner_of(plan, function));
		else if (function->smmu == PCI_NONE)
			fputs("unisolated: it may master the bus with no IOMMU in front\n", out);
		else
			fprintf(out, "stream %#" PRIx32 "%s%s\n", function->stream,
				function->sriov.enabled ? text_format(", %" PRIu32 " virtual functions",
								      function->sriov.enabled)
							: "",
				relies_on(plan, function));
	}
}

static void json_runner(const struct plan *plan, const struct pci_function *function, FILE *out)
{
	const int owner = function->physical == PCI_NONE ? -1 : plan->board.pci.at[function->physical].owner;

	fputs(", \"run_by\": ", out);
	if (owner < 0)
		fputs("null}", out);
	else
		fprintf(out, "%d}", owner);
}

void map_json_functions(const struct plan *plan, size_t cell, FILE *out)
{
	const struct plan_cell *const own = &plan->cells[cell];

	fputs(",\n     \"functions\": [", out);
	for (size_t i = 0; i < own->function_count; i++) {
		const struct cell_function *const seen = &own->functions[i];
		const struct pci_function *const function = function_of(plan, seen);

		fprintf(out, "%s{\"address\": ", i ? ", " : "");
		json_text(out, function->address);
		fputs(", \"name\": ", out);
		json_text(out, pci_call(&plan->board.pci, seen->function));
		fputs(", \"guest\": ", out);
		json_text(out, map_slot(seen->rid));
		fprintf(out,
			", \"vendor\": %" PRIu32 ", \"device\": %" PRIu32
			", \"owned\": %s, \"virtual\": %" PRIu32 ", \"stream\": ",
			function->vendor, function->device, seen->ghost ? "false" : "true",
			function->sriov.enabled);
		if (function->smmu == PCI_NONE)
			fputs("null", out);
		else
			fprintf(out, "%" PRIu32, function->stream);
		json_runner(plan, function, out);
	}
	fputs("]", out);
	if (own->msi_count)
		fprintf(out, ", \"messages\": {\"first\": %" PRIu32 ", \"count\": %" PRIu32 "}",
			own->msi_first, own->msi_count);
	else
		fputs(", \"messages\": null", out);
}
