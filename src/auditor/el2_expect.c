// SPDX-License-Identifier: Apache-2.0
/*
 * el2_expect.c - what EL2 roots admit: the comment at the head of blueprint.h, as span lists.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

enum window {
	WINDOW_SEGMENT,
	WINDOW_PRIVATE,
	WINDOW_RECORD,
	WINDOW_GICD,
	WINDOW_UART,
	WINDOW_GICR,
	WINDOW_TELEMETRY,
	WINDOW_RING,
	WINDOW_ROOT,
	WINDOW_STATE,
	WINDOW_ORDERS,
	WINDOW_LOG,
	WINDOW_HEARTBEAT,
	WINDOW_RAM,
	WINDOW_IMAGE,
	WINDOW_CHANNEL,
	WINDOW_SERVICE,
	WINDOW_BLUEPRINT,
	WINDOW_WRITABLE,
	WINDOW_PROBE,
	WINDOW_SMMU,
	WINDOW_QUEUE,
	WINDOW_STREAM,
	WINDOW_ITS,
	WINDOW_PCI_STATE,
	WINDOW_CONFIG,
	WINDOW_CRASH
};

#define FRAME	   UINT64_C(0x10000) /* of an SMMU, an ITS */
#define READ_ONLY  (ATTR_READ | ATTR_NORMAL)
#define READ_WRITE (ATTR_READ | ATTR_WRITE | ATTR_NORMAL)
#define UNCACHED   (ATTR_READ | ATTR_WRITE | ATTR_NONCACHE)
#define REGISTERS  (ATTR_READ | ATTR_WRITE | ATTR_DEVICE)

struct expectation { /* the list under construction */
	struct audit *audit;
	const char *who;
	struct spans *spans;
};

const char *window_name(int tag)
{
	static const char *const names[] = {[WINDOW_SEGMENT] = "segment",
					    [WINDOW_PRIVATE] = "private memory",
					    [WINDOW_RECORD] = "record",
					    [WINDOW_GICD] = "distributor",
					    [WINDOW_UART] = "UART",
					    [WINDOW_GICR] = "redistributor frame",
					    [WINDOW_TELEMETRY] = "telemetry",
					    [WINDOW_RING] = "event ring",
					    [WINDOW_ROOT] = "stage-2 root",
					    [WINDOW_STATE] = "cell state",
					    [WINDOW_ORDERS] = "orders",
					    [WINDOW_LOG] = "log ring",
					    [WINDOW_HEARTBEAT] = "heartbeat",
					    [WINDOW_RAM] = "RAM",
					    [WINDOW_IMAGE] = "image",
					    [WINDOW_CHANNEL] = "channel",
					    [WINDOW_SERVICE] = "service record",
					    [WINDOW_BLUEPRINT] = "blueprint",
					    [WINDOW_WRITABLE] = "writable memory",
					    [WINDOW_PROBE] = "memory probe",
					    [WINDOW_SMMU] = "SMMU",
					    [WINDOW_QUEUE] = "SMMU queue",
					    [WINDOW_STREAM] = "stream table entry",
					    [WINDOW_ITS] = "ITS",
					    [WINDOW_PCI_STATE] = "PCI state",
					    [WINDOW_CONFIG] = "configuration space",
					    [WINDOW_CRASH] = "crash-audit"};

	return names[tag];
}

/* A window from va to pa, in whole pages. An unset or unresolved one is a violation: the field names
 * something that the hypervisor will use. */
static void window(const struct expectation *expect, enum window tag, uint64_t va, uint64_t pa, uint64_t size,
		   uint32_t attrs)
{
	const uint64_t from = page_down(va);

	if (!va || pa == PA_NONE || ((va ^ pa) & (BP_PAGE_SIZE - 1))) {
		violation(&expect->audit->report, RULE_EL2_WINDOW,
			  "%s: %s window at 0x%" PRIx64 " leads nowhere", expect->who, window_name(tag), va);
		return;
	}
	spans_add(expect->spans,
		  (struct span){from, page_down(pa), page_up(end_of(va, size)) - from, attrs, (int)tag});
}

static uint32_t segment_attrs(const struct hv_segment *segment)
{
	uint32_t attrs = ATTR_NORMAL | ATTR_READ;

	attrs |= segment->flags & HV_SEG_WRITE ? ATTR_WRITE : 0;
	attrs |= segment->flags & HV_SEG_EXEC ? ATTR_EXEC : 0;
	return attrs;
}

/* Where memory has colours: a page of the root's own copy, if it is one. */
static bool copy_expected(const struct expectation *expect, const struct core *core, uint64_t va,
			  uint32_t attrs)
{
	const struct audit *audit = expect->audit;
	const uint8_t *original = audit->kernel + (va - audit->hv.segments[0].va), *copy;
	uint64_t pa;

	if (!spans_translate(&core->map, va, BP_PAGE_SIZE, &pa))
		return false;
	copy = blueprint_at(audit, pa, BP_PAGE_SIZE);
	if (!copy || memcmp(copy, original, BP_PAGE_SIZE) != 0)
		return false;
	window(expect, WINDOW_SEGMENT, va, pa, BP_PAGE_SIZE, attrs);
	return true;
}

/* [impl->swr~audit-colors~1] */
static void copies_expected(const struct expectation *expect, const struct core *core)
{
	const struct hv_header *hv = &expect->audit->hv;

	for (unsigned int i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		const struct hv_segment *segment = &hv->segments[i];

		if (segment->flags & (HV_SEG_PER_CORE | HV_SEG_BOOT | HV_SEG_IDENTITY))
			continue;
		for (uint64_t at = 0; at < segment->size; at += BP_PAGE_SIZE)
			if (!copy_expected(expect, core, segment->va + at, segment_attrs(segment)))
				violation(&expect->audit->report, RULE_EL2_WINDOW,
					  "%s: 0x%" PRIx64 " isn't a copy of that page of bulkhead.bin",
					  expect->who, segment->va + at);
	}
}

static void segments_expected(const struct expectation *expect, bool boot)
{
	const struct hv_header *hv = &expect->audit->hv;

	for (unsigned int i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		const struct hv_segment *segment = &hv->segments[i];
		const uint64_t pa = hv->load_pa + (segment->va - hv->segments[0].va);
		const bool identity = segment->flags & HV_SEG_IDENTITY;

		if (!HV_SEG_IN_FILE(segment->flags))
			continue;
		if (boot || !(segment->flags & (HV_SEG_BOOT | HV_SEG_IDENTITY)))
			window(expect, WINDOW_SEGMENT, identity ? pa : segment->va, pa, segment->size,
			       segment_attrs(segment));
	}
}

/* The core's own memory, wherever it is: rule_layout proves that it is nobody else's. */
static void private_expected(const struct expectation *expect, const struct core *core)
{
	const struct hv_header *hv = &expect->audit->hv;

	for (unsigned int i = 0; i < HV_SEGMENTS && hv->segments[i].size; i++) {
		const struct hv_segment *segment = &hv->segments[i];
		const uint64_t end = segment->va + segment->size;

		if (!(segment->flags & HV_SEG_PER_CORE))
			continue;
		for (uint64_t va = segment->va; va < end; va += BP_PAGE_SIZE) {
			uint64_t pa = PA_NONE;
			const struct place *place = NULL;

			if (spans_translate(&core->map, va, BP_PAGE_SIZE, &pa))
				place = place_at(expect->audit, pa);
			if (place && place->kind == PLACE_PRIVATE)
				window(expect, WINDOW_PRIVATE, va, pa, BP_PAGE_SIZE, segment_attrs(segment));
			else
				window(expect, WINDOW_PRIVATE, va, PA_NONE, BP_PAGE_SIZE, 0);
		}
	}
}

static void hardware_expected(const struct expectation *expect)
{
	const struct audit *audit = expect->audit;

	window(expect, WINDOW_GICD, EL2_VA_GICD, audit->board.gic->regs[0].base, 0x10000, REGISTERS);
	if (audit->hv.console.kind != HV_CONSOLE_NONE)
		window(expect, WINDOW_UART, EL2_VA_UART, audit->hv.console.pa, BP_PAGE_SIZE, REGISTERS);
}

static void siblings_expected(const struct expectation *expect, const struct cell *cell, size_t self)
{
	const struct audit *audit = expect->audit;

	for (uint32_t i = 0; i < cell->record->cores.count; i++) {
		const struct bp_core *entry = &cell->cores[i];
		const bool own = entry->machine_core == self;

		if (entry->machine_core >= audit->core_count)
			continue;
		const struct core *core = &audit->cores[entry->machine_core];
		const uint64_t frame = core->frame_pa;

		window(expect, WINDOW_GICR, entry->gicr_va, frame, BP_PAGE_SIZE, REGISTERS);
		window(expect, WINDOW_GICR, entry->gicr_va + BP_PAGE_SIZE,
		       frame == PA_NONE ? PA_NONE : frame + 0x10000, BP_PAGE_SIZE, REGISTERS);
		window(expect, WINDOW_TELEMETRY, entry->telemetry_va, core->telemetry_pa, BP_PAGE_SIZE,
		       own ? READ_WRITE : READ_ONLY);
		if (own)
			window(expect, WINDOW_RING, entry->ring_va, core->ring_pa, BP_PAGE_SIZE, READ_WRITE);
	}
}

/* Of the cell's own functions: another's is admitted nowhere. */
static void functions_expected(const struct expectation *expect, const struct cell *cell)
{
	const struct audit *audit = expect->audit;
	const struct spans *map = &audit->cores[cell->first_core].map;

	for (uint32_t i = 0; i < cell->record->pci.count; i++) {
		const uint64_t va = cell->pci[i].config_va;
		uint64_t pa = PA_NONE, due = PA_NONE;

		if (!va)
			continue;
		(void)spans_translate(map, va, BP_PAGE_SIZE, &pa);
		for (size_t f = 0; f < audit->pci.count; f++)
			if (audit->pci.functions[f].owner != CELL_NONE_ID &&
			    cell_asked(audit, (size_t)audit->pci.functions[f].owner) == cell &&
			    pci_config_pa(&audit->pci, &audit->pci.functions[f]) == pa)
				due = pa;
		window(expect, WINDOW_CONFIG, va, due, BP_PAGE_SIZE, REGISTERS);
	}
}

static void cell_expected(const struct expectation *expect, const struct cell *cell, bool service_core)
{
	const struct audit *audit = expect->audit;
	const struct bp_cell *record = cell->record;

	window(expect, WINDOW_RECORD, EL2_VA_CELL, cell->record_pa, record->size, READ_ONLY);
	if (cell->walked)
		window(expect, WINDOW_ROOT, record->root_va, page_down(cell->walk.root_pa),
		       cell->walk.root_pages * BP_PAGE_SIZE, READ_WRITE);
	window(expect, WINDOW_STATE, record->state_va, cell->state_pa, BP_PAGE_SIZE, READ_WRITE);
	window(expect, WINDOW_ORDERS, record->orders_va, audit->orders_pa,
	       audit->cell_count * sizeof(struct order), service_core ? READ_WRITE : READ_ONLY);
	if (record->log_va)
		window(expect, WINDOW_LOG, record->log_va, cell->log_pa, BP_PAGE_SIZE, READ_WRITE);
	if (record->pci_state_va)
		window(expect, WINDOW_PCI_STATE, record->pci_state_va, cell->pci_state_pa, BP_PAGE_SIZE,
		       READ_WRITE);
	functions_expected(expect, cell);
}

static bool writes_alone(const struct audit *audit, const struct cell *cell, uint32_t index)
{
	const struct partition_channel *channel = channel_named(audit, cell, index);
	const int self = partition_number(audit, cell->asked);

	for (size_t i = 0; channel && self != CELL_NONE_ID && i < audit->partition.cell_count; i++) {
		if (((int)i == self) != !!(channel->roles[i] & BP_CHANNEL_WRITES))
			return false;
	}
	return channel && self != CELL_NONE_ID;
}

/* An image's bytes must be there; the rest of the cell's own file, of which they are a part, may be. */
static void image_expected(const struct expectation *expect, const struct cell *cell,
			   const struct bp_image *image)
{
	const struct core *core = &expect->audit->cores[cell->first_core];
	const struct fit_file *file;
	/* Images lie in all colours: no cache may hold them. */
	const uint32_t attrs = expect->audit->colors ? ATTR_READ | ATTR_NONCACHE : READ_ONLY;
	uint64_t pa;

	(void)image_bytes_at(expect->audit, image->pa, image->size, &file);
	if (!file || strcmp(file->cell, cell->name) != 0) {
		window(expect, WINDOW_IMAGE, image->va, image->pa, image->size, attrs);
		return;
	}
	if (!spans_translate(&core->map, image->va, image->size, &pa) || pa != image->pa)
		violation(&expect->audit->report, RULE_EL2_WINDOW,
			  "%s: image window at 0x%" PRIx64 " doesn't lead to 0x%" PRIx64, expect->who,
			  image->va, image->pa);
	window(expect, WINDOW_IMAGE, image->va - (image->pa - file->load), file->load, file->bytes.size,
	       attrs | ATTR_MAY);
}

static void first_core_expected(const struct expectation *expect, const struct cell *cell)
{
	const struct bp_cell *record = cell->record;

	window(expect, WINDOW_HEARTBEAT, record->heartbeat_va, cell->heartbeat_pa, BP_PAGE_SIZE, UNCACHED);
	for (uint32_t i = 0; i < record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];

		if (expect->audit->colors)
			region_spans(expect->audit, cell, region,
				     (struct span){.va = region->va, .attrs = READ_WRITE, .tag = WINDOW_RAM},
				     expect->spans);
		else
			window(expect, WINDOW_RAM, region->va, region->pa, region->size, READ_WRITE);
	}
	for (uint32_t i = 0; i < record->images.count; i++)
		image_expected(expect, cell, &cell->images[i]);
	for (uint32_t i = 0; i < record->channels.count; i++) {
		if (writes_alone(expect->audit, cell, i))
			window(expect, WINDOW_CHANNEL, cell->channels[i].va, cell->channels[i].pa,
			       cell->channels[i].size, UNCACHED);
	}
}

/* Registers of a device in frames of 64 KiB: a page of them is needed, the rest may be there. */
static void frame_expected(const struct expectation *expect, const struct spans *map, enum window tag,
			   uint64_t va, uint64_t pa, uint64_t size)
{
	uint64_t found;

	window(expect, tag, va, pa, BP_PAGE_SIZE, REGISTERS);
	for (uint64_t at = BP_PAGE_SIZE; at < size; at += BP_PAGE_SIZE)
		if (spans_translate(map, va + at, BP_PAGE_SIZE, &found) && found == pa + at)
			window(expect, tag, va + at, pa + at, BP_PAGE_SIZE, REGISTERS | ATTR_MAY);
}

/* The service core sees its own telemetry anyhow. */
static bool own_telemetry(const struct audit *audit, int core, uint64_t va)
{
	return (uint32_t)core == audit->header->service_core && audit->cores[core].cell != CELL_NONE_ID &&
	       va == audit->cells[audit->cores[core].cell].cores[0].telemetry_va;
}

/* [impl->swr~audit-stream-lists~1] */
static void streams_expected(const struct expectation *expect)
{
	const struct audit *audit = expect->audit;
	const struct spans *map = &audit->cores[audit->header->service_core].map;
	const uint64_t address = UINT64_C(0x000fffffffffffe0);

	for (size_t i = 0; i < audit->smmu_count && i < audit->service->smmus.count; i++) {
		const struct bp_service_smmu *entry = &audit->service_smmus[i];
		const struct bp_smmu *smmu = &audit->smmus[i];

		if (!smmu->strtab_base)
			continue;
		frame_expected(expect, map, WINDOW_SMMU, entry->page0_va, smmu->pa, FRAME);
		frame_expected(expect, map, WINDOW_SMMU, entry->page1_va, smmu->pa + FRAME, FRAME);
		window(expect, WINDOW_QUEUE, entry->cmdq_va, smmu->cmdq_base & address,
		       UINT64_C(16) << (smmu->cmdq_base & 0x1f), READ_WRITE);
		window(expect, WINDOW_QUEUE, entry->eventq_va, smmu->eventq_base & address,
		       UINT64_C(32) << (smmu->eventq_base & 0x1f), READ_WRITE);
	}
	for (size_t i = 0; i < audit->service->streams.count; i++) {
		const struct bp_stream *stream = &audit->service_streams[i];

		if (stream->smmu < audit->smmu_count)
			window(expect, WINDOW_STREAM, stream->ste_va,
			       stream_entry(audit, &audit->streams[stream->smmu], stream->sid), 64,
			       READ_WRITE);
	}
	for (size_t i = 0; i < audit->service->dma.count; i++) {
		const struct bp_service_dma *entry = &audit->service_dma[i];
		const int core =
			entry->cell < audit->cell_count ? audit->cells[entry->cell].first_core : CELL_NONE_ID;

		if (core >= 0 && !own_telemetry(audit, core, entry->telemetry_va))
			window(expect, WINDOW_TELEMETRY, entry->telemetry_va, audit->cores[core].telemetry_pa,
			       BP_PAGE_SIZE, READ_ONLY);
	}
}

static void service_expected(const struct expectation *expect)
{
	const struct audit *audit = expect->audit;
	const struct bp_service *service = audit->service;

	if (!service)
		return;
	window(expect, WINDOW_SERVICE, EL2_VA_SERVICE, audit->service_pa, service->size, READ_ONLY);
	streams_expected(expect);
	const struct bp_service_cell *entries =
		(const void *)((const uint8_t *)service + service->cells.offset);

	for (uint32_t i = 0; i < service->cells.count && i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];
		const struct bp_service_core *cores =
			(const void *)((const uint8_t *)service + entries[i].cores.offset);

		if (!cell->known)
			continue;
		if (cell->walked)
			window(expect, WINDOW_ROOT, entries[i].root_va, page_down(cell->walk.root_pa),
			       cell->walk.root_pages * BP_PAGE_SIZE, READ_WRITE);
		for (uint32_t j = 0; j < entries[i].cores.count && j < cell->record->cores.count; j++) {
			const uint32_t number = cell->cores[j].machine_core;
			const uint64_t frame =
				number < audit->core_count ? audit->cores[number].frame_pa : PA_NONE;

			window(expect, WINDOW_GICR, cores[j].sgi_va,
			       frame == PA_NONE ? PA_NONE : frame + 0x10000, BP_PAGE_SIZE, REGISTERS);
		}
	}
}

/* [impl->swr~audit-crash-audit~1] */
static void crash_expected(const struct expectation *expect, uint64_t va, uint64_t pa, uint64_t size)
{
	if (expect->audit->board.crash.size)
		window(expect, WINDOW_CRASH, va, pa, size, UNCACHED);
	else if (va)
		window(expect, WINDOW_CRASH, va, PA_NONE, size, 0);
}

void core_root_expected(struct audit *audit, size_t number, struct spans *expected)
{
	const struct core *core = &audit->cores[number];
	const struct cell *cell = &audit->cells[core->cell];
	const struct expectation expect = {audit, core->who, expected};
	const bool service_core = number == audit->header->service_core;

	if (audit->colors)
		copies_expected(&expect, core);
	else
		segments_expected(&expect, false);
	private_expected(&expect, core);
	hardware_expected(&expect);
	siblings_expected(&expect, cell, number);
	cell_expected(&expect, cell, service_core);
	crash_expected(&expect, cell->record->crash_va, audit->board.crash.base + (number + 1) * BP_PAGE_SIZE,
		       BP_PAGE_SIZE);
	if (core->boot.core_in_cell == 0)
		first_core_expected(&expect, cell);
	if (service_core)
		service_expected(&expect);
}

/* The boot root may see the hosts' configuration space, wherever; that steps lead to the right function is
 * pci_steps.c's. */
static void configurations_expected(const struct expectation *expect)
{
	const struct audit *audit = expect->audit;

	for (size_t i = 0; audit->pci_step_count && i < audit->boot_map.count; i++) {
		const struct span *span = &audit->boot_map.list[i];

		for (size_t h = 0; h < audit->pci.host_count; h++) {
			const struct range *ecam = &audit->pci.hosts[h].ecam;

			if (span->pa >= ecam->base && within(span->pa - ecam->base, span->size, ecam->size))
				window(expect, WINDOW_CONFIG, span->va, span->pa, span->size,
				       REGISTERS | ATTR_MAY);
		}
	}
}

void boot_root_expected(struct audit *audit, struct spans *expected)
{
	const struct bp_header *header = audit->header;
	const struct bp_machine *machine = &header->machine;
	const struct expectation expect = {audit, "the boot root", expected};
	const struct bp_gicr_region *gicrs = (const void *)(audit->blueprint + machine->gicrs.offset);
	const struct bp_probe *probes = (const void *)(audit->blueprint + machine->probes.offset);

	segments_expected(&expect, true);
	hardware_expected(&expect);
	window(&expect, WINDOW_BLUEPRINT, EL2_VA_TEXT + audit->hv.file_size, audit->blueprint_pa,
	       header->size, READ_ONLY);
	window(&expect, WINDOW_WRITABLE, header->writable_va, header->writable_pa, header->writable_size,
	       READ_WRITE);
	if (machine->smmu_pa)
		window(&expect, WINDOW_SMMU, machine->smmu_va, machine->smmu_pa, 0x10000, REGISTERS);
	for (size_t i = 0; i < audit->smmu_count; i++)
		if (audit->smmus[i].va != machine->smmu_va)
			frame_expected(&expect, &audit->boot_map, WINDOW_SMMU, audit->smmus[i].va,
				       audit->smmus[i].pa, 2 * FRAME);
	configurations_expected(&expect);
	crash_expected(&expect, header->crash_va, audit->board.crash.base, audit->board.crash.size);
	for (size_t i = 0; i < audit->its_count; i++)
		frame_expected(&expect, &audit->boot_map, WINDOW_ITS, audit->itss[i].va, audit->itss[i].pa,
			       FRAME);
	if (machine->gicrs.offset % 8 == 0 &&
	    within(machine->gicrs.offset, machine->gicrs.count * (uint64_t)sizeof(*gicrs), header->size)) {
		for (uint32_t i = 0; i < machine->gicrs.count; i++)
			window(&expect, WINDOW_GICR, gicrs[i].va, gicrs[i].pa, gicrs[i].size, REGISTERS);
	}
	if (machine->probes.offset % 8 == 0 &&
	    within(machine->probes.offset, machine->probes.count * (uint64_t)sizeof(*probes), header->size)) {
		for (uint32_t i = 0; i < machine->probes.count; i++) {
			window(&expect, WINDOW_PROBE, probes[i].first_va, probes[i].bank_pa, BP_PAGE_SIZE,
			       UNCACHED);
			window(&expect, WINDOW_PROBE, probes[i].last_va,
			       end_of(probes[i].bank_pa, probes[i].bank_size) - BP_PAGE_SIZE, BP_PAGE_SIZE,
			       UNCACHED);
		}
	}
}
