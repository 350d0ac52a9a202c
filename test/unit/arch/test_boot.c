/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_boot.c - the boot: what is refused, in which words, and what is done in which order (architecture 3).
 *
 * Robustness: wrong_exception_level, moved_image, other_version, every_flipped_bit,
 * impossible_sizes, no_console, a_core_does_not_start, a_core_does_not_arrive,
 * boot_core_without_a_cell, assumed_fact_starts_nothing, every_difference_is_named,
 * all_differences_at_once, smmu_that_does_not_abort, every_device_is_compared,
 * devices_that_do_not_start
 */
#include "machine.h"
#include <stdio.h>
#include "../../../src/arch/arm64/gate.h"
#include "../../../src/blueprint/pci.h"
#include "../../../src/blueprint/image.h"
#include "../../../src/core/sha256.h"

#define LOAD	 UINT64_C(0x40200000)
#define GICR_VA	 UINT64_C(0x40c0200000)
#define SMMU_VA	 UINT64_C(0x40c0300000)
#define ITS_VA	 UINT64_C(0x40c0340000)
#define PCI_VA	 UINT64_C(0x40c0350000)
#define FIRST_VA UINT64_C(0x40c0310000)
#define LAST_VA	 UINT64_C(0x40c0330000)

extern struct hv_header hv_header;
void boot_check(u64 current_el, pa_t image);
u64 boot_main(void);
/* The blueprint behind the image; boot.h declares its header alone. */
struct blueprint {
	struct bp_header bp;
	struct bp_boot_core cores[3];
	struct bp_gicr_region gicrs[1];
	struct bp_probe probes[1];
	struct bp_smmu smmus[2];
	struct bp_its itss[1];
	struct bp_lpi_core lpi_cores[1];
	struct bp_pci_step steps[2];
	u8 rest[256];
};
struct blueprint blueprint_start;
static struct bp_header *const bp = &blueprint_start.bp;

static jmp_buf halted;

static void halt(void)
{
	longjmp(halted, 1);
}

static void digest_make(void)
{
	struct sha256 sha;

	memset(bp->digest, 0, sizeof(bp->digest));
	sha256_start(&sha);
	sha256_add(&sha, &blueprint_start, bp->size);
	sha256_end(&sha, bp->digest);
}

static void blueprint_make(void)
{
	blueprint_start =
		(struct blueprint){.bp = {.magic = BLUEPRINT_MAGIC,
					  .abi = BLUEPRINT_ABI,
					  .header_size = sizeof(struct bp_header),
					  .size = sizeof(struct blueprint),
					  .load_pa = LOAD,
					  .writable_va = EL2_VA_CELL_RAM,
					  .writable_size = 0x3000,
					  .cell_count = 2,
					  .cores = {offsetof(struct blueprint, cores), 3},
					  .machine = {.board = "test-board",
						      .pa_bits = 40,
						      .spi_count = 256,
						      .list_registers = 4,
						      .gic_id_bits = 10,
						      .smmu_pa = 0x9050000,
						      .smmu_va = SMMU_VA,
						      .smmu_idr0 = 0x12,
						      .smmu_idr0_mask = 0xff,
						      .gicrs = {offsetof(struct blueprint, gicrs), 1},
						      .probes = {offsetof(struct blueprint, probes), 1}}},
				   .cores = {{.mpidr = 0, .root_pa = 0x1000},
					     {.mpidr = 1},
					     {.mpidr = UINT64_C(0x0100000002), .root_pa = 0x2000}},
				   .gicrs = {{.va = GICR_VA, .size = 0x60000, .frames = 3}},
				   .probes = {{0x40000000, 0x80000000, FIRST_VA, LAST_VA}}};
	digest_make();
}

static s64 firmware_good(u64 function, u64 a, u64 b, u64 c)
{
	boot_gate.arrived[c] = 1;
	return 0;
}

static s64 firmware_loses_it(u64 function, u64 a, u64 b, u64 c)
{
	return 0;
}

static s64 firmware_bad(u64 function, u64 a, u64 b, u64 c)
{
	return -3;
}

/* The machine that the blueprint was built for. */
static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, 0);
	machine_reset(4);
	machine_on_wfi = halt;
	machine_firmware = firmware_good;
	blueprint_make();
	hv_header = (struct hv_header){.load_pa = LOAD,
				       .secondary_offset = 0x140,
				       .console = {.pa = EL2_VA_UART, .kind = HV_CONSOLE_PL011}};
	machine_device(GICR_VA, 0x60000, DEVICE_MEMORY);
	machine_device(SMMU_VA, 0x1000, DEVICE_MEMORY);
	machine_device(FIRST_VA, 0x1000, DEVICE_MEMORY);
	machine_device(LAST_VA, 0x1000, DEVICE_MEMORY);
	reg_set("id_aa64mmfr0_el1", 2); /* 40 bits */
	reg_set("id_aa64pfr0_el1", 1 << 24);
	reg_set("mpidr_el1", 0x80000000);
	phys32_set(EL2_VA_GICD + 0x04, 9 << 19 | 8);
	phys32_set(EL2_VA_GICD + 0xffe8, 0x3b);
	phys32_set(GICR_VA + 0x0c, 0);
	phys32_set(GICR_VA + 0x2000c, 1);
	phys32_set(GICR_VA + 0x4000c, 0x01000002);
	phys32_set(GICR_VA + 0x40008, 0x10); /* Last */
	phys32_set(SMMU_VA, 0x5512);
	bp->machine.smmu_va = 0; /* compared in a test of its own: this SMMU acknowledges nothing */
	digest_make();
	boot_gate.open = 1; /* as memory may be */
	boot_gate.arrived[2] = 1;
	journal_clear();
	return 0;
}

/* [utest->swr~blueprint-checked~1] */
static bool check_halts(u64 current_el, pa_t image)
{
	journal_clear();
	if (setjmp(halted))
		return true;
	boot_check(current_el, image);
	return false;
}

static bool main_halts(u64 *core)
{
	if (setjmp(halted))
		return true;
	*core = boot_main();
	return false;
}

static void assert_said(const char *words)
{
	if (!strstr(uart_text(), words))
		fail_msg("'%s' is not in: %s", words, uart_text());
}

/* [utest->swr~machine-compared~1] [utest->swr~boot-gate~1] */
static void good_blueprint(void **state)
{
	assert_false(check_halts(8, LOAD));
	assert_string_equal(uart_text(), "");
}

/* [utest->swr~blueprint-checked~1] */
static void wrong_exception_level(void **state)
{
	assert_true(check_halts(4, LOAD));
	assert_said("started at EL1, needs EL2");
	assert_said("no cell was started");
}

static void moved_image(void **state)
{
	assert_true(check_halts(8, LOAD + 0x200000));
	assert_said("loaded at 0x40400000, the image was built for 0x40200000");
}

static void other_version(void **state)
{
	bp->abi++;
	digest_make();
	assert_true(check_halts(8, LOAD));
	assert_said("version");
	blueprint_make();
	bp->magic ^= 1;
	assert_true(check_halts(8, LOAD));
	blueprint_make();
	bp->header_size += 8;
	assert_true(check_halts(8, LOAD));
}

/* [utest->swr~blueprint-checked~1] */
static void every_flipped_bit(void **state)
{
	u8 *const bytes = (u8 *)&blueprint_start;

	for (size_t bit = 0; bit < 8 * sizeof(blueprint_start); bit++) {
		bytes[bit / 8] ^= (u8)(1 << bit % 8);
		/* A larger size would be read beyond what there is; the digest is over it. */
		if (bp->size <= sizeof(blueprint_start))
			assert_true(check_halts(8, LOAD));
		bytes[bit / 8] ^= (u8)(1 << bit % 8);
	}
	machine_reset(4);
	machine_on_wfi = halt;
	bytes[40] ^= 1;
	assert_true(check_halts(8, LOAD));
	bytes[40] ^= 1;
	assert_said("SHA-256 does not match");
	assert_false(check_halts(8, LOAD));
}

/* [utest->swr~blueprint-checked~1] */
static void impossible_sizes(void **state)
{
	bp->size = sizeof(struct bp_header) - 1;
	assert_true(check_halts(8, LOAD));
	bp->size = (UINT64_C(1) << 32) + 1;
	assert_true(check_halts(8, LOAD));
}

static void no_console(void **state)
{
	hv_header.console.kind = HV_CONSOLE_NONE;
	assert_true(check_halts(4, LOAD));
	assert_string_equal(uart_text(), "");
	assert_int_equal(phys_writes(), 0);
}

/* [utest->swr~cores-by-psci~1] */
static void other_cores_are_started(void **state)
{
	u64 core = 9;

	memset((void *)EL2_VA_CELL_RAM, 0xee, 0x4000);
	assert_false(main_halts(&core));
	assert_int_equal(core, 0);
	assert_said("starting 2 cells on board test-board");
	/* Affinity fields alone, the entry behind the load address, the index; not the unassigned core. */
	assert_non_null(strstr(journal(), "smc(c4000003,100000002,40200140,2)"));
	assert_null(strstr(journal(), "smc(c4000003,1,"));
	assert_null(strstr(journal(), "smc(c4000003,0,"));
	for (u32 i = 0; i < 0x3000; i++)
		assert_int_equal(((u8 *)EL2_VA_CELL_RAM)[i], 0);
	assert_int_equal(((u8 *)EL2_VA_CELL_RAM)[0x3000], 0xee);
	assert_true(journal_before("civac(40c0002fc0)", "smc("));
	assert_int_equal(phys32(EL2_VA_GICD), 0x12);
}

static void a_core_does_not_start(void **state)
{
	u64 core;

	machine_firmware = firmware_bad;
	assert_true(main_halts(&core));
	assert_said("core 2 does not start");
	assert_said("no cell was started");
	assert_int_equal(boot_gate.open, 0);
}

/* [utest->swr~boot-gate~1] */
static void a_core_does_not_arrive(void **state)
{
	u64 core;

	machine_firmware = firmware_loses_it;
	machine_time_step = 1000000;
	reg_set("cntfrq_el0", 62500000);
	assert_true(main_halts(&core));
	assert_said("core 2 was started, but does not arrive at EL2");
	assert_said("no cell was started");
	assert_int_equal(boot_gate.open, 0);
}

/* [utest->swr~boot-gate~1] */
static void the_gate_opens_when_all_are_there(void **state)
{
	u64 core;

	assert_false(main_halts(&core));
	assert_int_equal(boot_gate.open, 1);
}

static void boot_core_without_a_cell(void **state)
{
	u64 core;

	reg_set("mpidr_el1", 0x80000001);
	assert_true(main_halts(&core));
	assert_said("belongs to no cell");
	boot(state);
	reg_set("mpidr_el1", 0x80000007);
	assert_true(main_halts(&core));
}

/* ---- the machine ---- */

static void assert_differs(const char *words)
{
	u64 core;

	assert_true(main_halts(&core));
	assert_said(words);
	assert_said("no cell was started");
	assert_null(strstr(journal(), "smc("));
	boot(NULL);
}

/* A guess that happens to be right is still a guess. [utest->swr~assumed-facts-refused~1] */
static void assumed_fact_starts_nothing(void **state)
{
	(void)state;
	bp->machine.assumed = 1u << BP_FACT_LIST_REGISTERS;
	assert_differs(
		"facts assumed in machine.dts (bulkhead audit names them), to be stated: configured 0x20, "
		"found 0x0");
}

/* [utest->swr~machine-compared~1] */
static void every_difference_is_named(void **state)
{
	reg_set("id_aa64mmfr0_el1", 1);
	assert_differs("physical address bits: configured 0x28, found 0x24");
	reg_set("id_aa64mmfr0_el1", UINT64_C(15) << 28 | 2);
	assert_differs("4 KiB translation granule");
	phys32_set(EL2_VA_GICD + 0x04, 9 << 19 | 7);
	assert_differs("number of SPIs: configured 0x100, found 0xe0");
	phys32_set(EL2_VA_GICD + 0x04, 8 << 19 | 8);
	assert_differs("GIC interrupt ID bits: configured 0xa, found 0x9");
	reg_set("ICH_VTR_EL2", 2);
	assert_differs("GIC list registers: configured 0x4, found 0x3");
	phys32_set(EL2_VA_GICD + 0xffe8, 0x2b);
	assert_differs("GIC architecture version: configured 0x3, found 0x2");
	reg_set("id_aa64pfr0_el1", 0);
	assert_differs("GIC architecture version");
	phys32_set(GICR_VA + 0x20008, 0x10); /* Last one earlier */
	assert_differs("number of redistributor frames: configured 0x3, found 0x2");
	phys32_set(GICR_VA + 0x20008, 0x10);
	assert_differs("number of cores: configured 0x3, found 0x2");
	phys32_set(GICR_VA + 0x4000c, 0x7);
	assert_differs("a core that the board's tree lacks, affinity: configured 0x0, found 0x7");
	machine_unreadable = LAST_VA;
	assert_differs("no memory at the bank's last page: configured 0xbffff000");
	machine_unreadable = FIRST_VA;
	assert_differs("RAM: no memory at: configured 0x40000000");
	bp->machine.smmu_va = SMMU_VA;
	phys32_set(SMMU_VA, 0x13);
	assert_differs("SMMU_IDR0, under the board's mask: configured 0x12, found 0x13");
	bp->machine.smmu_va = SMMU_VA;
	machine_unreadable = SMMU_VA;
	assert_differs("no SMMU at: configured 0x9050000");
	reg_set("cntfrq_el0", 0);
	assert_differs("timer frequency in CNTFRQ_EL0");
}

/* [utest->swr~machine-compared~1] */
static void more_than_was_assumed_is_well(void **state)
{
	u64 core;

	reg_set("id_aa64mmfr0_el1", 5); /* 48 bits */
	phys32_set(EL2_VA_GICD + 0x04, 15 << 19 | 31);
	reg_set("ICH_VTR_EL2", 15);
	assert_false(main_halts(&core));
}

static void all_differences_at_once(void **state)
{
	u64 core;

	reg_set("id_aa64mmfr0_el1", 0);
	reg_set("ICH_VTR_EL2", 0);
	machine_unreadable = FIRST_VA;
	assert_true(main_halts(&core));
	assert_said("physical address bits");
	assert_said("list registers");
	assert_said("RAM: no memory");
}

/* [utest->swr~smmu-abort-all~1] */
static void smmu_that_does_not_abort(void **state)
{
	u64 core;

	bp->machine.smmu_va = SMMU_VA;
	phys32_set(SMMU_VA, 0x5512);
	assert_true(main_halts(&core));
	assert_said("the SMMU does not go into its abort state");
	assert_null(strstr(journal(), "smc("));
}

/* ---- with PCI functions ---- */

/* SMMUs that acknowledge, and do what they are told; an ITS that has no commands to play. */
static void devices_act(va_t va, bool write)
{
	const va_t smmu = va & ~UINT64_C(0xfff);

	if (write && va == ITS_VA)
		phys32_set(ITS_VA, phys32(ITS_VA) | (phys32(ITS_VA) & 1 ? 0 : 1u << 31));
	if (!write || (smmu != SMMU_VA && smmu != SMMU_VA + 0x1000))
		return;
	if (va == smmu + 0x20)
		phys32_set(smmu + 0x24, phys32(va) & 0xf);
	if (va == smmu + 0x44)
		phys32_set(va, phys32(va) & ~(1u << 31));
	if (va == smmu + 0x98)
		phys32_set(smmu + 0x9c, phys32(va));
}

/* The second SMMU has no streams: it aborts for ever. The queue is in the second page of the writable memory.
 */
static int boot_pci(void **state)
{
	boot(state);
	machine_device(SMMU_VA + 0x1000, 0x1000, DEVICE_MEMORY);
	machine_device(ITS_VA, 0x1000, DEVICE_MEMORY);
	machine_device(PCI_VA, 0x1000, DEVICE_MEMORY);
	machine_on_mmio = devices_act;
	boot_gate.open = 0;
	bp->writable_pa = 0x48000000;
	bp->smmus = (struct bp_table){offsetof(struct blueprint, smmus), 2};
	for (u32 i = 0; i < 2; i++) {
		const va_t va = SMMU_VA + 0x1000 * i;

		blueprint_start.smmus[i] = (struct bp_smmu){.pa = 0x9050000 + 0x20000 * i,
							    .va = va,
							    .idr0 = 0x12,
							    .idr0_mask = 0xff,
							    .idr1 = 0x10,
							    .idr1_mask = 0x3f,
							    .idr5 = 5,
							    .idr5_mask = 7,
							    .strtab_base = i ? 0 : 0x40280000,
							    .cmdq_base = 0x48001000 | 8};
		phys32_set(va, 0x5512);
		phys32_set(va + 0x04, 0x7fffd0);
		phys32_set(va + 0x14, 0xfd);
	}
	bp->itss = (struct bp_table){offsetof(struct blueprint, itss), 1};
	blueprint_start.itss[0] = (struct bp_its){.pa = 0x8080000,
						  .va = ITS_VA,
						  .typer = 0x1f,
						  .typer_mask = 0xffff,
						  .baser_kind = {UINT64_C(1) << 56 | UINT64_C(7) << 48}};
	phys32_set(ITS_VA + 8, 0xa001f);
	phys32_set(ITS_VA + 0x104, 0x01070000);
	bp->lpi_cores = (struct bp_table){offsetof(struct blueprint, lpi_cores), 1};
	blueprint_start.lpi_cores[0] = (struct bp_lpi_core){
		.gicr_va = GICR_VA + 0x20000, .propbaser = 0xd, .processor = 7, .core = 1};
	phys32_set(GICR_VA + 0x20008, 7 << 8 | 1);
	bp->pci_steps = (struct bp_table){offsetof(struct blueprint, steps), 2};
	blueprint_start.steps[0] = (struct bp_pci_step){
		.va = PCI_VA, .mask = ~0u, .value = 0x10c98086, .kind = BP_PCI_CHECK, .width = 4};
	blueprint_start.steps[1] =
		(struct bp_pci_step){.va = PCI_VA + 0x18, .value = 0x100, .kind = BP_PCI_WRITE, .width = 4};
	phys32_set(PCI_VA, 0x10c98086);
	digest_make();
	journal_clear();
	return 0;
}

/* [utest->swr~smmu-started~1] [utest->swr~pci-steps~1] [utest->swr~lpis-by-tables~1]
 * [utest->swr~its-commands-played~1] */
static void devices_start_in_order(void **state)
{
	u64 core;

	assert_false(main_halts(&core));
	assert_int_equal(phys32(SMMU_VA + 0x20), 0x19);
	assert_int_equal(phys32(SMMU_VA + 0x1020), 0);
	assert_int_equal(phys32(SMMU_VA + 0x1044), 1 << 20);
	assert_int_equal(((u64 *)(EL2_VA_CELL_RAM + 0x1000))[0], 4); /* CFGI_ALL, where the queue is */
	assert_int_equal(phys32(PCI_VA + 0x18), 0x100);
	assert_int_equal(phys32(ITS_VA) & 1, 1);
	assert_int_equal(phys32(GICR_VA + 0x20000), 1);
	/* All abort; then functions; queues zeroed; the stream table; cores come; LPIs; the ITS. */
	assert_true(journal_before("mmio(40c0301020)=0", "mmio(40c0350018)=100"));
	assert_true(journal_before("mmio(40c0350018)=100", "civac(40c0001000)"));
	assert_true(journal_before("civac(40c0001000)", "mmio(40c0300020)=19"));
	assert_true(journal_before("mmio(40c0300020)=19", "smc(c4000003"));
	assert_true(journal_before("smc(c4000003", "mmio(40c0220070)=d"));
	assert_true(journal_before("mmio(40c0220070)=d", "mmio(40c0340000)=1"));
}

static void assert_pci_differs(const char *words)
{
	u64 core;

	assert_true(main_halts(&core));
	assert_said(words);
	assert_said("no cell was started");
	assert_int_equal(boot_gate.open, 0);
	boot_pci(NULL);
}

/* [utest->swr~machine-compared~1] */
static void every_device_is_compared(void **state)
{
	phys32_set(SMMU_VA + 0x1000, 0x5513);
	assert_pci_differs("SMMU_IDR0, under the board's mask: configured 0x12, found 0x13");
	phys32_set(SMMU_VA + 0x04, 0x11);
	assert_pci_differs("SMMU_IDR1, under the board's mask: configured 0x10, found 0x11");
	phys32_set(SMMU_VA + 0x14, 0x4);
	assert_pci_differs("SMMU_IDR5, under the board's mask: configured 0x5, found 0x4");
	machine_unreadable = SMMU_VA;
	assert_pci_differs("no SMMU at: configured 0x9050000");
	phys32_set(ITS_VA + 8, 0xa001d);
	assert_pci_differs("GITS_TYPER, under the board's mask: configured 0x1f, found 0x1d");
	machine_unreadable = ITS_VA;
	assert_pci_differs("no ITS at: configured 0x8080000");
	phys32_set(ITS_VA + 0x104, 0x010b0000);
	assert_pci_differs(
		"kind of an ITS table, GITS_BASER: configured 0x107000000000000, found 0x10b000000000000");
	phys32_set(GICR_VA + 0x20008, 6 << 8 | 1);
	assert_pci_differs(
		"processor number of a redistributor that is to take LPIs: configured 0x7, found 0x6");
	phys32_set(GICR_VA + 0x20008, 7 << 8);
	assert_pci_differs("LPIs at a redistributor: configured 0x1, found 0x0");
	phys32_set(PCI_VA, 0x10d38086);
	assert_pci_differs("PCI function 0000:00:00.0, vendor, device or class: configured 0x10c98086, found "
			   "0x10d38086");
}

static void devices_that_do_not_start(void **state)
{
	machine_unwritable = SMMU_VA + 0x98; /* takes no commands */
	phys32_set(SMMU_VA + 0x98, 9);
	assert_pci_differs("the SMMU does not take its stream table");
	machine_unwritable = SMMU_VA + 0x1020;
	phys32_set(SMMU_VA + 0x1024, 1);
	assert_pci_differs("the SMMU does not go into its abort state");
	blueprint_start.itss[0].commands = 0x20;
	assert_pci_differs("an ITS does not take its tables or commands");
	machine_unwritable = GICR_VA + 0x20000;
	assert_pci_differs("core 1's redistributor does not take the LPIs' tables");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_blueprint, boot),
		cmocka_unit_test_setup(wrong_exception_level, boot),
		cmocka_unit_test_setup(moved_image, boot),
		cmocka_unit_test_setup(other_version, boot),
		cmocka_unit_test_setup(every_flipped_bit, boot),
		cmocka_unit_test_setup(impossible_sizes, boot),
		cmocka_unit_test_setup(no_console, boot),
		cmocka_unit_test_setup(other_cores_are_started, boot),
		cmocka_unit_test_setup(a_core_does_not_start, boot),
		cmocka_unit_test_setup(a_core_does_not_arrive, boot),
		cmocka_unit_test_setup(the_gate_opens_when_all_are_there, boot),
		cmocka_unit_test_setup(boot_core_without_a_cell, boot),
		cmocka_unit_test_setup(assumed_fact_starts_nothing, boot),
		cmocka_unit_test_setup(every_difference_is_named, boot),
		cmocka_unit_test_setup(more_than_was_assumed_is_well, boot),
		cmocka_unit_test_setup(all_differences_at_once, boot),
		cmocka_unit_test_setup(smmu_that_does_not_abort, boot),
		cmocka_unit_test_setup(devices_start_in_order, boot_pci),
		cmocka_unit_test_setup(every_device_is_compared, boot_pci),
		cmocka_unit_test_setup(devices_that_do_not_start, boot_pci),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
