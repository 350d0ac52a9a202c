// SPDX-License-Identifier: Apache-2.0
/*
 * fixture.c - builds the good image: bulkhead.bin's headers, the blueprint with its records and tables,
 * and the files of the image store.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BP_PA	    (LOAD_PA + HV_SIZE)
#define VTCR	    (UINT64_C(0x80000000) | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 1 << 6 | 24)
#define TCR_EL2	    (UINT64_C(0x80800000) | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 25)
#define GUEST_PAGES 1u
#define IMAGES_AT   0x300u /* in a record: mutations may spoil the table that says so */
#define IMAGES_MAX  4u

static const struct {
	const char *name;
	uint32_t mode, flags, first_core, cores, uart_intid;
	uint64_t heartbeat_ns, boot_timeout_ns, window_ns;
	uint32_t restarts;
	uint64_t entry, tree;
	uint64_t regions[2][3]; /* ipa, pa, size */
} plan[CELLS] = {
	{"health",
	 BP_MODE_INJECTED,
	 BP_CELL_HEALTH | BP_CELL_SERVICE,
	 0,
	 1,
	 0,
	 0,
	 0,
	 300000000000,
	 5,
	 0x4a000040,
	 0x4a1f0000,
	 {{0x4a000000, 0x4a000000, 2 * MIB}}},
	{"control",
	 BP_MODE_DIRECT,
	 BP_CELL_ESSENTIAL | BP_CELL_LOG_CONSOLE,
	 1,
	 1,
	 224,
	 10000000,
	 0,
	 60000000000,
	 3,
	 0x40000010,
	 0x401f0000,
	 {{0x40000000, 0x4a200000, 2 * MIB}}},
	{"gateway",
	 BP_MODE_INJECTED,
	 BP_CELL_LOG_CONSOLE,
	 2,
	 2,
	 225,
	 0,
	 60000000000,
	 300000000000,
	 5,
	 0x4a800000,
	 0x4ae00000,
	 {{0x4a800000, 0x4a800000, 8 * MIB}, {0x4a600000, 0x4a600000, MIB}}},
};

void *fixture_alloc(struct fixture *fixture, uint64_t pages, uint64_t align_pages, uint64_t *pa)
{
	const uint64_t align = align_pages * 4096;

	*pa = (BP_PA + fixture->used + align - 1) / align * align;
	fixture->used = *pa - BP_PA + pages * 4096;
	return fixture_at(fixture, *pa);
}

uint64_t fixture_writable(struct fixture *fixture, uint64_t pages)
{
	const uint64_t pa = WRITABLE_PA + fixture->next_page * 4096;

	fixture->next_page += pages;
	return pa;
}

uint64_t fixture_window(struct fixture *fixture, uint64_t pages)
{
	const uint64_t va = fixture->next_va;

	fixture->next_va += pages * 4096;
	return va;
}

static void hypervisor_make(struct fixture *fixture)
{
	static const uint32_t flags[] = {HV_SEG_READ | HV_SEG_EXEC, HV_SEG_READ, HV_SEG_READ,
					 HV_SEG_READ | HV_SEG_EXEC | HV_SEG_BOOT,
					 HV_SEG_READ | HV_SEG_EXEC | HV_SEG_IDENTITY};
	struct hv_header *hv;
	const uint32_t magic = IMAGE_MAGIC;
	const uint64_t image_flags = IMAGE_FLAG_ANYWHERE, image_size = WRITABLE_PA + WRITABLE_SIZE - LOAD_PA;

	fixture->kernel = calloc(1, HV_SIZE + BLUEPRINT_MAX);
	memcpy(fixture->kernel + IMAGE_MAGIC_AT, &magic, sizeof(magic));
	memcpy(fixture->kernel + IMAGE_FLAGS_AT, &image_flags, sizeof(image_flags));
	memcpy(fixture->kernel + IMAGE_SIZE_AT, &image_size, sizeof(image_size));
	hv = fixture->hv = (void *)(fixture->kernel + HV_HEADER_OFFSET);
	*hv = (struct hv_header){.magic = HV_MAGIC,
				 .abi = BLUEPRINT_ABI,
				 .isa = HV_ISA_ARM64,
				 .file_size = HV_SIZE,
				 .secondary_offset = 0x400,
				 .load_pa = LOAD_PA,
				 .console = {UART_PA, HV_CONSOLE_PL011, 0}};
	for (unsigned int i = 0; i < 5; i++)
		hv->segments[i] =
			(struct hv_segment){EL2_VA_TEXT + i * UINT64_C(0x1000), 0x1000, flags[i], 0};
	hv->segments[5] =
		(struct hv_segment){EL2_VA_PRIVATE, 0x2000, HV_SEG_READ | HV_SEG_WRITE | HV_SEG_PER_CORE, 0};
}

static void memory_make(struct fixture *fixture)
{
	for (int i = 0; i < CORES; i++) {
		fixture->private_pa[i] = fixture_writable(fixture, 2);
		fixture->telemetry_pa[i] = fixture_writable(fixture, 1);
		fixture->ring_pa[i] = fixture_writable(fixture, 1);
	}
	for (int i = 0; i < CELLS; i++) {
		fixture->state_pa[i] = fixture_writable(fixture, 1);
		fixture->heartbeat_pa[i] = fixture_writable(fixture, 1);
		if (plan[i].flags & BP_CELL_LOG_CONSOLE)
			fixture->log_pa[i] = fixture_writable(fixture, 1);
	}
	fixture->orders_pa = fixture_writable(fixture, 1);
	fixture->setpoints_pa = fixture_writable(fixture, 2);
	fixture->both_pa = fixture_writable(fixture, 1);
}

static void header_make(struct fixture *fixture)
{
	struct bp_header *header = fixture->header;
	struct bp_gicr_region *gicr = (void *)(fixture->blueprint + 0x800);
	struct bp_probe *probe = (void *)(fixture->blueprint + 0x840);

	*header = (struct bp_header){.magic = BLUEPRINT_MAGIC,
				     .abi = BLUEPRINT_ABI,
				     .header_size = sizeof(*header),
				     .load_pa = LOAD_PA,
				     .tcr_el2 = TCR_EL2,
				     .writable_pa = WRITABLE_PA,
				     .writable_va = BOOT_WINDOWS,
				     .writable_size = WRITABLE_SIZE,
				     .service_core = 0,
				     .cell_count = CELLS,
				     .cores = {0x600, CORES},
				     .crash_pa = CRASH_PA,
				     .crash_va = BOOT_WINDOWS + 16 * MIB};
	header->machine = (struct bp_machine){.board = "fixture",
					      .pa_bits = 40,
					      .spi_count = 256,
					      .list_registers = 4,
					      .gic_id_bits = 10,
					      .gicd_pa = GICD_PA,
					      .smmu_pa = SMMU_PA,
					      .smmu_va = BOOT_WINDOWS + MIB,
					      .gicrs = {0x800, 1},
					      .probes = {0x840, 1}};
	*gicr = (struct bp_gicr_region){GICR_PA, BOOT_WINDOWS + 2 * MIB, 0x80000, 0, 4};
	*probe = (struct bp_probe){0x40000000, 0x10000000, BOOT_WINDOWS + 3 * MIB,
				   BOOT_WINDOWS + 3 * MIB + 4096};
	fixture->boot = (void *)(fixture->blueprint + 0x600);
}

/* Everything of a record but what the tables decide. */
static void record_make(struct fixture *fixture, int i)
{
	struct bp_cell *cell = fixture->cell[i];
	const bool log = plan[i].flags & BP_CELL_LOG_CONSOLE;
	struct bp_core *cores;
	struct bp_region *regions;
	struct bp_mmio *mmio;

	*cell = (struct bp_cell){.magic = BLUEPRINT_MAGIC,
				 .size = 0x1000,
				 .index = (uint32_t)i,
				 .mode = plan[i].mode,
				 .flags = plan[i].flags,
				 .vttbr = (uint64_t)(i + 1) << 48 | fixture->stage2_root[i],
				 .vtcr = VTCR,
				 .root_va = fixture_window(fixture, 2),
				 .state_va = fixture_window(fixture, 1),
				 .orders_va = fixture_window(fixture, 1),
				 .log_va = log ? fixture_window(fixture, 1) : 0,
				 .heartbeat_va = fixture_window(fixture, 1),
				 .watchdog_ns = i == HEALTH ? 2000000000 : 0,
				 .watchdog_ppi = i == HEALTH ? 1u << 26 : 0,
				 .crash_va = fixture_window(fixture, 1),
				 .entry_ipa = plan[i].entry,
				 .tree_ipa = plan[i].tree,
				 .heartbeat_ns = plan[i].heartbeat_ns,
				 .boot_timeout_ns = plan[i].boot_timeout_ns,
				 .restart_window_ns = plan[i].window_ns,
				 .restart_max = plan[i].restarts,
				 .uart_intid = plan[i].uart_intid,
				 .maintenance_intid = 25,
				 .ppi_owned = 1u << 27 | 1u << 30,
				 .cores = {0x230, plan[i].cores},
				 .regions = {0x280, plan[i].regions[1][2] ? 2 : 1},
				 .images = {IMAGES_AT, 0},
				 .mmio = {0x500, 0},
				 .root_entries = {0x600, 0},
				 .channels = {0x700, 0}};
	strcpy(cell->name, plan[i].name);
	for (int e = 0; e < BP_ERROR_COUNT; e++)
		cell->actions[e] = BP_ACTION_RESTART;
	cell->actions[BP_ERROR_SERROR] = BP_ACTION_LOG;
	cell->actions[BP_ERROR_IMAGE_MISMATCH] = cell->actions[BP_ERROR_RESTART_LIMIT] = BP_ACTION_STOP;
	cell->actions[BP_ERROR_TABLE_INTEGRITY] = cell->actions[BP_ERROR_EXCEPTION_AT_EL2] = BP_ACTION_RESET;
	if (i == CONTROL)
		cell->actions[BP_ERROR_MEMORY_VIOLATION] = BP_ACTION_STOP;
	cores = fixture_table(cell, cell->cores);
	mmio = fixture_table(cell, cell->mmio);
	mmio[cell->mmio.count++] = (struct bp_mmio){GICD_PA, 0x10000, BP_MMIO_GICD, 0};
	for (uint32_t c = 0; c < plan[i].cores; c++) {
		const uint32_t number = plan[i].first_core + c;

		cores[c] = (struct bp_core){number,
					    fixture_window(fixture, 2),
					    fixture_window(fixture, 1),
					    fixture_window(fixture, 1),
					    number,
					    c + 1 == plan[i].cores};
		mmio[cell->mmio.count++] =
			(struct bp_mmio){GICR_PA + number * UINT64_C(0x20000), 0x20000, BP_MMIO_GICR, c};
		fixture->boot[number] = (struct bp_boot_core){number, 0, (uint32_t)i, c};
	}
	if (log)
		mmio[cell->mmio.count++] = (struct bp_mmio){0xb800000, 0x1000, BP_MMIO_PL011, 0};
	regions = fixture_table(cell, cell->regions);
	for (uint32_t r = 0; r < cell->regions.count; r++)
		regions[r] = (struct bp_region){plan[i].regions[r][0],
						plan[i].regions[r][1],
						EL2_VA_CELL_RAM + (plan[i].regions[r][1] & 0xfffffff),
						plan[i].regions[r][2],
						r ? BP_REGION_KEEP : 0,
						0};
}

static void spi_own(struct bp_cell *cell, uint32_t intid, bool edge)
{
	cell->spi_owned[intid / 32] |= 1u << intid % 32;
	cell->spi_edge[intid / 32] |= edge ? 1u << intid % 32 : 0;
}

static void channel_add(struct fixture *fixture, int i, uint64_t ipa, uint64_t pa, uint64_t pages,
			bool window, uint32_t flags, uint32_t receive, uint32_t ring)
{
	struct bp_cell *cell = fixture->cell[i];
	const uint32_t index = cell->channels.count++;
	struct bp_channel *channel = (struct bp_channel *)fixture_table(cell, cell->channels) + index;
	const struct bp_table ring_table = {0x900 + index * 16, ring ? 1 : 0};

	*channel =
		(struct bp_channel){ipa,   pa,	    pages * 4096, window ? fixture_window(fixture, pages) : 0,
				    flags, receive, ring_table};
	if (ring)
		*(struct bp_bell *)fixture_table(cell, ring_table) = bell(ring);
	if (receive)
		spi_own(cell, receive, true);
}

static void ownership_make(struct fixture *fixture)
{
	const uint64_t first = WINDOWS_IPA + 0x10000, second = WINDOWS_IPA + 0x20000;

	spi_own(fixture->cell[HEALTH], 33, false);
	spi_own(fixture->cell[GATEWAY], 34, false);
	spi_own(fixture->cell[CONTROL], 224, true);
	spi_own(fixture->cell[GATEWAY], 225, true);
	channel_add(fixture, CONTROL, first, fixture->setpoints_pa, 2, false, BP_CHANNEL_READS, 226, 0);
	channel_add(fixture, CONTROL, second, fixture->both_pa, 1, false,
		    BP_CHANNEL_READS | BP_CHANNEL_WRITES, 227, 228);
	channel_add(fixture, GATEWAY, first, fixture->setpoints_pa, 2, true, BP_CHANNEL_WRITES, 0, 226);
	channel_add(fixture, GATEWAY, second, fixture->both_pa, 1, false,
		    BP_CHANNEL_READS | BP_CHANNEL_WRITES, 228, 227);
	for (int i = 0; i < CELLS; i++) {
		for (int w = 0; w < 32; w++)
			fixture->header->spi_edge[w] |= fixture->cell[i]->spi_edge[w];
	}
}

static void image_add(struct fixture *fixture, int i, uint64_t pa, uint64_t size, uint64_t dest_ipa,
		      const char *name)
{
	struct bp_cell *cell = fixture->cell[i];
	struct bp_image *image = (struct bp_image *)fixture_table(cell, cell->images) + cell->images.count++;

	*image = (struct bp_image){
		.pa = pa, .va = EL2_VA_CELL_RAM + (pa & 0xfffffff), .size = size, .dest_ipa = dest_ipa};
	strncpy(image->name, name, sizeof(image->name) - 1);
}

static struct fixture_file *file_add(struct fixture *fixture, const char *label, size_t size)
{
	struct fixture_file *file = &fixture->files[fixture->file_count];

	file->pa = STORE_PA + fixture->file_count++ * UINT64_C(0x4000);
	file->label = label;
	file->size = size;
	for (size_t i = 0; i < size; i++)
		file->bytes[i] = (uint8_t)(i * 7 + size);
	return file;
}

static void put(struct fixture_file *file, size_t at, uint64_t value, size_t size)
{
	memcpy(file->bytes + at, &value, size);
}

static void images_make(struct fixture *fixture)
{
	struct fixture_file *elf = file_add(fixture, "health:image:health.elf", 0x1400);
	struct fixture_file *raw = file_add(fixture, "control:image:control.bin", 0x900);
	struct fixture_file *kernel = file_add(fixture, "gateway:kernel:Image", 0x2800);
	struct fixture_file *initrd = file_add(fixture, "gateway:initrd:initrd.gz", 0x800);

	memset(elf->bytes, 0, 0x400);
	put(elf, 0, 0x464c457f, 4);
	put(elf, 16, 2, 2);	    /* ET_EXEC */
	put(elf, 24, 0x8000040, 8); /* e_entry, virtual */
	put(elf, 32, 64, 8);	    /* e_phoff */
	put(elf, 54, 56, 2);
	put(elf, 56, 1, 2);
	put(elf, 64, 1, 4); /* PT_LOAD */
	put(elf, 68, 5, 4);
	put(elf, 80, 0x8000000, 8); /* p_vaddr: its own MMU sees to it */
	put(elf, 72, 0x1000, 8);
	put(elf, 88, 0x4a000000, 8);
	put(elf, 96, 0x400, 8);
	put(elf, 104, 0x2000, 8);
	put(kernel, IMAGE_TEXT_OFFSET_AT, 0, 8);
	put(kernel, IMAGE_SIZE_AT, 0x3000, 8);
	image_add(fixture, HEALTH, elf->pa + 0x1000, 0x400, 0x4a000000, "health.elf");
	image_add(fixture, CONTROL, raw->pa, raw->size, 0x40000000, "control.bin");
	image_add(fixture, GATEWAY, kernel->pa, kernel->size, 0x4a800000, "Image");
	image_add(fixture, GATEWAY, initrd->pa, initrd->size, 0x4ac00000, "initrd.gz");
	for (int i = 0; i < CELLS; i++)
		image_add(fixture, i, fixture->guest_pa[i], GUEST_PAGES * UINT64_C(4096), plan[i].tree,
			  "tree");
}

static void service_make(struct fixture *fixture)
{
	struct bp_service *service = fixture->service;
	struct bp_service_cell *cells = (void *)((uint8_t *)service + 0x40);

	*service = (struct bp_service){.magic = BLUEPRINT_MAGIC, .size = 0x1000, .cells = {0x40, CELLS}};
	for (uint32_t i = 0; i < CELLS; i++) {
		const struct bp_cell *cell = fixture->cell[i];
		struct bp_service_core *cores = (void *)((uint8_t *)service + 0x100 + i * 0x40);

		cells[i] = (struct bp_service_cell){cell->vttbr,
						    cell->vtcr,
						    EL2_VA_SERVICE + 0x10000 + i * UINT64_C(0x4000),
						    {0x400 + i * 0x100, 0},
						    {0x100 + i * 0x40, plan[i].cores},
						    cell->uart_intid,
						    cell->flags};
		for (uint32_t c = 0; c < plan[i].cores; c++)
			cores[c] = (struct bp_service_core){
				plan[i].first_core + c, EL2_VA_SERVICE + 0x20000 + i * 0x4000 + c * 0x1000};
	}
}

static void directory_make(struct fixture *fixture)
{
	struct directory *directory = fixture->directory;
	struct directory_core *cores = (void *)((uint8_t *)directory + DIRECTORY_CORES_AT);
	struct directory_cell *cells = (void *)((uint8_t *)directory + 0x200);
	uint64_t ipa = WINDOWS_IPA + 0x100000;

	*directory = (struct directory){.magic = DIRECTORY_MAGIC,
					.abi = TELEMETRY_ABI,
					.size = 0x1000,
					.cores = {DIRECTORY_CORES_AT, CORES},
					.cells = {0x200, CELLS},
					.streams = {DIRECTORY_STREAMS_AT, 0},
					.crash_ipa = CRASH_IPA,
					.proof_ipa = plan[GATEWAY].regions[0][1],
					.version = "0.1.0",
					.ram_bytes = RAM_SIZE,
					.hypervisor_bytes = HV_SIZE + BLUEPRINT_MAX + WRITABLE_SIZE};
	directory->unassigned_bytes = RAM_SIZE - directory->hypervisor_bytes - RESERVED_SIZE;
	for (size_t i = 0; i < fixture->file_count; i++) {
		directory->hypervisor_bytes += (fixture->files[i].size + 4095) & ~UINT64_C(4095);
		directory->unassigned_bytes -= (fixture->files[i].size + 4095) & ~UINT64_C(4095);
	}
	for (uint32_t i = 0; i < CORES; i++, ipa += 0x20000)
		cores[i] = (struct directory_core){i, ipa, ipa + 0x10000, fixture->boot[i].cell,
						   fixture->boot[i].core_in_cell};
	for (uint32_t i = 0; i < CELLS; i++, ipa += 0x20000) {
		const struct bp_cell *cell = fixture->cell[i];

		cells[i] = (struct directory_cell){.heartbeat_ipa = i == HEALTH ? WINDOWS_IPA : ipa,
						   .log_ipa = cell->log_va ? ipa + 0x10000 : 0,
						   .heartbeat_ns = cell->heartbeat_ns,
						   .boot_timeout_ns = cell->boot_timeout_ns,
						   .restart_window_ns = cell->restart_window_ns,
						   .restart_max = cell->restart_max,
						   .flags = cell->flags,
						   .first_core = plan[i].first_core,
						   .core_count = plan[i].cores,
						   .mode = cell->mode};
		for (unsigned int r = 0; r < 2; r++)
			cells[i].memory_bytes += plan[i].regions[r][2];
		directory->unassigned_bytes -= cells[i].memory_bytes;
		memcpy(cells[i].name, cell->name, sizeof(cells[i].name));
		memcpy(cells[i].actions, cell->actions, sizeof(cells[i].actions));
	}
}

void fixture_make(struct fixture *fixture)
{
	uint64_t pa;

	memset(fixture, 0, sizeof(*fixture));
	fixture->next_va = EL2_VA_WINDOWS;
	fixture_texts(fixture);
	hypervisor_make(fixture);
	memory_make(fixture);
	fixture->blueprint = fixture->kernel + HV_SIZE;
	fixture->header = fixture_alloc(fixture, 1, 1, &pa);
	header_make(fixture);
	for (int i = 0; i < CELLS; i++) {
		fixture->cell[i] = fixture_alloc(fixture, 1, 1, &fixture->record_pa[i]);
		(void)fixture_alloc(fixture, GUEST_PAGES, 1, &fixture->guest_pa[i]);
		(void)fixture_alloc(fixture, 2, 2, &fixture->stage2_root[i]);
		record_make(fixture, i);
	}
	fixture->service = fixture_alloc(fixture, 1, 1, &fixture->service_pa);
	fixture->directory = fixture_alloc(fixture, 1, 1, &fixture->directory_pa);
	ownership_make(fixture);
	images_make(fixture);
	service_make(fixture);
	directory_make(fixture);
	for (int i = 0; i < CORES; i++)
		(void)fixture_alloc(fixture, 1, 1, &fixture->boot[i].root_pa);
	(void)fixture_alloc(fixture, 1, 1, &fixture->header->boot_root_pa);
	fixture->header->size = BLUEPRINT_MAX;
	fixture_tables(fixture);
	fixture_constants(fixture);
	fixture_list_roots(fixture);
}

/* Names that dtc doesn't write. */
static struct blob compiled(const struct fixture *fixture, const char *text)
{
	struct blob tree = fixture_compile(text);
	const char *from = fixture->renamed[0], *to = fixture->renamed[1];
	uint8_t *const at = from ? memmem(tree.data, tree.size, from, strlen(from)) : NULL;

	if (at)
		memcpy(at, to, strlen(from));
	return tree;
}

static void guests_seal(struct fixture *fixture)
{
	for (int i = 0; i < CELLS; i++) {
		struct bp_cell *cell = fixture->cell[i];
		struct bp_image *images = (void *)((uint8_t *)cell + IMAGES_AT);
		struct blob tree = compiled(fixture, fixture->guest_text[i]);

		if (tree.size > GUEST_PAGES * 4096)
			abort();
		memcpy(fixture_at(fixture, fixture->guest_pa[i]), tree.data, tree.size);
		for (uint32_t n = 0; n < IMAGES_MAX; n++) {
			if (images[n].pa != fixture->guest_pa[i])
				continue;
			images[n].size = tree.size;
			digest_of(tree, images[n].digest);
		}
		free((void *)tree.data);
	}
}

static void files_seal(struct fixture *fixture)
{
	for (int i = 0; i < CELLS; i++) {
		struct bp_cell *cell = fixture->cell[i];
		struct bp_image *images = (void *)((uint8_t *)cell + IMAGES_AT);

		for (uint32_t n = 0; n < IMAGES_MAX; n++) {
			for (size_t f = 0; f < fixture->file_count; f++) {
				const struct fixture_file *file = &fixture->files[f];

				if (images[n].pa >= file->pa && images[n].pa < file->pa + file->size)
					digest_of((struct blob){file->bytes + (images[n].pa - file->pa),
								images[n].size},
						  images[n].digest);
			}
		}
	}
}

/* bulkhead.bin before the packer came to it. */
static void binary_seal(struct fixture *fixture)
{
	const uint64_t size = HV_SIZE;
	uint8_t *const linked = malloc(HV_SIZE);

	memcpy(linked, fixture->kernel, HV_SIZE);
	memcpy(linked + IMAGE_SIZE_AT, &size, sizeof(size));
	linked[IMAGE_FLAGS_AT] &= 0xf7;
	memset(linked + HV_HEADER_OFFSET + 32, 0, 24);
	digest_of((struct blob){linked, HV_SIZE}, fixture->directory->binary_digest);
	free(linked);
}

void fixture_seal(struct fixture *fixture)
{
	struct blob board = compiled(fixture, fixture->board_text),
		    machine = fixture_compile(fixture->machine_text),
		    partitions = fixture_compile(fixture->partition_text), pci = {0};

	if (!fixture->keep_digest) {
		guests_seal(fixture);
		files_seal(fixture);
		digest_of(partitions, fixture->header->config_digest);
		memcpy(fixture->directory->config_digest, fixture->header->config_digest, 32);
		binary_seal(fixture);
		if (!fixture->keep_constants)
			fixture_constants_seal(fixture);
		memset(fixture->header->digest, 0, 32);
		digest_of((struct blob){fixture->blueprint, fixture->header->size}, fixture->header->digest);
	}
	if (fixture->pci_text)
		pci = fixture_compile(fixture->pci_text);
	fixture_fit(fixture, board, machine, partitions, pci);
	free((void *)board.data);
	free((void *)machine.data);
	free((void *)partitions.data);
	free((void *)pci.data);
}

void fixture_free(struct fixture *fixture)
{
	free(fixture->kernel);
	free(fixture->board_text);
	free(fixture->machine_text);
	free(fixture->partition_text);
	free(fixture->pci_text);
	for (int i = 0; i < CELLS; i++)
		free(fixture->guest_text[i]);
	free(fixture->image);
}
