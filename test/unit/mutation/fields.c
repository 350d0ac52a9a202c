// SPDX-License-Identifier: Apache-2.0
/*
 * fields.c - every field of every record of an image, with the rule whose claim it carries.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"

void field_add(struct fields *fields, struct field field)
{
	if (!(fields->count & (fields->count - 1)))
		fields->list = realloc(fields->list,
				       (fields->count ? fields->count * 2 : 1) * sizeof(*fields->list));
	fields->list[fields->count++] = field;
}

static const void *was(const struct specimen *s, const struct field *field)
{
	return s->pristine + ((uint8_t *)field->at - s->fit);
}

/* SPIs of the small board's forbidden devices: watchdog, SMMU. */
static bool spi_forbidden(uint32_t id)
{
	return id == 32 + 6 || id == 32 + 8 || id == 32 + 9;
}

/* context: word << 8 | cell */
static void spis_judge(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	const uint32_t word = field->context >> 8, self = field->context & 255;
	uint32_t now, before;

	memcpy(&now, field->at, 4);
	memcpy(&before, was(s, field), 4);
	for (uint32_t bit = 0; bit < 32; bit++) {
		const uint32_t id = word * 32 + bit;
		bool others = id >= 32 + 128 || spi_forbidden(id) || !word;

		if (!((now ^ before) >> bit & 1))
			continue;
		if (word)
			oracle->broken[RULE_INTERRUPTS] = true;
		for (uint32_t c = 0; c < s->cells; c++)
			others |= c != self && (s->cell[c]->spi_owned[word] >> bit & 1);
		if ((now >> bit & 1) && others)
			oracle->broken[RULE_SPI_OWNER] = true;
	}
}

static void ppis_judge(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	uint32_t now, before;

	memcpy(&now, field->at, 4);
	memcpy(&before, was(s, field), 4);
	if (now & ~before)
		oracle->broken[RULE_PPI_OWNER] = true;
	if (before & ~now)
		oracle->broken[RULE_INTERRUPTS] = true;
}

/* Triggers of interrupts that nobody owns are nobody's. context: word << 8 | cell, 255: the header's */
static void triggers_judge(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	const uint32_t word = field->context >> 8, self = field->context & 255;
	uint32_t now, before, owned = 0;

	memcpy(&now, field->at, 4);
	memcpy(&before, was(s, field), 4);
	for (uint32_t c = 0; c < s->cells; c++) {
		if (self == 255 || c == self)
			owned |= word ? s->cell[c]->spi_owned[word] : s->cell[c]->ppi_owned;
	}
	if ((now ^ before) & owned)
		oracle->broken[RULE_TRIGGERS] = true;
}

/* Nobody reads it, but where memory has colours cores have copies of the text, byte for byte. */
static void copied_judge(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	if (oracle->colors && memcmp(field->at, was(s, field), field->size) != 0)
		oracle->broken[field->rule] = true;
}

/* Where memory has colours a region's pages are those of the cell from `pa` on: it may start at another's. */
static void region_judge(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	uint64_t now, before;

	memcpy(&now, field->at, 8);
	memcpy(&before, was(s, field), 8);
	while (oracle->colors && now < before && !(now % 4096) && !oracle_color(oracle, field->context, now))
		now += 4096;
	if (now != before)
		oracle->broken[field->rule] = true;
}

/* What an emulated page must be; of the console's, what the guest's tree says. */
static enum rule page_rule(const struct bp_mmio *page)
{
	switch (page->kind) {
	case BP_MMIO_PL011:
		return RULE_TREE_DESCRIBED;
	case BP_MMIO_IVSHMEM:
		return RULE_PRESENTATION;
	case BP_MMIO_PCI:
		return page->arg ? RULE_PRESENTATION : RULE_GIC_FRAMES;
	default:
		return RULE_GIC_FRAMES;
	}
}

static void records_of(struct specimen *s, struct fields *fields, uint32_t c)
{
	struct bp_cell *cell = s->cell[c];
	struct bp_core *cores = (void *)((uint8_t *)cell + cell->cores.offset);
	struct bp_region *regions = (void *)((uint8_t *)cell + cell->regions.offset);
	struct bp_image *images = (void *)((uint8_t *)cell + cell->images.offset);
	struct bp_mmio *mmio = (void *)((uint8_t *)cell + cell->mmio.offset);
	struct bp_root_entry *entries = (void *)((uint8_t *)cell + cell->root_entries.offset);
	struct bp_channel *channels = (void *)((uint8_t *)cell + cell->channels.offset);

	ADD(cell, magic, RECORD, RECORD);
	ADD(cell, name[0], RECORD, CELLS);
	FAR(cell, size, RECORD, RECORD);
	ADD(cell, index, RECORD, RECORD);
	ADD(cell, mode, RECORD, MODE);
	ADD(cell, flags, RECORD, CELLS);
	ADD(cell, vttbr, RECORD, SERVICE);
	ADD(cell, vtcr, RECORD, SERVICE);
	ADD(cell, root_va, WINDOW, EL2_WINDOW);
	ADD(cell, state_va, WINDOW, EL2_WINDOW);
	ADD(cell, orders_va, WINDOW, EL2_WINDOW);
	ADD(cell, heartbeat_va, WINDOW, EL2_WINDOW);
	ADD(cell, crash_va, WINDOW, EL2_WINDOW);
	ADD(cell, log_va, WINDOW, CONSOLE);
	fields->list[fields->count - 1].rule = cell->log_va ? RULE_EL2_WINDOW : RULE_CONSOLE;
	ADD(cell, entry_ipa, IMAGE, ENTRY);
	ADD(cell, tree_ipa, IMAGE, GUEST_TREE);
	ADD(cell, heartbeat_ns, RECORD, TIMES);
	ADD(cell, boot_timeout_ns, RECORD, TIMES);
	ADD(cell, watchdog_ns, RECORD, TIMES);
	ADD(cell, watchdog_ppi, RECORD, TIMES);
	ADD(cell, restart_window_ns, FAULTS, TIMES);
	ADD(cell, restart_max, FAULTS, TIMES);
	ADD(cell, uart_intid, OWNERSHIP, CONSOLE);
	fields->list[fields->count - 1].rule = cell->uart_intid ? RULE_INTERRUPTS : RULE_CONSOLE;
	for (int e = 0; e < BP_ERROR_COUNT; e++)
		ADD(cell, actions[e], FAULTS, FAULTS);
	for (int e = BP_ERROR_COUNT; e < 16; e++)
		IGNORED(cell, actions[e], FAULTS);
	ADD(cell, maintenance_intid, OWNERSHIP, MACHINE);
	IGNORED(cell, pad, RECORD);
	JUDGED(cell, ppi_owned, OWNERSHIP, PPI_OWNER, ppis_judge, c);
	JUDGED(cell, ppi_edge, OWNERSHIP, TRIGGERS, triggers_judge, c);
	for (uint32_t w = 0; w < 32; w++) {
		JUDGED(cell, spi_owned[w], OWNERSHIP, SPI_OWNER, spis_judge, w << 8 | c);
		if (w)
			JUDGED(cell, spi_edge[w], OWNERSHIP, TRIGGERS, triggers_judge, w << 8 | c);
	}
	FAR(cell, cores.offset, RECORD, RECORD);
	FAR(cell, regions.offset, RECORD, RECORD);
	FAR(cell, images.count, RECORD, RECORD);
	FAR(cell, mmio.offset, RECORD, RECORD);
	FAR(cell, root_entries.count, RECORD, RECORD);
	FAR(cell, channels.count, RECORD, RECORD);
	for (uint32_t i = 0; i < cell->cores.count; i++) {
		ADD(&cores[i], mpidr, RECORD, CORE_OWNER);
		ADD(&cores[i], gicr_va, WINDOW, EL2_WINDOW);
		ADD(&cores[i], telemetry_va, WINDOW, EL2_WINDOW);
		ADD(&cores[i], ring_va, WINDOW, EL2_WINDOW);
		ADD(&cores[i], machine_core, RECORD, CORE_OWNER);
		ADD(&cores[i], machine_core, RECORD, CORES);
		ADD(&cores[i], gicr_last, RECORD, GIC_FRAMES);
	}
	for (uint32_t i = 0; i < cell->firmware.count; i++)
		field_add(fields, (struct field){(uint32_t *)((uint8_t *)cell + cell->firmware.offset) + i, 4,
						 KIND_RECORD, RULE_FIRMWARE, NULL, 0, false});
	for (uint32_t i = 0; i < cell->regions.count; i++) {
		ADD(&regions[i], ipa, RECORD, MEMORY);
		JUDGED(&regions[i], pa, RECORD, STAGE2, region_judge, c);
		ADD(&regions[i], va, WINDOW, EL2_WINDOW);
		ADD(&regions[i], size, RECORD, MEMORY);
		ADD(&regions[i], flags, RECORD, MEMORY);
		IGNORED(&regions[i], pad, RECORD);
	}
	for (uint32_t i = 0; i < cell->images.count; i++) {
		ADD(&images[i], pa, IMAGE, IMAGES);
		ADD(&images[i], va, WINDOW, EL2_WINDOW);
		ADD(&images[i], size, IMAGE, IMAGES);
		ADD(&images[i], dest_ipa, IMAGE, ENTRY);
		if (images[i].dest_ipa == cell->tree_ipa)
			fields->list[fields->count - 1].rule = RULE_GUEST_TREE;
		ADD(&images[i], digest, IMAGE, IMAGES);
		IGNORED(&images[i], name, IMAGE);
	}
	for (uint32_t i = 0; i < cell->mmio.count; i++) {
		const enum rule rule = page_rule(&mmio[i]);

		FIELD(&mmio[i], ipa, RECORD, rule, NULL, 0, false);
		FIELD(&mmio[i], size, RECORD, rule, NULL, 0, false);
		FIELD(&mmio[i], kind, RECORD, rule == RULE_TREE_DESCRIBED ? RULE_GIC_FRAMES : rule, NULL, 0,
		      false);
		if (mmio[i].kind == BP_MMIO_GICD || mmio[i].kind == BP_MMIO_PL011)
			IGNORED(&mmio[i], arg, RECORD);
		else
			FIELD(&mmio[i], arg, RECORD, rule, NULL, 0, false);
	}
	for (uint32_t i = 0; i < cell->root_entries.count; i++) {
		ADD(&entries[i], index, RECORD, REVOCATION);
		IGNORED(&entries[i], pad, RECORD);
		ADD(&entries[i], value, RECORD, REVOCATION);
	}
	for (uint32_t i = 0; i < cell->channels.count; i++) {
		uint32_t *ring = (uint32_t *)((uint8_t *)cell + channels[i].ring.offset);

		ADD(&channels[i], ipa, CHANNEL, CHANNELS);
		ADD(&channels[i], pa, CHANNEL, CHANNELS);
		ADD(&channels[i], size, CHANNEL, CHANNELS);
		ADD(&channels[i], va, CHANNEL, CHANNELS);
		fields->list[fields->count - 1].rule = channels[i].va ? RULE_EL2_WINDOW : RULE_CHANNELS;
		ADD(&channels[i], flags, CHANNEL, CHANNELS);
		ADD(&channels[i], receive_intid, CHANNEL, CHANNELS);
		fields->list[fields->count - 1].rule =
			channels[i].receive_intid ? RULE_INTERRUPTS : RULE_CHANNELS;
		FAR(&channels[i], ring.count, CHANNEL, RECORD);
		for (uint32_t r = 0; r < channels[i].ring.count; r++)
			field_add(fields,
				  (struct field){&ring[r], 4, KIND_CHANNEL, RULE_DOORBELL, NULL, 0, false});
	}
}

static void header_of(struct specimen *s, struct fields *fields)
{
	struct bp_header *header = s->header;
	struct bp_machine *machine = &header->machine;
	struct bp_gicr_region *gicrs = (void *)(s->blueprint + machine->gicrs.offset);
	struct bp_probe *probes = (void *)(s->blueprint + machine->probes.offset);
	struct hv_header *hv = s->hv;

	ADD(header, magic, HEADER, BP_HEADER);
	ADD(header, abi, HEADER, BP_HEADER);
	ADD(header, header_size, HEADER, BP_HEADER);
	ADD(header, size, HEADER, BP_HEADER);
	ADD(header, load_pa, HEADER, BP_HEADER);
	ADD(header, digest, HEADER, BP_HEADER);
	ADD(header, config_digest, HEADER, BP_HEADER);
	ADD(header, boot_root_pa, HEADER, BOOT_ROOT);
	ADD(header, writable_pa, HEADER, BOOT_ROOT);
	ADD(header, writable_va, HEADER, BOOT_ROOT);
	ADD(header, writable_size, HEADER, BOOT_ROOT);
	ADD(header, crash_pa, HEADER, MACHINE);
	ADD(header, crash_va, HEADER, BOOT_ROOT);
	ADD(header, service_core, HEADER, SERVICE_CORE);
	FAR(header, cores.offset, HEADER, RECORD);
	ADD(machine, board[0], HEADER, MACHINE);
	ADD(machine, pa_bits, HEADER, MACHINE);
	ADD(machine, spi_count, HEADER, MACHINE);
	ADD(machine, list_registers, HEADER, MACHINE);
	ADD(machine, gic_id_bits, HEADER, MACHINE);
	ADD(machine, gicd_pa, HEADER, MACHINE);
	ADD(machine, smmu_pa, HEADER, MACHINE);
	ADD(machine, smmu_va, HEADER, BOOT_ROOT);
	ADD(machine, smmu_idr0, HEADER, MACHINE);
	ADD(machine, smmu_idr0_mask, HEADER, MACHINE);
	for (uint32_t w = 1; w < 32; w++)
		JUDGED(header, spi_edge[w], OWNERSHIP, TRIGGERS, triggers_judge, w << 8 | 255);
	for (uint32_t i = 0; i < machine->gicrs.count; i++) {
		ADD(&gicrs[i], pa, HEADER, MACHINE);
		ADD(&gicrs[i], va, HEADER, BOOT_ROOT);
		ADD(&gicrs[i], size, HEADER, MACHINE);
		ADD(&gicrs[i], frames, HEADER, MACHINE);
		IGNORED(&gicrs[i], first_core, HEADER);
	}
	for (uint32_t i = 0; i < machine->probes.count; i++) {
		ADD(&probes[i], bank_pa, HEADER, MACHINE);
		ADD(&probes[i], bank_size, HEADER, MACHINE);
		ADD(&probes[i], first_va, HEADER, BOOT_ROOT);
		ADD(&probes[i], last_va, HEADER, BOOT_ROOT);
	}
	for (uint32_t i = 0; i < s->cores; i++) {
		ADD(&s->boot[i], mpidr, HEADER, CORE_OWNER);
		ADD(&s->boot[i], root_pa, HEADER, CORE_OWNER);
		if (s->boot[i].root_pa) {
			ADD(&s->boot[i], cell, HEADER, CORE_OWNER);
			ADD(&s->boot[i], core_in_cell, HEADER, CORE_OWNER);
		} else {
			fields->count--; /* a root for a core that has none: whatever is there */
			IGNORED(&s->boot[i], cell, HEADER);
			IGNORED(&s->boot[i], core_in_cell, HEADER);
		}
	}
	ADD(hv, magic, HEADER, HV_HEADER);
	ADD(hv, abi, HEADER, HV_HEADER);
	ADD(hv, isa, HEADER, HV_HEADER);
	ADD(hv, file_size, HEADER, BP_HEADER);
	fields->list[fields->count - 1].large = true;
	fields->list[fields->count - 1].rule = RULE_HV_HEADER;
	ADD(hv, load_pa, HEADER, HV_HEADER);
	ADD(hv, console.pa, HEADER, MACHINE);
	for (unsigned int i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		JUDGED(&hv->segments[i], pad, HEADER, EL2_WINDOW, copied_judge, 0);
		FAR(&hv->segments[i], va, HEADER, HV_HEADER);
		FAR(&hv->segments[i], size, HEADER, HV_HEADER);
	}
}

static void services_of(struct specimen *s, struct fields *fields)
{
	struct bp_service *service = s->service;
	struct bp_service_cell *cells = (void *)((uint8_t *)service + service->cells.offset);

	ADD(service, magic, SERVICE, RECORD);
	FAR(service, size, SERVICE, RECORD);
	IGNORED(service, pad, SERVICE);
	FAR(service, cells.offset, SERVICE, RECORD);
	for (uint32_t i = 0; i < s->cells; i++) {
		struct bp_service_core *cores = (void *)((uint8_t *)service + cells[i].cores.offset);
		struct bp_root_entry *entries = (void *)((uint8_t *)service + cells[i].root_entries.offset);

		ADD(&cells[i], vttbr, SERVICE, SERVICE);
		ADD(&cells[i], vtcr, SERVICE, SERVICE);
		ADD(&cells[i], root_va, SERVICE, EL2_WINDOW);
		ADD(&cells[i], uart_intid, SERVICE, SERVICE);
		ADD(&cells[i], flags, SERVICE, SERVICE);
		for (uint32_t c = 0; c < cells[i].cores.count; c++) {
			ADD(&cores[c], mpidr, SERVICE, SERVICE);
			ADD(&cores[c], sgi_va, SERVICE, EL2_WINDOW);
		}
		for (uint32_t e = 0; e < cells[i].root_entries.count; e++) {
			ADD(&entries[e], index, SERVICE, REVOCATION);
			ADD(&entries[e], value, SERVICE, REVOCATION);
			IGNORED(&entries[e], pad, SERVICE);
		}
	}
}

static void directories_of(struct specimen *s, struct fields *fields)
{
	struct directory *directory = s->directory;
	struct directory_core *cores = (void *)((uint8_t *)directory + directory->cores.offset);
	struct directory_cell *cells = (void *)((uint8_t *)directory + directory->cells.offset);

	ADD(directory, magic, DIRECTORY, DIRECTORY);
	ADD(directory, abi, DIRECTORY, DIRECTORY);
	ADD(directory, config_digest, DIRECTORY, DIRECTORY);
	ADD(directory, binary_digest, DIRECTORY, DIRECTORY);
	IGNORED(directory, version[0], DIRECTORY);
	IGNORED(directory, build_time, DIRECTORY);
	ADD(directory, ram_bytes, DIRECTORY, DIRECTORY);
	FAR(directory, json.ipa, DIRECTORY, DIRECTORY);
	FAR(directory, json.size, DIRECTORY, DIRECTORY);
	FAR(directory, svg.ipa, DIRECTORY, DIRECTORY);
	FAR(directory, svg.size, DIRECTORY, DIRECTORY);
	ADD(directory, hypervisor_bytes, DIRECTORY, DIRECTORY);
	ADD(directory, unassigned_bytes, DIRECTORY, DIRECTORY);
	for (uint32_t i = 0; i < directory->streams.count; i++) {
		struct directory_stream *stream =
			(struct directory_stream *)((uint8_t *)directory + directory->streams.offset) + i;

		ADD(stream, cell, DIRECTORY, DIRECTORY);
		ADD(stream, smmu, DIRECTORY, DIRECTORY);
		ADD(stream, sid, DIRECTORY, DIRECTORY);
		IGNORED(stream, pad, DIRECTORY);
	}
	ADD(directory, crash_ipa, DIRECTORY, DIRECTORY);
	FAR(directory, proof_ipa, DIRECTORY, DIRECTORY);
	for (uint32_t i = 0; i < s->cores; i++) {
		ADD(&cores[i], mpidr, DIRECTORY, DIRECTORY);
		ADD(&cores[i], telemetry_ipa, DIRECTORY, DIRECTORY);
		ADD(&cores[i], ring_ipa, DIRECTORY, DIRECTORY);
		ADD(&cores[i], cell, DIRECTORY, DIRECTORY);
		if (s->boot[i].root_pa)
			ADD(&cores[i], core_in_cell, DIRECTORY, DIRECTORY);
		else
			IGNORED(&cores[i], core_in_cell, DIRECTORY);
	}
	for (uint32_t i = 0; i < s->cells; i++) {
		ADD(&cells[i], name[0], DIRECTORY, DIRECTORY);
		ADD(&cells[i], heartbeat_ipa, DIRECTORY, DIRECTORY);
		ADD(&cells[i], log_ipa, DIRECTORY, DIRECTORY);
		ADD(&cells[i], heartbeat_ns, DIRECTORY, DIRECTORY);
		ADD(&cells[i], boot_timeout_ns, DIRECTORY, DIRECTORY);
		ADD(&cells[i], restart_window_ns, DIRECTORY, DIRECTORY);
		ADD(&cells[i], restart_max, DIRECTORY, DIRECTORY);
		ADD(&cells[i], flags, DIRECTORY, DIRECTORY);
		ADD(&cells[i], first_core, DIRECTORY, DIRECTORY);
		ADD(&cells[i], core_count, DIRECTORY, DIRECTORY);
		ADD(&cells[i], mode, DIRECTORY, DIRECTORY);
		IGNORED(&cells[i], pad, DIRECTORY);
		ADD(&cells[i], memory_bytes, DIRECTORY, DIRECTORY);
		for (int e = 0; e < BP_ERROR_COUNT; e++)
			ADD(&cells[i], actions[e], DIRECTORY, DIRECTORY);
	}
}

static void ranges_of(struct specimen *s, struct fields *fields)
{
	struct integrity_table *table = s->integrity;

	ADD(s->directory, integrity.ipa, DIRECTORY, CONSTANTS);
	ADD(s->directory, integrity.size, DIRECTORY, CONSTANTS);
	ADD(table, magic, INTEGRITY, CONSTANTS);
	ADD(table, count, INTEGRITY, CONSTANTS);
	ADD(table, size, INTEGRITY, CONSTANTS);
	ADD(table, digest, INTEGRITY, CONSTANTS);
	for (uint32_t i = 0; i < table->count; i++) {
		ADD(&table->ranges[i], ipa, INTEGRITY, CONSTANTS);
		ADD(&table->ranges[i], pa, INTEGRITY, CONSTANTS);
		ADD(&table->ranges[i], size, INTEGRITY, CONSTANTS);
		ADD(&table->ranges[i], digest, INTEGRITY, CONSTANTS);
		IGNORED(&table->ranges[i], name[0], INTEGRITY);
	}
}

void fields_find(struct specimen *s, struct fields *fields)
{
	header_of(s, fields);
	for (uint32_t c = 0; c < s->cells; c++)
		records_of(s, fields, c);
	services_of(s, fields);
	if (s->smmu)
		fields_functions(s, fields);
	if (s->directory)
		directories_of(s, fields);
	if (s->integrity)
		ranges_of(s, fields);
}

static uint64_t another(uint64_t value)
{
	static const int64_t steps[] = {1, -1, 2, 4096, -4096, 8192, 0x10000, 0x200000, -0x200000};

	switch (chance(6)) {
	case 0:
		return 0;
	case 1:
		return value + (uint64_t)steps[chance(sizeof(steps) / sizeof(steps[0]))];
	case 2:
		return chance(UINT64_MAX);
	case 3:
		return chance(0x100);
	default:
		return value ^ UINT64_C(1) << chance(64);
	}
}

void field_change(struct oracle *oracle, const struct specimen *s, const struct field *field)
{
	uint64_t value = 0;
	const uint32_t bytes = field->size > 8 ? 8 : field->size;
	uint8_t *at = (uint8_t *)field->at + (field->size > 8 ? chance(field->size - 7) : 0);

	memcpy(&value, at, bytes);
	if (field->judge == triggers_judge && chance(4)) { /* of an interrupt that is somebody's */
		const uint32_t word = field->context >> 8;
		uint32_t owned = 0;

		for (uint32_t c = 0; c < s->cells; c++)
			owned |= (field->context & 255) == 255 || (field->context & 255) == c
					 ? word ? s->cell[c]->spi_owned[word] : s->cell[c]->ppi_owned
					 : 0;
		value ^= owned & chance(UINT32_MAX);
		memcpy(at, &value, bytes);
		field->judge(oracle, s, field);
		return;
	}
	value = field->large ? UINT64_C(0x3fffffff3ff00000) + chance(0x1000) * 4096 : another(value);
	memcpy(at, &value, bytes);
	if (!memcmp(field->at, was(s, field), field->size) || field->rule == FREE)
		return;
	if (field->judge)
		field->judge(oracle, s, field);
	else
		oracle->broken[field->rule] = true;
}
