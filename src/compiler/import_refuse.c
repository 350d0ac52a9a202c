/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_refuse.c - the boards on which the hypervisor can't run today, and why.
 *
 * A board is refused as a whole or not at all. The phrases hold no address, so that boards can be counted
 * by them (docs/import.md). Called by import.c.
 */
#include "import.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

/* The compatible of the first node that is one of these; NULL: none is there. */
static const char *first_of(const void *tree, const char *const *compatibles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fdt_node_offset_by_compatible(tree, -1, compatibles[i]) >= 0)
			return compatibles[i];
	return NULL;
}

static const char *gic_refusal(const void *tree)
{
	static const char *const older[] = {"arm,gic-400",	 "arm,cortex-a15-gic", "arm,cortex-a9-gic",
					    "arm,cortex-a7-gic", "qcom,msm-qgic2",     "arm,pl390"};
	const char *found;

	if (fdt_node_offset_by_compatible(tree, -1, "arm,gic-v3") >= 0)
		return NULL;
	found = first_of(tree, older, sizeof(older) / sizeof(older[0]));
	return found ? text_format("its interrupt controller is a GICv2 (%s), and a GICv3 is needed", found)
		     : "it has no GICv3";
}

static const char *psci_refusal(const void *tree)
{
	static const char *const usable[] = {"arm,psci-1.0", "arm,psci-0.2"};
	int node = -1;
	const char *method;

	for (size_t i = 0; i < 2 && node < 0; i++)
		node = fdt_node_offset_by_compatible(tree, -1, usable[i]);
	if (node < 0)
		return fdt_node_offset_by_compatible(tree, -1, "arm,psci") >= 0
			       ? "its firmware has only PSCI 0.1, and 0.2 is needed"
			       : "its firmware has no PSCI";
	method = fdt_getprop(tree, node, "method", NULL);
	if (!method || strcmp(method, "smc") != 0)
		return "its PSCI is called by HVC: something else holds EL2";
	return NULL;
}

static const char *cores_refusal(const void *tree)
{
	const int cpus = fdt_path_offset(tree, "/cpus");
	unsigned int cores = 0;
	int node;

	fdt_for_each_subnode(node, tree, cpus)
	{
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);
		const char *const method = fdt_getprop(tree, node, "enable-method", NULL);
		const char *const status = fdt_getprop(tree, node, "status", NULL);

		if (!type || strcmp(type, "cpu") != 0 || (status && strncmp(status, "fail", 4) == 0))
			continue;
		cores++;
		if (method && strcmp(method, "psci") != 0)
			return text_format("its cores are started by \"%s\", and PSCI is needed", method);
		if (!method)
			return "the tree doesn't say how its cores are started (enable-method): import "
			       "/sys/firmware/fdt of the running board";
	}
	if (cores < 2)
		return "it has fewer than two cores: each cell needs one, the health cell too";
	return cores > BP_CORES_MAX ? text_format("it has more than %u cores", BP_CORES_MAX) : NULL;
}

static const char *timer_refusal(const void *tree)
{
	return fdt_node_offset_by_compatible(tree, -1, "arm,armv8-timer") < 0
		       ? "the tree has no arm,armv8-timer"
		       : NULL;
}

const char *import_refusal(const void *tree)
{
	static const char *(*const checks[])(const void *) = {gic_refusal, psci_refusal, cores_refusal,
							      timer_refusal};
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !why; i++)
		why = checks[i](tree);
	return why;
}
