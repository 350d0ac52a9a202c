// SPDX-License-Identifier: Apache-2.0
/*
 * gic_commands.c - probe: the interrupt controller, as a hostile cell uses it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core.h"
#include "crc32.h"
#include "gic.h"
#include "mmio.h"
#include "mmu.h"
#include "probe.h"
#include "timer.h"

#define ITLINES_MASK 0x1f
#define SGI_ALL	     (UINT64_C(1) << 40) /* ICC_SGI1R_EL1.IRM */

/* Per interrupt bits, in every bank alike: register offset and bits an interrupt. */
static const struct {
	const char *name;
	uint32_t offset, bits;
} state[] = {
	{"group", IGROUPR, 1},
	{"enable", ISENABLER, 1},
	{"priority", IPRIORITYR, 8},
	{"trigger", ICFGR, 2},
};

static uint32_t lines(void)
{
	return 32 * ((mmio_read32(gic_distributor(GICD_TYPER)) & ITLINES_MASK) + 1);
}

/* CRC over what says how this cell's interrupts are set: equal before and after means untouched. */
static void run_state(const uint64_t *args)
{
	(void)args;
	for (unsigned s = 0; s < sizeof(state) / sizeof(state[0]); s++) {
		uint32_t crc = 0;

		for (uint32_t n = 0; n < lines(); n += 32 / state[s].bits) {
			const uint64_t offset = state[s].offset + n * state[s].bits / 8;
			const uint32_t word = mmio_read32(n < 32 ? gic_redistributor(SGI_FRAME + offset)
								 : gic_distributor(offset));

			crc = crc32_add(crc, &word, sizeof(word));
		}
		printf("probe: gic-state %s=0x%08" PRIx32 "\n", state[s].name, crc);
	}
	printf("probe: gic-state ctlr=0x%" PRIx32 " igrpen1=0x%" PRIx64 " ctlr_el1=0x%" PRIx64 "\n",
	       mmio_read32(gic_distributor(GICD_CTLR)), sysreg_read(ICC_IGRPEN1_EL1),
	       sysreg_read(ICC_CTLR_EL1));
}

static void read_reg(const char *name, uint64_t address, uint64_t offset)
{
	uint32_t value;

	probe_arm(false);
	value = mmio_read32(address);
	printf("probe: %s 0x%" PRIx64 " = 0x%" PRIx32 "%s\n", name, offset, value,
	       probe_faults() ? " faulted" : "");
}

static void write_reg(const char *name, uint64_t address, const uint64_t *args)
{
	probe_arm(false);
	if (args[2] == 8)
		mmio_write64(address, args[1]);
	else
		mmio_write32(address, (uint32_t)args[1]);
	if (probe_faults())
		printf("probe: %s 0x%" PRIx64 " faulted\n", name, args[0]);
	else
		printf("probe: %s 0x%" PRIx64 " reads back 0x%" PRIx32 "\n", name, args[0],
		       mmio_read32(address));
}

static void run_gicd_read(const uint64_t *args)
{
	read_reg("gicd-read", gic_distributor(args[0]), args[0]);
}

static void run_gicd_write(const uint64_t *args)
{
	write_reg("gicd-write", gic_distributor(args[0]), args);
}

/* Two registers at once, of which no syndrome tells: not emulated. */
static void run_gicd_pair(const uint64_t *args)
{
	uint64_t first, second;

	__asm__ volatile("ldp %0, %1, [%2]"
			 : "=r"(first), "=r"(second)
			 : "r"(probe_guest->gicd.base + (args[0] & ~UINT64_C(7)))
			 : "memory");
	printf("probe: gicd-pair 0x%" PRIx64 " 0x%" PRIx64 "\n", first, second);
}

/* Address registers written back, and exclusives: of these, too, no syndrome tells. */
static void run_gicd_indexed(const uint64_t *args)
{
	uint64_t at = probe_guest->gicd.base + args[0], value;

	if (args[1])
		__asm__ volatile("str wzr, [%0, #4]!" : "+r"(at)::"memory");
	else
		__asm__ volatile("ldr %w1, [%0], #4" : "+r"(at), "=r"(value)::"memory");
	printf("probe: gicd-indexed 0x%" PRIx64 " done\n", args[0]);
}

static void run_gicd_exclusive(const uint64_t *args)
{
	uint64_t value;

	__asm__ volatile("ldxr %w0, [%1]" : "=r"(value) : "r"(probe_guest->gicd.base + args[0]) : "memory");
	printf("probe: gicd-exclusive 0x%" PRIx64 " 0x%" PRIx64 "\n", args[0], value);
}

/* Mapped as normal memory, which alone may be accessed unaligned. */
static void run_gicd_unaligned(const uint64_t *args)
{
	const uint64_t at = probe_guest->gicd.base + args[0];
	uint64_t value;

	mmu_unmap(at);
	if (!mmu_map(at, 1, MMU_SHARED))
		printf("probe: gicd-unaligned can't map\n");
	if (args[1] == 2)
		__asm__ volatile("ldrh w0, [%1]\n\tmov %0, x0" : "=r"(value) : "r"(at) : "x0", "memory");
	else
		__asm__ volatile("ldr w0, [%1]\n\tmov %0, x0" : "=r"(value) : "r"(at) : "x0", "memory");
	printf("probe: gicd-unaligned 0x%" PRIx64 " 0x%" PRIx64 "\n", args[0], value);
}

static void run_gicr_read(const uint64_t *args)
{
	read_reg("gicr-read", gic_redistributor(args[0]), args[0]);
}

static void run_gicr_write(const uint64_t *args)
{
	write_reg("gicr-write", gic_redistributor(args[0]), args);
}

/* Enables, sets pending and active, and says what of it stuck. */
static void run_spi_grab(const uint64_t *args)
{
	const uint64_t word = args[0] / 32 * 4;
	const uint32_t mask = UINT32_C(1) << args[0] % 32;

	mmio_write32(gic_distributor(ISENABLER + word), mask);
	mmio_write32(gic_distributor(ISPENDR + word), mask);
	mmio_write32(gic_distributor(ISACTIVER + word), mask);
	printf("probe: spi-grab %" PRIu64 " enabled=%d pending=%d active=%d\n", args[0],
	       (mmio_read32(gic_distributor(ISENABLER + word)) & mask) != 0,
	       (mmio_read32(gic_distributor(ISPENDR + word)) & mask) != 0,
	       (mmio_read32(gic_distributor(ISACTIVER + word)) & mask) != 0);
}

/* AFFINITY as in MPIDR (its Aff0 is not used), LIST: Aff0 bits. */
static void run_sgi(const uint64_t *args)
{
	const uint64_t before = probe_counts.sgis;

	gic_send_sgi((uint32_t)args[2], args[0], (uint16_t)args[1]);
	printf("probe: sgi sent, own sgis %" PRIu64 "\n", probe_counts.sgis - before);
}

static void run_sgi_all(const uint64_t *args)
{
	sysreg_write(ICC_SGI1R_EL1, SGI_ALL | (args[0] & 0xf) << 24);
	barrier_isb();
	printf("probe: sgi-all sent\n");
}

/* All exceptions masked, and an active priority that keeps every interrupt from this core. */
static void run_spin_masked(const uint64_t *args)
{
	(void)args;
	printf("probe: spin-masked begins\n");
	__asm__ volatile("msr daifset, #15" ::: "memory");
	sysreg_write(ICC_AP1R0_EL1, 1);
	barrier_isb();
	for (;;)
		__asm__ volatile("");
}

static void run_no_eoi(const uint64_t *args)
{
	(void)args;
	probe_keep_interrupt = true;
}

static void sleep_forever(bool interrupts)
{
	timer_stop();
	irq_disable();
	if (!interrupts) {
		sysreg_write(ICC_IGRPEN1_EL1, 0);
		barrier_isb();
	}
	for (;;)
		wait_interrupt();
}

static void run_wfi_on(const uint64_t *args)
{
	(void)args;
	printf("probe: wfi-irq-on begins\n");
	sleep_forever(true);
}

static void run_wfi_off(const uint64_t *args)
{
	(void)args;
	printf("probe: wfi-irq-off begins\n");
	sleep_forever(false);
}

const struct probe_command probe_gic_commands[] = {
	{"gic-state", "", 0, run_state},
	{"gicd-read", "OFFSET", 1, run_gicd_read},
	{"gicd-write", "OFFSET VALUE [4|8]", 2, run_gicd_write},
	{"gicr-read", "OFFSET", 1, run_gicr_read},
	{"gicr-write", "OFFSET VALUE [4|8]", 2, run_gicr_write},
	{"gicd-pair", "OFFSET", 1, run_gicd_pair},
	{"gicd-indexed", "OFFSET [1: a write]", 1, run_gicd_indexed},
	{"gicd-exclusive", "OFFSET", 1, run_gicd_exclusive},
	{"gicd-unaligned", "OFFSET [2|4]", 1, run_gicd_unaligned},
	{"spi-grab", "INTID", 1, run_spi_grab},
	{"sgi", "AFFINITY LIST INTID", 3, run_sgi},
	{"sgi-all", "INTID", 1, run_sgi_all},
	{"spin-masked", "", 0, run_spin_masked},
	{"no-eoi", "", 0, run_no_eoi},
	{"wfi-irq-on", "", 0, run_wfi_on},
	{"wfi-irq-off", "", 0, run_wfi_off},
	{NULL, NULL, 0, NULL},
};
