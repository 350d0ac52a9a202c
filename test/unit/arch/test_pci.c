/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pci.c - a cell's configuration space by its tables, its functions at its end and start, and the boot's
 * steps (src/platform/pci), against a function that behaves as one.
 *
 * Robustness: absent_reads_as_ones, ghost_is_read_only, bars_are_sized_and_stay, every_offset,
 * functions_stop_whatever_was_set, functions_stop_at_the_second_time, no_answer_no_reset,
 * shared_pf_is_not_reset, steps_end_where_the_machine_differs, an_aborted_write_is_lost
 */
#include "machine.h"
#include "../../../src/blueprint/pci.h"
#include "../../../src/core/mmio.h"
#include "../../../src/core/platform.h"
#include "../../../src/platform/pci/steps.h"

#define CONFIG UINT64_C(0x40c1000000) /* of the PF, then of the VF */
#define STATE  (EL2_VA_WINDOWS + 0x20b000)
#define BAR_LO 0x10300004u
#define BAR_HI 0x80u
#define FLR    (1u << 15)

static u32 resets;
static bool in_reset; /* takes no writes, answers none */

/* A reset clears the BARs and the command register; two status bits are write-one-to-clear. */
static void function_acts(va_t va, bool write)
{
	const va_t base = va & ~UINT64_C(0xfff);

	if (base != CONFIG && base != CONFIG + 0x1000)
		return;
	if (write && (in_reset || (phys32(base + 0x78) & FLR))) {
		phys32_set(base + 0x10, 0);
		phys32_set(base + 0x14, 0);
		phys32_set(base + 0x04, 0);
		phys32_set(base + 0x78, phys32(base + 0x78) & ~FLR);
		resets += !in_reset;
	}
}

static void pci_make(void)
{
	static const struct bp_pci_register pf[] = {
		{0x00, BP_PCI_PLAIN, 0, ~0u, 0, 0},
		/* Command: memory, master; INTx off is EL2's. Status: error bits. */
		{0x04, BP_PCI_COMMAND, 0, 0xf9100006, 0x0006, 0xf9000000},
		{0x10, BP_PCI_SIZING, BAR_LO, 0, 0xfff00004, 0},
		{0x14, BP_PCI_SIZING, BAR_HI, 0, 0xffffffff, 0},
		{0x34, BP_PCI_PLAIN, 0x70, 0, 0, 0},
		{0x78, BP_PCI_PLAIN, 0, 0x0000ffff, 0x0000ffff, 0x000f0000},
	};
	static const struct bp_pci_register vf[] = {{0x00, BP_PCI_PLAIN, 0x10ca8086, 0, 0, 0},
						    {0x04, BP_PCI_COMMAND, 2, 4, 4, 0}};
	static const struct bp_pci_register ghost[] = {{0x00, BP_PCI_PLAIN, 0xffffffff, 0, 0, 0},
						       {0x08, BP_PCI_PLAIN, 0x02000001, ~0u, ~0u, ~0u}};
	static const struct bp_pci_bar bars[] = {{0x10, BAR_LO}, {0x14, BAR_HI}};
	static const struct bp_pci_register shown[] = {{0x00, BP_PCI_PLAIN, 0x11101af4, 0, 0, 0},
						       {0x04, BP_PCI_KEPT, 0x00080002, 0, 0x400, 0},
						       {0x10, BP_PCI_SIZING, 0x9000000, 0, 0xffffff00, 0}};
	struct bp_pci_function functions[4] = {
		{.config_va = CONFIG, .rid = 1 << 3, .reset = 0x78, .state = 1},
		{.config_va = CONFIG + 0x1000, .rid = 2 << 3, .flags = BP_PCI_VF, .state = 2},
		{.rid = 16 << 3, .flags = BP_PCI_GHOST, .state = 3},
		{.rid = BP_PCI_CHANNELS | 1 << 3, .flags = BP_PCI_CHANNEL, .state = 4},
	};

	host_table(&functions[0].registers, pf, ARRAY_SIZE(pf), sizeof(pf[0]));
	host_table(&functions[1].registers, vf, ARRAY_SIZE(vf), sizeof(vf[0]));
	host_table(&functions[2].registers, ghost, ARRAY_SIZE(ghost), sizeof(ghost[0]));
	host_table(&functions[0].bars, bars, ARRAY_SIZE(bars), sizeof(bars[0]));
	host_table(&functions[3].registers, shown, ARRAY_SIZE(shown), sizeof(shown[0]));
	host_table(&host_cell()->pci, functions, 4, sizeof(functions[0]));
	host_cell()->pci_state_va = STATE;
}

static struct bp_pci_function *function(u32 n)
{
	return (struct bp_pci_function *)((u8 *)host_cell() + host_cell()->pci.offset) + n;
}

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, 0);
	pci_make();
	machine_reset(4);
	machine_device(CONFIG, 0x2000, DEVICE_MEMORY);
	phys32_set(CONFIG, 0x10c98086);
	phys32_set(CONFIG + 0x04, 0xff100400);
	phys32_set(CONFIG + 0x10, BAR_LO);
	phys32_set(CONFIG + 0x14, BAR_HI);
	phys32_set(CONFIG + 0x78, 0x00092810);
	phys32_set(CONFIG + 0x1000, 0xffffffff);
	machine_time_step = 1000;
	resets = 0;
	in_reset = false;
	machine_on_mmio = function_acts;
	journal_clear();
	return 0;
}

static u64 get(u64 rid, u64 offset, u8 size)
{
	struct access access = {.offset = rid << 12 | offset, .size = size, .value = 0x5a5a};

	pci_config_access(&access);
	return access.value;
}

static void put(u64 rid, u64 offset, u8 size, u64 value)
{
	struct access access = {.offset = rid << 12 | offset, .size = size, .write = true, .value = value};

	pci_config_access(&access);
}

/* [utest->swr~pci-config-emulated~1] */
static void reads_by_the_table(void **state)
{
	assert_int_equal(get(8, 0, 4), 0x10c98086);
	assert_int_equal(get(8, 0, 2), 0x8086);
	assert_int_equal(get(8, 2, 2), 0x10c9);
	assert_int_equal(get(8, 1, 1), 0x80);
	assert_int_equal(get(8, 3, 1), 0x10);
	assert_int_equal(get(8, 4, 4), 0xf9100000); /* INTx off is no business of the guest's */
	assert_int_equal(get(8, 0x34, 1), 0x70);
	assert_int_equal(get(8, 0x40, 4), 0);
	assert_int_equal(get(8, 0xffc, 4), 0);
	assert_int_equal(get(16, 0, 4), 0x10ca8086);
	assert_int_equal(phys_writes(), 0);
}

/* Functions that aren't there, of all 256, and accesses too wide. */
/* [utest->swr~pci-config-emulated~1] */
static void absent_reads_as_ones(void **state)
{
	for (u64 rid = 0; rid < 256; rid++)
		if (rid != 8 && rid != 16 && rid != 128) {
			assert_int_equal((u32)get(rid, 0, 4), 0xffffffff);
			assert_int_equal((u16)get(rid, 0, 2), 0xffff);
			put(rid, 4, 4, ~0u);
		}
	assert_true(get(8, 0, 8) == ~UINT64_C(0));
	put(8, 0, 8, 0);
	assert_int_equal(phys_writes(), 0);
}

/* The second bus, of channels, has no hardware: all is constant, and sized in its own word.
 * [utest->swr~ivshmem-registers~1] */
static void a_channel_is_on_its_own_bus(void **state)
{
	for (u64 rid = 0; rid < 256; rid++) {
		struct access access = {.offset = rid << 12, .size = 4, .arg = BP_PCI_CHANNELS};

		pci_config_access(&access);
		assert_int_equal((u32)access.value, rid == 8 ? 0x11101af4 : 0xffffffff);
	}
	for (u64 offset = 0; offset < 0x1000; offset += 4)
		put(BP_PCI_CHANNELS | 8, offset, 4, 0x5a5a5a5a);
	/* Of the command one bit is kept, whatever else is written, by itself, and for this function alone.
	 */
	put(BP_PCI_CHANNELS | 8, 4, 4, 0);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 4, 4), 0x00080002);
	put(BP_PCI_CHANNELS | 8, 4, 2, 0xffff);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 4, 4), 0x00080402);
	put(BP_PCI_CHANNELS | 8, 4, 1, 0);
	put(BP_PCI_CHANNELS | 8, 6, 2, 0);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 5, 1), 0x04);
	put(BP_PCI_CHANNELS | 8, 0x10, 4, ~0u);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 4, 2), 0x0402);
	put(BP_PCI_CHANNELS | 8, 5, 1, 0xfb);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 4, 2), 0x0002);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 0x10, 4), 0xffffff00);
	put(BP_PCI_CHANNELS | 8, 0x10, 4, 0);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 0x10, 4), 0x9000000);
	put(BP_PCI_CHANNELS | 8, 0x10, 4, ~0u);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 0x10, 4), 0xffffff00);
	assert_int_equal(get(8, 0x10, 4), BAR_LO);
	put(BP_PCI_CHANNELS | 8, 0x10, 4, 0);
	assert_int_equal(get(BP_PCI_CHANNELS | 8, 0x10, 4), 0x9000000);
	assert_int_equal(phys_writes(), 0);
}

/* [utest->swr~pci-config-emulated~1] */
static void ghost_is_read_only(void **state)
{
	assert_int_equal(get(128, 0, 4), 0xffffffff);
	assert_int_equal(get(128, 8, 4), 0x02000001);
	for (u64 offset = 0; offset < 0x1000; offset += 4)
		put(128, offset, 4, 0x5a5a5a5a);
	assert_int_equal(phys_writes(), 0);
	assert_int_equal(get(128, 8, 4), 0x02000001);
}

/* [utest->swr~pci-config-emulated~1] */
static void writes_by_masks(void **state)
{
	put(8, 4, 2, 0xffff);
	/* Memory and master; INTx off as it was; of status nothing, since its bytes weren't written. */
	assert_int_equal(phys32(CONFIG + 4), 0xff100406);
	assert_true(strstr(journal(), " mmio(40c1000004)=406 ") != NULL);
	put(8, 5, 1, 0); /* nothing of it is the guest's */
	put(8, 0, 4, 0);
	put(8, 0x34, 4, ~0u);
	put(8, 0x44, 4, ~0u);
	assert_int_equal(phys_writes(), 3); /* two BARs, command */
}

/* Bits of status are cleared where they are written as one, and nowhere else. */
/* [utest->swr~pci-config-emulated~1] */
static void write_one_to_clear(void **state)
{
	journal_clear();
	put(8, 6, 2, 0x0100);
	assert_true(strstr(journal(), " mmio(40c1000006)=710 ") != NULL);
	journal_clear();
	put(8, 4, 4, 0x20000000);
	assert_true(strstr(journal(), " mmio(40c1000004)=26100400 ") != NULL);
}

/* [utest->swr~pci-bars-fixed~1] */
static void bars_are_sized_and_stay(void **state)
{
	assert_int_equal(get(8, 0x10, 4), BAR_LO);
	put(8, 0x10, 4, 0xffffffff);
	assert_int_equal(get(8, 0x10, 4), 0xfff00004);
	assert_int_equal(get(8, 0x14, 4), BAR_HI);
	put(8, 0x14, 4, 0xffffffff);
	assert_int_equal(get(8, 0x14, 4), 0xffffffff);
	put(8, 0x10, 4, BAR_LO);
	put(8, 0x14, 4, 0x47); /* elsewhere: it stays */
	assert_int_equal(get(8, 0x10, 4), BAR_LO);
	assert_int_equal(get(8, 0x14, 4), BAR_HI);
	put(8, 0x10, 2, 0xffff); /* half of it is no question */
	assert_int_equal(get(8, 0x10, 4), BAR_LO);
	assert_int_equal(phys_writes(), 0);
	for (u32 i = 0; i < 1024; i++)
		if (i != 1)
			assert_int_equal(((u32 *)STATE)[i], 0);
}

/* A reset by the guest clears the BARs; they are back before memory decodes again. */
/* [utest->swr~pci-bars-fixed~1] */
static void bars_are_back_before_memory(void **state)
{
	put(8, 4, 2, 6);
	put(8, 0x78, 2, FLR);
	assert_int_equal(resets, 1);
	assert_int_equal(phys32(CONFIG + 0x10), 0);
	journal_clear();
	put(8, 4, 2, 4); /* the bus alone */
	assert_int_equal(phys32(CONFIG + 0x10), 0);
	put(8, 4, 2, 6);
	assert_int_equal(phys32(CONFIG + 0x10), BAR_LO);
	assert_int_equal(phys32(CONFIG + 0x14), BAR_HI);
	assert_int_equal(phys32(CONFIG + 0x04), 6);
	assert_true(journal_before("mmio(40c1000014)=80", "mmio(40c1000004)=6"));
	journal_clear();
	put(8, 4, 2, 6); /* it decodes already */
	assert_int_equal(phys_writes(), 1);
}

/* A reset that goes on: memory is not switched on with BARs of zero. */
/* [utest->swr~pci-functions-reset~1] */
static void no_memory_during_a_reset(void **state)
{
	put(8, 0x78, 2, FLR);
	in_reset = true;
	put(8, 4, 2, 6);
	assert_null(strstr(journal(), "mmio(40c1000004)=6 "));
	assert_non_null(strstr(journal(), "mmio(40c1000004)=4 "));
	in_reset = false;
	machine_unreadable = CONFIG; /* the host bridge gives no answer at all */
	journal_clear();
	put(8, 4, 2, 6);
	assert_int_equal(phys_writes(), 0);
	assert_int_equal(get(8, 0, 4), 0xffffffff);
	assert_int_equal(get(8, 4, 4), 0xf9100006);
}

/* Every offset and width, with hostile values: only what the masks open changes, nothing beyond the
 * functions. */
/* [utest->swr~pci-config-emulated~1] */
static void every_offset(void **state)
{
	static const u32 values[] = {0, ~0u, 0x80008000, 0x7fff7fff, 0x00008000};

	for (u32 v = 0; v < ARRAY_SIZE(values); v++)
		for (u64 offset = 0; offset < 0x1000; offset++)
			for (u8 size = 1; size <= 4; size *= 2)
				if (offset % size == 0)
					for (u64 rid = 8; rid <= 128; rid *= 2)
						put(rid, offset, size, values[v] & MASK(8 * size));
	assert_int_equal(phys32(CONFIG), 0x10c98086);
	assert_int_equal(phys32(CONFIG + 0x1000), 0xffffffff);
	assert_int_equal(phys32(CONFIG + 0x34), 0);
	if (phys32(CONFIG + 4) & 2)
		assert_int_equal(phys32(CONFIG + 0x10), BAR_LO);
	assert_int_equal(phys32(CONFIG + 0x1004) & ~4u, 0);
}

/* And nobody is told of it. [utest->swr~pci-config-emulated~1] [utest->swr~pci-device-told~1] */
static void an_aborted_write_is_lost(void **state)
{
	const u64 before = host_events(EVENT_DEVICE);

	function(0)->flags = BP_PCI_SHARED;
	machine_unwritable_for = 1;
	put(8, 4, 2, 4);
	assert_int_equal(phys32(CONFIG + 4) & 6, 0);
	assert_int_equal(host_events(EVENT_DEVICE), before);
	put(8, 4, 2, 4);
	assert_int_equal(phys32(CONFIG + 4) & 6, 4);
	assert_int_equal(host_events(EVENT_DEVICE), before + 1);
}

/* ---- a cell's end and start ---- */

/* [utest->swr~pci-functions-stopped~1] */
static void functions_stop(void **state)
{
	phys32_set(CONFIG + 4, 0x100006);
	phys32_set(CONFIG + 0x1004, 0x100006);
	pci_functions_stop();
	assert_int_equal(phys32(CONFIG + 4), 0x100400);
	assert_int_equal(phys32(CONFIG + 0x1004), 0x100400);
	assert_int_equal(phys_writes(), 2); /* of a ghost nothing */
}

/* A guest that let all of it go on, and errors that are still pending: the bus is left, what is a record of
 * them stays. Once more changes nothing. [utest->swr~pci-functions-stopped~1] */
static void functions_stop_whatever_was_set(void **state)
{
	for (u32 bits = 0; bits <= 0xffff; bits += 0x1111) {
		phys32_set(CONFIG + 4, 0xf9100000 | bits);
		phys32_set(CONFIG + 0x1004, 0xf9100000 | bits);
		pci_functions_stop();
		pci_functions_stop();
		assert_int_equal(phys32(CONFIG + 4), 0xf9100400);
		assert_int_equal(phys32(CONFIG + 0x1004), 0xf9100400);
	}
	in_reset = true; /* it has none of it then, and waits for nobody */
	pci_functions_stop();
}

/* A write that is lost is made again, once. [utest->swr~pci-functions-stopped~1] */
static void functions_stop_at_the_second_time(void **state)
{
	phys32_set(CONFIG + 4, 0x100006);
	phys32_set(CONFIG + 0x1004, 0x100006);
	machine_unwritable_for = 1;
	pci_functions_stop();
	assert_int_equal(phys32(CONFIG + 4), 0x100400);
	assert_int_equal(phys32(CONFIG + 0x1004), 0x100400);
	phys32_set(CONFIG + 4, 0x100006);
	machine_unwritable_for = 2; /* and the other one is stopped all the same */
	pci_functions_stop();
	assert_int_equal(phys32(CONFIG + 4), 0x100006);
	assert_int_equal(phys32(CONFIG + 0x1004), 0x100400);
}

/* A device that other cells depend on: told when it begins to run and when it ends, not what happens between,
 * nor of others. [utest->swr~pci-device-told~1] */
static void shared_device_is_told(void **state)
{
	const u64 before = host_events(EVENT_DEVICE);

	put(8, 4, 2, 6);
	put(8, 4, 2, 0);
	pci_functions_stop();
	assert_int_equal(host_events(EVENT_DEVICE), before);
	function(0)->flags = BP_PCI_SHARED;
	put(8, 4, 2, 2);
	pci_functions_stop();
	assert_int_equal(host_events(EVENT_DEVICE), before);
	put(8, 4, 2, 6);
	put(8, 4, 2, 4);
	assert_int_equal(host_events(EVENT_DEVICE), before + 1);
	assert_int_equal(host_event(EVENT_DEVICE)->args[0], 8);
	assert_int_equal(host_event(EVENT_DEVICE)->args[1], 1);
	pci_functions_stop();
	pci_functions_stop();
	assert_int_equal(host_events(EVENT_DEVICE), before + 2);
	assert_int_equal(host_event(EVENT_DEVICE)->args[1], 0);
}

/* [utest->swr~pci-functions-reset~1] */
static void functions_reset(void **state)
{
	u64 start;

	((u32 *)STATE)[1] = 3;
	start = reg("cntvct_el0");
	pci_functions_reset();
	assert_int_equal(resets, 1);
	assert_true(reg("cntvct_el0") - start >= 6250000); /* 100 ms */
	assert_int_equal(phys32(CONFIG + 0x10), BAR_LO);
	assert_int_equal(phys32(CONFIG + 0x14), BAR_HI);
	assert_int_equal(phys32(CONFIG + 0x78) & 0xffff, 0x2810);
	assert_int_equal(((u32 *)STATE)[1], 0);
}

/* In reset, or gone: what it holds isn't known, so it isn't written; it is waited for.
 * [utest->swr~pci-functions-reset~1] */
static void no_answer_no_reset(void **state)
{
	const u32 control = phys32(CONFIG + 0x78);
	const u64 start = reg("cntvct_el0");

	machine_unreadable = CONFIG;
	pci_functions_reset();
	assert_int_equal(resets, 0);
	assert_int_equal(phys32(CONFIG + 0x78), control);
	assert_true(reg("cntvct_el0") - start >= 6250000);
	/* One answer is lost: it is reset. */
	machine_unreadable_for = 1;
	pci_functions_reset();
	assert_int_equal(machine_unreadable, 0);
	assert_int_equal(resets, 1);
	assert_int_equal(phys32(CONFIG + 0x78) & 0xffff, 0x2810);
}

/* [utest->swr~pci-functions-reset~1] */
static void shared_pf_is_not_reset(void **state)
{
	function(0)->flags = BP_PCI_SHARED;
	function(0)->reset = 0;
	phys32_set(CONFIG + 0x10, 0);
	pci_functions_reset();
	assert_int_equal(resets, 0);
	assert_int_equal(phys32(CONFIG + 0x10), BAR_LO);
}

/* ---- the boot's steps ---- */

/* [utest->swr~pci-steps~1] */
static void steps_in_order(void **state)
{
	static const struct bp_pci_step steps[] = {
		{.va = CONFIG, .mask = ~0u, .value = 0x10c98086, .kind = BP_PCI_CHECK, .width = 4},
		{.va = CONFIG + 2, .mask = 0xffff, .value = 0x10c9, .kind = BP_PCI_CHECK, .width = 2},
		{.va = CONFIG + 0x1018, .value = 0x00020100, .kind = BP_PCI_WRITE, .width = 4},
		{.va = CONFIG + 0x1004, .value = 7, .kind = BP_PCI_WRITE, .width = 2},
		{.kind = BP_PCI_WAIT, .value = 100},
		{.va = CONFIG + 0x1019, .value = 5, .kind = BP_PCI_WRITE, .width = 1},
		{.va = CONFIG + 0x1018, .mask = 0xff00, .value = 0x0500, .kind = BP_PCI_CHECK, .width = 4},
	};
	const u64 start = reg("cntvct_el0");

	assert_true(pci_steps_play(steps, ARRAY_SIZE(steps)));
	assert_int_equal(phys32(CONFIG + 0x1018), 0x00020500);
	assert_int_equal(phys32(CONFIG + 0x1004), 7);
	assert_true(reg("cntvct_el0") - start >= 6250000);
	assert_int_equal(phys_writes(), 3);
	assert_string_equal(uart_text(), "");
}

/* [utest->swr~pci-steps~1] */
static void steps_end_where_the_machine_differs(void **state)
{
	struct bp_pci_step steps[] = {{.va = CONFIG + 2,
				       .mask = 0xffff,
				       .value = 0x10d3,
				       .kind = BP_PCI_CHECK,
				       .width = 2,
				       .rid = 0x1285,
				       .segment = 1},
				      {.va = CONFIG + 4, .value = 6, .kind = BP_PCI_WRITE, .width = 2}};

	assert_false(pci_steps_play(steps, 2));
	assert_null(strstr(journal(), "mmio(40c1000004)="));
	assert_string_equal(uart_text(),
			    "bulkhead: machine differs: PCI function 0001:12:10.5, vendor, device or class: "
			    "configured 0x10d3, found 0x10c9\n");
	steps[0].what = 200; /* no name of it is looked for beyond the table */
	machine_unreadable = CONFIG;
	assert_false(pci_steps_play(steps, 2));
	assert_non_null(strstr(uart_text(), "found 0xffff\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_by_the_table, boot),
		cmocka_unit_test_setup(absent_reads_as_ones, boot),
		cmocka_unit_test_setup(a_channel_is_on_its_own_bus, boot),
		cmocka_unit_test_setup(ghost_is_read_only, boot),
		cmocka_unit_test_setup(writes_by_masks, boot),
		cmocka_unit_test_setup(write_one_to_clear, boot),
		cmocka_unit_test_setup(bars_are_sized_and_stay, boot),
		cmocka_unit_test_setup(bars_are_back_before_memory, boot),
		cmocka_unit_test_setup(no_memory_during_a_reset, boot),
		cmocka_unit_test_setup(every_offset, boot),
		cmocka_unit_test_setup(an_aborted_write_is_lost, boot),
		cmocka_unit_test_setup(functions_stop, boot),
		cmocka_unit_test_setup(functions_stop_whatever_was_set, boot),
		cmocka_unit_test_setup(functions_stop_at_the_second_time, boot),
		cmocka_unit_test_setup(shared_device_is_told, boot),
		cmocka_unit_test_setup(functions_reset, boot),
		cmocka_unit_test_setup(no_answer_no_reset, boot),
		cmocka_unit_test_setup(shared_pf_is_not_reset, boot),
		cmocka_unit_test_setup(steps_in_order, boot),
		cmocka_unit_test_setup(steps_end_where_the_machine_differs, boot),
	};

	return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
