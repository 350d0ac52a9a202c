// SPDX-License-Identifier: Apache-2.0
/*
 * i6300esb.c - the watchdog timer of the Intel 6300ESB I/O controller hub (datasheet 300641, watchdog timer),
 * which QEMU has, too.
 *
 * Two stages of equal length follow each other; at the end of the second one the machine is reset. Registers
 * of BAR 0 take a write only behind two others, of 0x80 and 0x86 to the reload register. Once locked it can't
 * be turned off until the machine is reset; that its end resets the machine is a bit of configuration space
 * that EL2 lets no cell write.
 */
#include "watchdog.h"

#include "mmio.h"

#define REGISTERS_BAR	0u
#define REGISTERS_BYTES 16u

/* Configuration space. */
#define SETTINGS 0x60u /* 16 bits: WDT Configuration */
#define SETTINGS_QUIET                                                                                       \
	UINT16_C(3)	   /* at the end of the first stage no interrupt; a reset at the second's; slow */
#define LOCK	     0x68u /* 8 bits: WDT Lock */
#define LOCK_LOCKED  1u
#define LOCK_ENABLED 2u

/* BAR 0. */
#define FIRST	     0x00u /* 32 bits: ticks of the first stage, 20 bits */
#define SECOND	     0x04u
#define RELOAD	     0x0cu /* 16 bits */
#define UNLOCK_1     0x80u
#define UNLOCK_2     0x86u
#define RELOAD_START 0x100u /* both stages begin anew */
#define RELOAD_FIRED 0x200u /* read: it has reset the machine; written: forgotten */
#define TICKS_MOST   UINT64_C(0xfffff)
/* A tick is 2^15 cycles of a bus of 33 MHz. */
#define TICK_CYCLES UINT64_C(32768)
#define CYCLES_A_US UINT64_C(33)
#define NS_A_US	    UINT64_C(1000)
#define STAGES	    2u

static uint64_t registers;

static void unlock(void)
{
	mmio_write16(registers + RELOAD, UNLOCK_1);
	mmio_write16(registers + RELOAD, UNLOCK_2);
}

static void stage_set(uint32_t stage, uint64_t ticks)
{
	unlock();
	mmio_write32(registers + stage, (uint32_t)ticks);
}

static void reload(uint16_t bits)
{
	unlock();
	mmio_write16(registers + RELOAD, bits);
}

/* A time-out is never longer than asked. */
static uint64_t ticks_of(uint64_t timeout_ns)
{
	const uint64_t ticks = timeout_ns / NS_A_US * CYCLES_A_US / TICK_CYCLES / STAGES;

	return ticks < TICKS_MOST ? ticks : TICKS_MOST;
}

static const char *start(const struct pci_function *function, uint64_t timeout_ns, bool *fired)
{
	const uint64_t ticks = ticks_of(timeout_ns);

	pci_answer(function);
	registers = pci_bar(function, REGISTERS_BAR, REGISTERS_BYTES);
	if (!registers)
		return "its registers can't be found";
	*fired = mmio_read16(registers + RELOAD) & RELOAD_FIRED;
	stage_set(FIRST, ticks);
	stage_set(SECOND, ticks);
	reload(RELOAD_START | RELOAD_FIRED);
	pci_write16(function, SETTINGS, SETTINGS_QUIET);
	pci_write8(function, LOCK, LOCK_ENABLED | LOCK_LOCKED);
	reload(RELOAD_START);
	return NULL;
}

static void feed(void)
{
	reload(RELOAD_START);
}

/* [impl->swr~health-watchdog-i6300esb~1] */
const struct watchdog_driver watchdog_i6300esb = {
	.name = "i6300esb",
	.vendor = 0x8086,
	.device = 0x25ab,
	.longest_ns = STAGES * TICKS_MOST * TICK_CYCLES / CYCLES_A_US * NS_A_US,
	.start = start,
	.feed = feed,
};
