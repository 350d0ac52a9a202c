// SPDX-License-Identifier: Apache-2.0
/*
 * rule_machine_pci.c - what SMMUs, ITSs and redistributors are compared with at boot is what machine.dts says
 * of them.
 */
#include <inttypes.h>

#include "rule.h"

#define NUMBER_MAX 8u /* GITS_BASER<n> */

struct fact { /* of machine.dts: numbers of a property; absent ones are 0 */
	const struct tree *machine;
	const struct node *node;
};

static struct fact fact_at(const struct audit *audit, const char *path)
{
	return (struct fact){&audit->board.machine, tree_path(&audit->board.machine, path)};
}

static uint32_t word_of(struct fact fact, const char *name, unsigned int index)
{
	uint32_t value = 0;

	if (fact.node)
		(void)node_u32(fact.machine, fact.node, name, index, &value);
	return value;
}

static uint64_t long_of(struct fact fact, const char *name, unsigned int index)
{
	uint64_t value = 0;

	if (fact.node)
		(void)node_u64(fact.machine, fact.node, name, index, &value);
	return value;
}

static void compare(struct audit *audit, const char *what, uint64_t have, uint64_t due)
{
	if (have != due)
		violation(&audit->report, RULE_MACHINE, "%s is 0x%" PRIx64 ", machine.dts says 0x%" PRIx64,
			  what, have, due);
}

static void smmu_check(struct audit *audit, const struct bp_smmu *smmu)
{
	const struct fact fact = fact_at(audit, "/smmu");

	compare(audit, "bp_smmu: idr0", smmu->idr0, word_of(fact, "idr0", 0));
	compare(audit, "bp_smmu: mask of idr0", smmu->idr0_mask, word_of(fact, "idr0", 1));
	compare(audit, "bp_smmu: idr1", smmu->idr1, word_of(fact, "idr1", 0));
	compare(audit, "bp_smmu: mask of idr1", smmu->idr1_mask, word_of(fact, "idr1", 1));
	compare(audit, "bp_smmu: idr5", smmu->idr5, word_of(fact, "idr5", 0));
	compare(audit, "bp_smmu: mask of idr5", smmu->idr5_mask, word_of(fact, "idr5", 1));
}

static void its_check(struct audit *audit, const struct bp_its *its)
{
	const struct fact fact = fact_at(audit, "/its");

	compare(audit, "bp_its: typer", its->typer, long_of(fact, "typer", 0));
	compare(audit, "bp_its: mask of typer", its->typer_mask, long_of(fact, "typer", 1));
	for (unsigned int i = 0; i < NUMBER_MAX; i++)
		compare(audit, "bp_its: kind of a table", its->baser_kind[i],
			long_of(fact, "baser", i) & BP_BASER_KIND);
}

/* Cores are numbered in their order where the file says nothing else. */
static void processor_check(struct audit *audit, const struct bp_lpi_core *core)
{
	const struct fact fact = fact_at(audit, "/its");
	const bool said = fact.node && node_flag(fact.machine, fact.node, "processors");

	compare(audit, "bp_lpi_core: processor", core->processor,
		said ? word_of(fact, "processors", core->core) : core->core);
}

/* [impl->swr~audit-machine~1] */
void rule_machine_pci(struct audit *audit)
{
	for (size_t i = 0; i < audit->smmu_count; i++)
		smmu_check(audit, &audit->smmus[i]);
	for (size_t i = 0; i < audit->its_count; i++)
		its_check(audit, &audit->itss[i]);
	for (size_t i = 0; i < audit->lpi_core_count; i++)
		processor_check(audit, &audit->lpi_cores[i]);
}
