// SPDX-License-Identifier: Apache-2.0
/*
 * fields_pci.c - the fields of what the blueprint holds of PCI functions, IOMMU and ITS.
 *
 * Where a change isn't certain to be wrong, or harmless, the judge undoes it: then there is no mutant.
 */
#include <string.h>

#include "fields.h"

#define CONFIG_COMMAND 0x04u
#define RIDS	       256u
#define STATE_WORDS    1024u

static uint64_t value_of(const void *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size > 8 ? 8 : size);
	return value;
}

static const uint8_t *good_of(const struct specimen *s, const struct field *field)
{
	return s->pristine + ((const uint8_t *)field->at - s->fit);
}

static void undo(const struct specimen *s, const struct field *field)
{
	memcpy(field->at, good_of(s, field), field->size);
}

/* context: lowest of the bits that count, number of them; what changes beside them is undone. */
#define BITS(from, count) ((from) << 8 | (count))
static void bits_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	const uint64_t ones =
		(field->context & 255) < 64 ? (UINT64_C(1) << (field->context & 255)) - 1 : UINT64_MAX;
	const uint64_t mask = ones << (field->context >> 8);
	uint64_t now = value_of(field->at, field->size), was = value_of(good_of(s, field), field->size);

	now = (was & ~mask) | (now & mask);
	memcpy(field->at, &now, field->size);
	o->broken[field->rule] |= now != was;
}

/* The address of a stream table or a queue, its size, and what must be zero; not the hint in bit 62. */
static void base_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	if ((value_of(field->at, 8) ^ value_of(good_of(s, field), 8)) & ~(UINT64_C(1) << 62))
		o->broken[field->rule] = true;
}

/* As many commands as there are, less what only waits. */
static void commands_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	const uint64_t now = value_of(field->at, 8);

	if (now % 32 || now < 32 || now >= ((s->its->cbaser & 0xff) + 1) * 4096)
		o->broken[field->rule] = true;
	else
		undo(s, field);
}

/* context: cell << 16 | number */
static struct bp_pci_function *function_of(const struct specimen *s, uint32_t context, uint32_t *count)
{
	struct bp_cell *const cell = s->cell[context >> 16];

	*count = cell->pci.count;
	return (struct bp_pci_function *)((uint8_t *)cell + cell->pci.offset);
}

/* Out of order, or beyond the bus; elsewhere on the bus the guest may find it, too. */
static void rid_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	const uint32_t i = field->context & 0xffff;
	uint32_t count;
	const struct bp_pci_function *const list = function_of(s, field->context, &count);
	const bool ordered =
		(!i || list[i].rid > list[i - 1].rid) && (i + 1 == count || list[i].rid < list[i + 1].rid);

	if (!ordered || list[i].rid >= RIDS)
		o->broken[field->rule] = true;
	else
		undo(s, field);
}

static void state_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	const uint32_t i = field->context & 0xffff;
	uint32_t count;
	const struct bp_pci_function *const list = function_of(s, field->context, &count);

	o->broken[field->rule] |= list[i].state >= STATE_WORDS;
	for (uint32_t n = 0; n < count; n++)
		o->broken[field->rule] |= n != i && list[n].state == list[i].state;
}

/* No reset where there was one is the compiler's choice. */
static void reset_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	if (value_of(field->at, 4))
		o->broken[field->rule] |= value_of(field->at, 4) != value_of(good_of(s, field), 4);
	else
		undo(s, field);
}

/* Bits of a register that its guest could do harm with. context: cell << 24 | function << 16 | row */
static uint32_t harmful(const struct specimen *s, uint32_t context, const struct bp_pci_register *good)
{
	uint32_t count;
	const struct bp_pci_function *const list = function_of(s, context >> 24 << 16, &count);
	const struct bp_pci_function *const function = &list[context >> 16 & 255];
	const struct bp_pci_register *const rows =
		(const void *)((const uint8_t *)s->cell[context >> 24] + function->registers.offset);
	uint32_t express = 0, power = 0, msi = 0;

	for (uint32_t at = 0, i = 0; i < function->registers.count; i++) {
		const struct bp_pci_register *const row = &rows[i];

		at = row->offset;
		if (at < 0x40 || at >= 0x100 || row->hard)
			continue;
		express = (row->fixed & 0xff) == 0x10 && !express ? at : express;
		power = (row->fixed & 0xff) == 0x01 && !power ? at : power;
	}
	for (uint32_t i = 0; i < function->registers.count; i++)
		msi = rows[i].offset >= 0x40 && rows[i].offset < 0x100 && (rows[i].fixed & 0xff) == 0x05 &&
				      rows[i].hard
			      ? rows[i].offset
			      : msi;
	if (!function->config_va)
		return UINT32_MAX;
	if (good->offset == CONFIG_COMMAND)
		return 0x06fff801; /* I/O; what is reserved, and status that isn't write-one-to-clear */
	if (good->offset == 0x0c)
		return 0xffff0000;
	if (express && good->offset == express + 8)
		return 0x000007e0; /* payload size, extended tags, phantom functions, auxiliary power */
	if (power && good->offset == power + 4)
		return ~0x8103u | (good->write & 3 ? 0 : 3);
	if (msi && good->offset >= msi && good->offset < msi + 24)
		return good->offset == msi ? ~0x00710000u : 0;
	if (good->hard == 0xc0000000) /* MSI-X */
		return 0x3fffffff;
	return good->write | good->clear ? 0 : UINT32_MAX;
}

static void open_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	struct bp_pci_register good;
	const uint32_t now = (uint32_t)value_of(field->at, 4), was = (uint32_t)value_of(good_of(s, field), 4);
	uint32_t harm, count;
	const struct bp_pci_function *const list = function_of(s, field->context >> 24 << 16, &count);
	const struct bp_pci_function *const function = &list[field->context >> 16 & 255];

	memcpy(&good,
	       s->pristine + ((const uint8_t *)s->cell[field->context >> 24] - s->fit) +
		       function->registers.offset + (field->context & 0xffff) * sizeof(good),
	       sizeof(good));
	harm = harmful(s, field->context, &good);
	if (now & ~was & harm)
		o->broken[field->rule] = true;
	else if (now & ~was)
		undo(s, field); /* more than the compiler opens, less than does harm */
}

/* A row that sizes what is no BAR, or that writes what it sized. */
static void kind_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	uint16_t now, was;

	memcpy(&now, field->at, 2);
	memcpy(&was, good_of(s, field), 2);
	if (now == was)
		return;
	if (now == BP_PCI_PLAIN && was == BP_PCI_SIZING && !(field->context & 1)) {
		undo(s, field);
		return;
	}
	o->broken[field->rule] = true;
}

static void registers_of(struct specimen *s, struct fields *fields, uint32_t c, uint32_t f)
{
	struct bp_cell *const cell = s->cell[c];
	struct bp_pci_function *const function =
		(struct bp_pci_function *)((uint8_t *)cell + cell->pci.offset) + f;
	struct bp_pci_register *const rows = (void *)((uint8_t *)cell + function->registers.offset);
	struct bp_pci_bar *const bars = (void *)((uint8_t *)cell + function->bars.offset);

	for (uint32_t i = 0; i < function->registers.count; i++) {
		const uint32_t context = c << 24 | f << 16 | i;
		const bool sizing = rows[i].kind == BP_PCI_SIZING, own = rows[i].offset < 0x40;

		JUDGED(&rows[i], kind, FUNCTIONS, PCI_CONFIG, kind_judge, rows[i].write != 0);
		if (sizing) {
			IGNORED(&rows[i], write, FUNCTIONS);
			IGNORED(&rows[i], hard, FUNCTIONS);
			IGNORED(&rows[i], clear, FUNCTIONS);
			if (own)
				ADD(&rows[i], fixed, FUNCTIONS, PCI_CONFIG);
			else
				IGNORED(&rows[i], fixed, FUNCTIONS);
			continue;
		}
		JUDGED(&rows[i], write, FUNCTIONS, PCI_CONFIG, open_judge, context);
		JUDGED(&rows[i], clear, FUNCTIONS, PCI_CONFIG, open_judge, context);
		IGNORED(&rows[i], fixed, FUNCTIONS);
		if (function->config_va)
			IGNORED(&rows[i], hard, FUNCTIONS);
		else
			ADD(&rows[i], hard, FUNCTIONS, PCI_CONFIG);
	}
	for (uint32_t i = 0; i < function->bars.count; i++) {
		ADD(&bars[i], offset, FUNCTIONS, PCI_CONFIG);
		ADD(&bars[i], value, FUNCTIONS, PCI_CONFIG);
	}
}

/* All of it is constant. */
static void channel_of(struct specimen *s, struct fields *fields, uint32_t c,
		       struct bp_pci_function *function)
{
	struct bp_pci_register *const rows = (void *)((uint8_t *)s->cell[c] + function->registers.offset);

	ADD(function, config_va, FUNCTIONS, PRESENTATION);
	ADD(function, rid, FUNCTIONS, PRESENTATION);
	ADD(function, flags, FUNCTIONS, PRESENTATION);
	ADD(function, reset, FUNCTIONS, PRESENTATION);
	for (uint32_t i = 0; i < function->registers.count; i++) {
		ADD(&rows[i], offset, FUNCTIONS, PRESENTATION);
		ADD(&rows[i], kind, FUNCTIONS, PRESENTATION);
		ADD(&rows[i], fixed, FUNCTIONS, PRESENTATION);
		ADD(&rows[i], hard, FUNCTIONS, PRESENTATION);
		ADD(&rows[i], write, FUNCTIONS, PRESENTATION);
		ADD(&rows[i], clear, FUNCTIONS, PRESENTATION);
	}
}

static void cells_of(struct specimen *s, struct fields *fields, uint32_t c)
{
	struct bp_cell *const cell = s->cell[c];
	struct bp_pci_function *const functions = (void *)((uint8_t *)cell + cell->pci.offset);
	struct bp_bell *const bells = (void *)((uint8_t *)cell + cell->lpis.offset);

	if (cell->pci.count)
		FAR(cell, pci.offset, FUNCTIONS, RECORD);
	FAR(cell, lpis.count, FUNCTIONS, RECORD);
	ADD(cell, dma_intid, FUNCTIONS, STREAM_LISTS);
	ADD(cell, lpi_first, FUNCTIONS, MESSAGES);
	fields->list[fields->count - 1].rule = cell->lpis.count ? RULE_MESSAGES : RULE_MESSAGE_LISTS;
	ADD(cell, pci_state_va, FUNCTIONS, EL2_WINDOW);
	for (uint32_t i = 0; i < cell->lpis.count; i++) {
		ADD(&bells[i], offset, FUNCTIONS, MESSAGES);
		ADD(&bells[i], bit, FUNCTIONS, MESSAGES);
	}
	for (uint32_t i = 0; i < cell->pci.count; i++) {
		JUDGED(&functions[i], state, FUNCTIONS, PCI_CONFIG, state_judge, c << 16 | i);
		FAR(&functions[i], registers.offset, FUNCTIONS, RECORD);
		FAR(&functions[i], bars.count, FUNCTIONS, RECORD);
		if (functions[i].flags & BP_PCI_CHANNEL) {
			channel_of(s, fields, c, &functions[i]);
			continue;
		}
		ADD(&functions[i], config_va, FUNCTIONS, PCI_CONFIG);
		fields->list[fields->count - 1].rule = functions[i].config_va ? RULE_PCI : RULE_PCI_CONFIG;
		JUDGED(&functions[i], rid, FUNCTIONS, PCI_CONFIG, rid_judge, c << 16 | i);
		ADD(&functions[i], flags, FUNCTIONS, PCI_CONFIG);
		JUDGED(&functions[i], reset, FUNCTIONS, PCI_CONFIG, reset_judge, 0);
		registers_of(s, fields, c, i);
	}
}

static void iommu_of(struct specimen *s, struct fields *fields)
{
	struct bp_smmu *const smmu = s->smmu;
	struct bp_service *const service = s->service;
	struct bp_service_smmu *const row = (void *)((uint8_t *)service + service->smmus.offset);
	struct bp_service_dma *const dma = (void *)((uint8_t *)service + service->dma.offset);

	ADD(smmu, pa, IOMMU, STREAMS);
	ADD(smmu, va, IOMMU, BOOT_ROOT);
	ADD(smmu, idr0, IOMMU, MACHINE);
	ADD(smmu, idr0_mask, IOMMU, MACHINE);
	ADD(smmu, idr1, IOMMU, MACHINE);
	ADD(smmu, idr1_mask, IOMMU, MACHINE);
	ADD(smmu, idr5, IOMMU, MACHINE);
	ADD(smmu, idr5_mask, IOMMU, MACHINE);
	JUDGED(smmu, strtab_base, IOMMU, STREAMS, base_judge, 0);
	ADD(smmu, strtab_base_cfg, IOMMU, STREAMS);
	JUDGED(smmu, cmdq_base, IOMMU, STREAM_LISTS, base_judge, 0);
	JUDGED(smmu, eventq_base, IOMMU, STREAM_LISTS, base_judge, 0);
	IGNORED(smmu, pad, IOMMU);
	ADD(row, page0_va, IOMMU, STREAM_LISTS);
	ADD(row, page1_va, IOMMU, STREAM_LISTS);
	ADD(row, cmdq_va, IOMMU, STREAM_LISTS);
	ADD(row, eventq_va, IOMMU, STREAM_LISTS);
	ADD(row, cmdq_log2, IOMMU, STREAM_LISTS);
	ADD(row, eventq_log2, IOMMU, STREAM_LISTS);
	ADD(row, event_intid, IOMMU, STREAM_LISTS);
	ADD(row, error_intid, IOMMU, STREAM_LISTS);
	for (uint32_t i = 0; i < service->streams.count; i++) {
		ADD(&s->streams[i], ste_va, IOMMU, STREAM_LISTS);
		ADD(&s->streams[i], live, IOMMU, STREAM_LISTS);
		ADD(&s->streams[i], smmu, IOMMU, STREAM_LISTS);
		ADD(&s->streams[i], sid, IOMMU, STREAM_LISTS);
		ADD(&s->streams[i], cell, IOMMU, STREAM_LISTS);
		IGNORED(&s->streams[i], pad, IOMMU);
	}
	for (uint32_t i = 0; i < service->dma.count; i++) {
		ADD(&dma[i], telemetry_va, IOMMU, STREAM_LISTS);
		ADD(&dma[i], cell, IOMMU, STREAM_LISTS);
		ADD(&dma[i], action, IOMMU, STREAM_LISTS);
	}
	FAR(service, smmus.offset, IOMMU, RECORD);
	FAR(service, streams.count, IOMMU, RECORD);
	FAR(service, dma.offset, IOMMU, RECORD);
}

static void its_of(struct specimen *s, struct fields *fields)
{
	struct bp_its *const its = s->its;
	struct bp_lpi_core *const cores = (void *)(s->blueprint + s->header->lpi_cores.offset);

	ADD(its, pa, IOMMU, MESSAGES);
	ADD(its, va, IOMMU, BOOT_ROOT);
	ADD(its, typer, IOMMU, MACHINE);
	ADD(its, typer_mask, IOMMU, MACHINE);
	JUDGED(its, cbaser, IOMMU, MESSAGES, bits_judge, BITS(12, 52 - 12));
	JUDGED(its, commands, IOMMU, MESSAGES, commands_judge, 0);
	for (unsigned int i = 0; i < 8; i++) {
		if (its->baser[i]) { /* kind, size of entries; flat, there */
			JUDGED(its, baser[i], IOMMU, MESSAGES, bits_judge, BITS(56, 3));
			JUDGED(its, baser[i], IOMMU, MESSAGES, bits_judge, BITS(48, 5));
			JUDGED(its, baser[i], IOMMU, MESSAGES, bits_judge, BITS(62, 2));
		}
		JUDGED(its, baser_kind[i], IOMMU, MACHINE, bits_judge, BITS(48, 11));
	}
	for (uint32_t i = 0; i < s->header->lpi_cores.count; i++) {
		ADD(&cores[i], gicr_va, IOMMU, MESSAGES);
		JUDGED(&cores[i], propbaser, IOMMU, MESSAGES, bits_judge, BITS(12, 40));
		JUDGED(&cores[i], pendbaser, IOMMU, MESSAGES, bits_judge, BITS(32, 20));
		ADD(&cores[i], processor, IOMMU, MACHINE);
		ADD(&cores[i], core, IOMMU, MESSAGES);
	}
	FAR(s->header, smmus.offset, IOMMU, RECORD);
	FAR(s->header, itss.count, IOMMU, RECORD);
	FAR(s->header, lpi_cores.offset, IOMMU, RECORD);
	FAR(s->header, pci_steps.count, IOMMU, RECORD);
}

static void steps_judge(struct oracle *o, const struct specimen *s, const struct field *field)
{
	(void)field;
	oracle_steps(o, s);
}

static void steps_of(struct specimen *s, struct fields *fields)
{
	struct bp_pci_step *const steps = (void *)(s->blueprint + s->header->pci_steps.offset);

	for (uint32_t i = 0; i < s->header->pci_steps.count; i++) {
		JUDGED(&steps[i], kind, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], va, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], width, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], segment, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], rid, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], what, STEPS, PCI_SPACE, steps_judge, 0);
		JUDGED(&steps[i], mask, STEPS, PCI_MACHINE, steps_judge, 0);
		JUDGED(&steps[i], value, STEPS, PCI_MACHINE, steps_judge, 0);
		IGNORED(&steps[i], pad, STEPS);
	}
}

void fields_functions(struct specimen *s, struct fields *fields)
{
	for (uint32_t c = 0; c < s->cells; c++)
		cells_of(s, fields, c);
	iommu_of(s, fields);
	its_of(s, fields);
	steps_of(s, fields);
}
