// SPDX-License-Identifier: Apache-2.0
/*
 * registers.c - writes docs/registers.md from the table that the hypervisor looks accesses up in. `make
 * docs`.
 */
#include <stdio.h>
#include <string.h>

struct field {
	const char *name;
	unsigned int bit, most;
};

struct row {
	const char *name, *read, *write, *control;
	unsigned int op0, op1, first[3], last[3];
	struct field fields[17];
};

#define PASS(name, bit)	      {#name, bit, 15},
#define MOST(name, bit, most) {#name, bit, most},
#define WORD		      {"bits 31:0", 0, 15},
#define ALL		      {"all bits", 0, 15},
#define HOST(name, op0, op1, crn, crm, op2, control, ...)                                                    \
	{#name, "HOST", "NONE", #control, op0, op1, {crn, crm, op2}, {crn, crm, op2}, {__VA_ARGS__}},
#define RANGE(name, op0, op1, crn, crm, op2, last_crn, last_crm, last_op2, control, read, write)             \
	{#name, #read, #write, #control, op0, op1, {crn, crm, op2}, {last_crn, last_crm, last_op2}, {{0}}},
#define ROW(name, op0, op1, crn, crm, op2, control, read, write)                                             \
	{#name, #read, #write, #control, op0, op1, {crn, crm, op2}, {crn, crm, op2}, {{0}}},

static const struct row rows[] = {
#include "../src/arch/arm64/sysregs_table.h"
};

static const char head[] =
	/* REUSE-IgnoreStart */
	"<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
	/* REUSE-IgnoreEnd */
	"<!-- Written by `make docs` from src/arch/arm64/sysregs_table.h, which the hypervisor looks up in. "
	"-->\n"
	"# System registers, as a guest sees them\n\n"
	"Each register whose accesses from EL1 or EL0 trap to EL2, by encoding; a register that has no row "
	"and traps all\n"
	"the same is Undefined to the guest. What doesn't trap is the core's own: translation, exceptions, "
	"timers, FP, the\n"
	"GIC's CPU interface (virtual or physical by the cell's interrupt mode), the pointer authentication "
	"keys, cache\n"
	"geometry, MIDR and MPIDR (the machine's), and, where the CPU has FEAT_NMI, which is not shown, "
	"reading ALLINT\n"
	"and ICC_NMIAR1_EL1, which nothing traps. Every start of a guest writes each of these that it could "
	"inherit.\n\n"
	"- *shows* fields: those of the CPU, the rest of the register reads as zero. `name<=n`: n where the "
	"CPU has more.\n"
	"- *Undefined, `pmu`: own*: a cell with the `pmu` flag reaches the core's register without a trap.\n"
	"- *Undefined, CSV2: own*: the same where the CPU has it (ID_AA64PFR0_EL1.CSV2 of 2 and more).\n"
	"- *trapped by*: the control of EL2; those of HFGxTR, HCRX but TALLINT, MDCR.E2PB, E2TB, En..., "
	"HCR.ATA and "
	"EnSCXT trap by\n"
	"  being 0, where the CPU has them. Without the feature the CPU itself makes the access "
	"Undefined.\n"
	"  PMBIDR_EL1 and TRBIDR_EL1 say how a buffer must lie; a CPU that has it without FEAT_FGT lets them "
	"be read.\n\n"
	"| register | op0 op1 CRn CRm op2 | read | write | trapped by |\n"
	"|---|---|---|---|---|\n";

static void fields_print(const struct row *row)
{
	printf("shows");
	for (const struct field *field = row->fields; field->name; field++) {
		printf("%s %s", field == row->fields ? "" : ",", field->name);
		if (field->most < 15)
			printf("<=%u", field->most);
	}
	if (!strcmp(row->name, "ID_AA64DFR0_EL1"))
		printf("; PMUVer with `pmu` alone, never 15");
}

static void outcome_print(const struct row *row, const char *what)
{
	if (!strcmp(what, "HOST"))
		fields_print(row);
	else if (!strncmp(what, "VALUE(", 6))
		printf("%.*s", (int)strcspn(what + 6, ")"), what + 6);
	else if (!strcmp(what, "COUNT"))
		printf("Undefined, `pmu`: own");
	else if (!strcmp(what, "CONTEXT"))
		printf("Undefined, CSV2: own");
	else if (!strcmp(what, "OWN"))
		printf("not trapped");
	else if (!strcmp(what, "IGNORE"))
		printf("ignored");
	else if (!strcmp(what, "DEACTIVATE"))
		printf("own; trapped while more is active than list registers hold");
	else if (!strcmp(what, "SEND"))
		printf("to the cell's own cores");
	else
		printf("Undefined");
}

int main(void)
{
	printf("%s", head);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		printf("| %s | %u %u %u %u %u", row->name, row->op0, row->op1, row->first[0], row->first[1],
		       row->first[2]);
		if (memcmp(row->first, row->last, sizeof(row->first)) != 0)
			printf(" to %u %u %u %u %u", row->op0, row->op1, row->last[0], row->last[1],
			       row->last[2]);
		printf(" | ");
		outcome_print(row, row->read);
		printf(" | ");
		outcome_print(row, row->write);
		printf(" | %s |\n", row->control);
	}
	return ferror(stdout) != 0;
}
