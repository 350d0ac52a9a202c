// SPDX-License-Identifier: Apache-2.0
/*
 * registers.c - exact: registers at every width, and what of them never changes (Arm IHI 0069: GICD_*,
 * GICR_*).
 */
#include "exact.h"

#define GICD_IIDR      0x0008
#define GICD_STATUSR   0x0010
#define GICD_SETSPI    0x0040
#define GICD_CLRSPI    0x0048
#define ITARGETSR      0x0800
#define IGRPMODR       0x0d00
#define NSACR	       0x0e00
#define GICD_SGIR      0x0f00
#define GICD_CPENDSGIR 0x0f10
#define GICD_SPENDSGIR 0x0f20
#define PIDR2	       0xffe8
#define GICR_CTLR      0x0000
#define GICR_IIDR      0x0004
#define GICR_SETLPIR   0x0040
#define GICR_PROPBASER 0x0070
#define GICR_PENDBASER 0x0078
#define GICR_INVLPIR   0x00a0
#define CTLR_DS	       UINT32_C(64)

/* ---- registers that never change ---- */

static void fixed(const char *what, uint64_t address, uint32_t want)
{
	check(what, mmio_read32(address), want);
	mmio_write32(address, UINT32_MAX);
	check(what, mmio_read32(address), want);
	mmio_write32(address, 0);
	check(what, mmio_read32(address), want);
}

static void fixed64(const char *what, uint64_t address, uint64_t want)
{
	mmio_write64(address, UINT64_MAX);
	check(what, mmio_read64(address), want);
	mmio_write64(address, 0);
	check(what, mmio_read64(address), want);
}

/* Two bits an interrupt, of those in `mask`: all are edges but PPIs. */
static uint32_t edges(uint32_t mask, unsigned half)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 16; i++)
		value |= (mask >> (16 * half + i) & 1) << (2 * i + 1);
	return value;
}

static void case_distributor(void)
{
	const uint64_t ctlr = gic_distributor(GICD_CTLR);
	const uint32_t ctlr_is = mmio_read32(ctlr), typer = mmio_read32(gic_distributor(GICD_TYPER));

	check("CTLR", ctlr_is, CTLR_DS | CTLR_ARE | CTLR_GRP1);
	mmio_write32(ctlr, UINT32_MAX);
	check("CTLR, all ones", mmio_read32(ctlr), ctlr_is);
	fixed("TYPER", gic_distributor(GICD_TYPER), typer);
	check("TYPER's number of bits", typer >> 19 & 31, 9);
	check("TYPER: no LPIs, messages, extended SPIs, NMIs, ranges",
	      typer & ~(0x01f8001fu | UINT32_C(1) << 25), 0);
	fixed("IIDR", gic_distributor(GICD_IIDR), mmio_read32(gic_distributor(GICD_IIDR)));
	fixed("STATUSR", gic_distributor(GICD_STATUSR), 0);
	check("PIDR2", mmio_read32(gic_distributor(PIDR2)) >> 4 & 15, 3);
	for (uint64_t at = GICD_SETSPI; at <= GICD_CLRSPI + 16; at += 8) {
		mmio_write32(gic_distributor(at), spis[0]);
		check("message-based", mmio_read32(gic_distributor(at)), 0);
	}
	check("message-based", state(0, spis[0]), 0);
	for (uint32_t word = 1; word < WORDS; word++) {
		fixed("IGROUPR", gic_distributor(IGROUPR) + 4 * word, owned[word]);
		fixed("IGRPMODR", gic_distributor(IGRPMODR) + 4 * word, 0);
		fixed("ICFGR", gic_distributor(ICFGR) + 8 * word, edges(owned[word], 0));
		fixed("ICFGR", gic_distributor(ICFGR) + 8 * word + 4, edges(owned[word], 1));
		fixed("NSACR", gic_distributor(NSACR) + 8 * word, 0);
	}
	fixed("ITARGETSR", gic_distributor(ITARGETSR) + spis[0] / 4 * 4, 0);
	mmio_write32(gic_distributor(GICD_SGIR), UINT32_C(0x02000001)); /* to itself, number 1 */
	fixed("CPENDSGIR", gic_distributor(GICD_CPENDSGIR), 0);
	fixed("SPENDSGIR", gic_distributor(GICD_SPENDSGIR), 0);
	check("SGIR", mmio_read32(bank(0, 0, ISPENDR)), 0);
	/* With affinity routing SGIs and PPIs have nothing here (GICD_ISENABLER0 and so on). */
	for (uint32_t offset = IGROUPR; offset <= ICACTIVER; offset += 0x80)
		fixed("word 0", gic_distributor(offset), 0);
	for (uint32_t n = 0; n < GIC_FIRST_SPI; n += 4)
		fixed("IPRIORITYR0-7", gic_distributor(IPRIORITYR + n), 0);
	fixed("ICFGR0", gic_distributor(ICFGR), 0);
	fixed("ICFGR1", gic_distributor(ICFGR + 4), 0);
	fixed64("IROUTER0", gic_distributor(GICD_IROUTER), 0);
}

static void case_state_registers(void)
{
	static const struct {
		uint32_t set, clear;
	} pairs[] = {{ISENABLER, ICENABLER}, {ISPENDR, ICPENDR}, {ISACTIVER, ICACTIVER}};

	for (unsigned p = 0; p < 3; p++) {
		for (uint32_t word = 1; word < WORDS; word++) {
			const uint64_t set = gic_distributor(pairs[p].set) + 4 * word;
			const uint64_t clear = gic_distributor(pairs[p].clear) + 4 * word;

			mmio_write32(set, UINT32_MAX);
			check("all set", mmio_read32(set), owned[word]);
			check("all set, by the other", mmio_read32(clear), owned[word]);
			mmio_write32(set, 0);
			mmio_write32(clear, 0);
			check("zeroes change nothing", mmio_read32(set), owned[word]);
			mmio_write32(clear, owned[word] & 0x55555555);
			check("some cleared", mmio_read32(set), owned[word] & 0xaaaaaaaa);
			mmio_write32(clear, UINT32_MAX);
			check("all cleared", mmio_read32(clear), 0);
		}
	}
}

static void case_priorities(void)
{
	const uint32_t spi = spis[0] & ~3u;
	const uint64_t at = gic_distributor(IPRIORITYR) + spi;
	uint32_t want = 0;

	for (uint32_t n = 0; n < 4; n++)
		if (owned[spi / 32] >> (spi + n) % 32 & 1)
			want |= (0x10u + 0x40u * n) << 8 * n;
	mmio_write32(at, UINT32_C(0xd0905010));
	check("word", mmio_read32(at), want);
	for (uint32_t n = 0; n < 4; n++)
		check("byte", read8(at + n), want >> 8 * n & 0xff);
	mmio_write8(gic_distributor(IPRIORITYR) + spis[0], 0x70);
	check("byte written", read8(gic_distributor(IPRIORITYR) + spis[0]), 0x70);
	mmio_write8(gic_distributor(IPRIORITYR) + spis[0], 0xff);
	check("upper bits at least", read8(gic_distributor(IPRIORITYR) + spis[0]) >> 4, 0xf);
	for (uint32_t n = GIC_FIRST_SPI; n < 1020; n += 4)
		if ((owned[n / 32] >> n % 32 & 0xf) == 0)
			fixed("not owned", gic_distributor(IPRIORITYR) + n, 0);
	mmio_write32(frames[0] + SGI_FRAME + IPRIORITYR + 4, UINT32_C(0xd0905010));
	check("SGIs, word", mmio_read32(frames[0] + SGI_FRAME + IPRIORITYR + 4), UINT32_C(0xd0905010));
	check("SGIs, byte", read8(frames[0] + SGI_FRAME + IPRIORITYR + 6), 0x90);
	mmio_write32(frames[0] + SGI_FRAME + IPRIORITYR + 4, UINT32_C(0xa0a0a0a0));
}

/* What isn't a word, or for a few registers a byte, a half word or a double word, reads as zero and changes
 * nothing. */
static void widths(const char *what, uint64_t address)
{
	const uint64_t word = mmio_read32(address), twice = address & ~UINT64_C(7);

	check(what, mmio_read8(address), 0);
	check(what, mmio_read8(address + 3), 0);
	check(what, mmio_read16(address + 2), 0);
	check(what, mmio_read64(twice), 0);
	mmio_write8(address, 0xff);
	mmio_write16(address, 0xffff);
	mmio_write64(twice, UINT64_MAX);
	check(what, mmio_read32(address), word);
}

static void case_widths(void)
{
	const uint32_t spi = spis[0];
	const uint64_t sgi = frames[0] + SGI_FRAME, route = gic_distributor(GICD_IROUTER) + 8 * spi;
	const uint64_t priority = gic_distributor(IPRIORITYR) + (spi & ~7u), own = mmio_read64(route);

	enable(0, spi, DEFAULT);
	enable(0, 1, DEFAULT);
	for (uint32_t offset = IGROUPR; offset <= ICACTIVER; offset += 0x80) {
		widths("distributor", bank(0, spi, offset));
		widths("redistributor", bank(0, 1, offset));
	}
	widths("GICD_TYPER", gic_distributor(GICD_TYPER));
	widths("GICD_ICFGR", gic_distributor(ICFGR) + spi / 16 * 4);
	widths("GICR_ICFGR0", sgi + ICFGR);
	widths("GICR_ICFGR1", sgi + ICFGR + 4);
	widths("GICR_IIDR", frames[0] + GICR_IIDR);
	check("IROUTER, byte", mmio_read8(route), 0);
	check("IROUTER, half word", mmio_read16(route), 0);
	mmio_write8(route, 1);
	mmio_write16(route, 0xffff);
	check("IROUTER", mmio_read64(route), own);
	check("GICR_TYPER, byte", mmio_read8(frames[0] + GICR_TYPER + 1), 0);
	check("GICR_TYPER, half word", mmio_read16(frames[0] + GICR_TYPER), 0);
	check("GICD_IPRIORITYR, double word", mmio_read64(priority), 0);
	mmio_write64(priority, 0);
	check("GICD_IPRIORITYR", read8(gic_distributor(IPRIORITYR) + spi), DEFAULT);
	check("GICR_IPRIORITYR, double word", mmio_read64(sgi + IPRIORITYR), 0);
	mmio_write64(sgi + IPRIORITYR, 0);
	check("GICR_IPRIORITYR", read8(sgi + IPRIORITYR + 1), DEFAULT);
	mmio_write16(sgi + IPRIORITYR, UINT16_C(0xa050));
	check("GICR_IPRIORITYR, half word", mmio_read16(sgi + IPRIORITYR), UINT16_C(0xa050));
}

/* From and to a register: x`n` sends an SGI to its own core, then holds GICD_TYPER. */
#define BY_REGISTER(n)                                                                                       \
	do {                                                                                                 \
		uint64_t value_;                                                                             \
		__asm__ volatile("mov x" #n ", %1\n\tmsr S3_0_C12_C11_5, x" #n "\n\tisb\n\t"                 \
				 "ldr w" #n ", [%2]\n\tmov %0, x" #n                                         \
				 : "=r"(value_)                                                              \
				 : "r"(to_itself), "r"(at)                                                   \
				 : "x" #n, "memory");                                                        \
		check("x" #n, value_, typer);                                                                \
		take(++came);                                                                                \
	} while (0)

static void case_any_register(void)
{
	const uint64_t at = gic_distributor(GICD_TYPER), typer = mmio_read32(at);
	const uint64_t to_itself =
		(routes[0] & 0xff00) << 8 | UINT64_C(1) << 24 | UINT64_C(1) << (routes[0] & 0xf);
	uint32_t came = 0;

	enable(0, 1, DEFAULT);
	BY_REGISTER(0);
	BY_REGISTER(9);
	BY_REGISTER(10);
	BY_REGISTER(15);
	BY_REGISTER(16);
	BY_REGISTER(18);
	BY_REGISTER(19);
	BY_REGISTER(28);
	BY_REGISTER(30);
	/* The zero register takes what is read, gives zero, and is no stack pointer. */
	__asm__ volatile("ldr wzr, [%0]\n\tmrs xzr, id_aa64pfr0_el1\n\tstr wzr, [%1]\n\tmsr S3_0_C12_C11_5, "
			 "xzr\n\tisb" ::"r"(at),
			 "r"(bank(0, 1, ISENABLER))
			 : "memory");
	check("enabled", get(0, ISENABLER, 1), 1);
	take(came);
}

#define SIGNED(instruction, address)                                                                         \
	({                                                                                                   \
		uint64_t value_;                                                                             \
		__asm__ volatile(instruction ", [%1]" : "=r"(value_) : "r"(address) : "memory");             \
		value_;                                                                                      \
	})

/* Loads that extend a sign, to 32 and to 64 bits. */
static void case_signed(void)
{
	const uint64_t at = priority_at(0, 4);

	mmio_write32(at, UINT32_C(0x90405080));
	check("LDRSB", SIGNED("ldrsb %w0", at), UINT32_C(0xffffff80));
	check("LDRSB", SIGNED("ldrsb %x0", at), UINT64_C(0xffffffffffffff80));
	check("LDRSB of one that is positive", SIGNED("ldrsb %x0", at + 1), 0x50);
	check("LDRSH", SIGNED("ldrsh %w0", at + 2), UINT32_C(0xffff9040));
	check("LDRSH", SIGNED("ldrsh %x0", at + 2), UINT64_C(0xffffffffffff9040));
	check("LDRSH of one that is positive", SIGNED("ldrsh %x0", at), 0x5080);
	check("LDRSW", SIGNED("ldrsw %x0", at), UINT64_C(0xffffffff90405080));
	mmio_write32(at, UINT32_C(0x50405080));
	check("LDRSW of one that is positive", SIGNED("ldrsw %x0", at), 0x50405080);
	mmio_write32(at, UINT32_C(0xa0a0a0a0));
}

static void case_routes(void)
{
	const uint64_t at = gic_distributor(GICD_IROUTER) + 8 * spis[0];
	static const uint64_t foreign[] = {0, 3, UINT64_C(1) << 31, UINT64_C(1) << 32, 0x100, UINT64_MAX};

	route(spis[0], 1);
	check("double word", mmio_read64(at), routes[1]);
	check("lower half", mmio_read32(at), routes[1] & UINT32_MAX);
	check("upper half", mmio_read32(at + 4), routes[1] >> 32);
	mmio_write32(at, (uint32_t)routes[0]);
	check("lower half written", mmio_read64(at), routes[0]);
	mmio_write32(at + 4, 1);
	check("upper half elsewhere", mmio_read64(at), routes[0]);
	for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		mmio_write64(at, foreign[i]);
		check("elsewhere", mmio_read64(at), routes[0]);
	}
	for (uint32_t intid = GIC_FIRST_SPI; intid < 1020; intid++)
		if (!(owned[intid / 32] >> intid % 32 & 1))
			fixed64("not owned", gic_distributor(GICD_IROUTER) + 8 * intid, 0);
}

static void redistributor(unsigned core)
{
	const uint64_t rd = frames[core], sgi = rd + SGI_FRAME;
	const uint64_t typer = mmio_read64(rd + GICR_TYPER);
	const uint32_t private = mmio_read32(sgi + IGROUPR);

	fixed("CTLR", rd + GICR_CTLR, 0);
	fixed("IIDR", rd + GICR_IIDR, mmio_read32(rd + GICR_IIDR));
	fixed64("TYPER", rd + GICR_TYPER, typer);
	check("TYPER, lower half", mmio_read32(rd + GICR_TYPER), typer & UINT32_MAX);
	check("TYPER, upper half", mmio_read32(rd + GICR_TYPER + 4), typer >> 32);
	check("TYPER's affinity", typer >> 32, (routes[core] & 0xffffff) | (routes[core] >> 32) << 24);
	check("TYPER's processor number", typer >> 8 & 0xffff, core);
	check("TYPER: no LPIs", typer & 0xef, 0);
	fixed("WAKER", rd + GICR_WAKER, 0);
	fixed64("PROPBASER", rd + GICR_PROPBASER, 0);
	fixed64("PENDBASER", rd + GICR_PENDBASER, 0);
	fixed64("SETLPIR", rd + GICR_SETLPIR, 0);
	fixed64("INVLPIR", rd + GICR_INVLPIR, 0);
	check("PIDR2", mmio_read32(rd + PIDR2) >> 4 & 15, 3);
	check("SGIs and the timer's PPI are there",
	      private & (0xffff | UINT32_C(1) << exact_guest->timer_intid),
	      0xffff | UINT32_C(1) << exact_guest->timer_intid);
	fixed("IGROUPR0", sgi + IGROUPR, private);
	fixed("IGRPMODR0", sgi + IGRPMODR, 0);
	fixed("NSACR", sgi + NSACR, 0);
	fixed("ICFGR0", sgi + ICFGR, UINT32_C(0xaaaaaaaa));
	fixed("ICFGR1", sgi + ICFGR + 4, mmio_read32(sgi + ICFGR + 4) & edges(private, 1));
	for (uint32_t n = GIC_FIRST_SPI; n < 64; n += 4)
		fixed("no more priorities", sgi + IPRIORITYR + n, 0);
	fixed("no more words", sgi + ISENABLER + 4, 0);
	mmio_write32(sgi + ISENABLER, UINT32_MAX);
	check("enabled", mmio_read32(sgi + ISENABLER), private);
	mmio_write32(sgi + ICENABLER, 0x5555);
	check("some disabled", mmio_read32(sgi + ISENABLER), private & ~0x5555u);
	mmio_write32(sgi + ICENABLER, UINT32_MAX);
	check("none enabled", mmio_read32(sgi + ICENABLER), 0);
	mmio_write32(sgi + ISPENDR, 0xffff);
	check("SGIs pending", mmio_read32(sgi + ISPENDR) & 0xffff, 0xffff);
	mmio_write32(sgi + ICPENDR, 0xfffe);
	check("SGIs cleared", mmio_read32(sgi + ICPENDR) & 0xffff, 1);
	mmio_write32(sgi + ICPENDR, UINT32_MAX);
	mmio_write32(sgi + ISACTIVER, UINT32_MAX);
	check("active", mmio_read32(sgi + ISACTIVER), private);
	mmio_write32(sgi + ICACTIVER, UINT32_MAX);
	check("none active", mmio_read32(sgi + ICACTIVER), 0);
}

static void case_redistributor(void)
{
	redistributor(0);
}

/* The sibling before it is on. */
static void case_redistributor_of_one_off(void)
{
	frames[1] = frames[0] + 2 * SGI_FRAME;
	for (uint32_t intid = 0; intid < FIRST_PPI; intid++)
		check("state", state(1, intid), 0);
}

static void case_redistributor_of_sibling(void)
{
	redistributor(1);
	second_takes(0);
}

const struct exact_case register_cases[] = {
	{"distributor", case_distributor, false, ANYWHERE},
	{"state-registers", case_state_registers, false, ANYWHERE},
	{"priorities", case_priorities, false, ANYWHERE},
	{"widths", case_widths, false, ANYWHERE},
	{"any-register", case_any_register, false, ANYWHERE},
	{"signed", case_signed, false, ANYWHERE},
	{"redistributor", case_redistributor, false, ANYWHERE},
	{"redistributor-of-one-off", case_redistributor_of_one_off, false, ANYWHERE},
	{"redistributor-of-sibling", case_redistributor_of_sibling, true, ANYWHERE},
	{"routes", case_routes, true, ANYWHERE},
	{NULL, NULL, false, ANYWHERE},
};
