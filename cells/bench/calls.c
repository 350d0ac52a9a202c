// SPDX-License-Identifier: Apache-2.0
/*
 * calls.c - operations whose caller waits: hypercalls, PSCI, emulated registers.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench.h"
#include "counter.h"
#include "gic.h"
#include "hypercall_call.h"
#include "mmio.h"
#include "psci.h"

#define UNKNOWN_VENDOR	0xc600fff0u /* vendor specific hypervisor service */
#define UNKNOWN_PSCI	0x8400001fu /* standard service, PSCI's range */
#define UNKNOWN_OWNER	0x82000000u /* SiP service: nobody's */
#define UNKNOWN_VERSION UINT64_C(0xffffffff)

static uint64_t enable_word; /* with an interrupt of this cell */
static uint32_t enabled;

static void nothing(void)
{
}

static uint64_t hvc_call(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
	return x0;
}

static uint64_t smc_call(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
	return x0;
}

static void hvc_version(void)
{
	hvc_call(HYPERCALL_VERSION);
}

static void psci_version_smc(void)
{
	smc_call(PSCI_VERSION);
}

static void hvc_unknown_vendor(void)
{
	hvc_call(UNKNOWN_VENDOR);
}

static void hvc_unknown_psci(void)
{
	hvc_call(UNKNOWN_PSCI);
}

static void hvc_unknown_owner(void)
{
	hvc_call(UNKNOWN_OWNER);
}

static void smc_unknown_vendor(void)
{
	smc_call(UNKNOWN_VENDOR);
}

static void smc_unknown_psci(void)
{
	smc_call(UNKNOWN_PSCI);
}

static void smc_unknown_owner(void)
{
	smc_call(UNKNOWN_OWNER);
}

static void typer_read(void)
{
	mmio_read32(gic_distributor(GICD_TYPER));
}

static void isenabler_read(void)
{
	mmio_read32(enable_word);
}

/* Enables what is enabled already, so that nothing else happens. */
static void isenabler_write(void)
{
	mmio_write32(enable_word, enabled);
}

/* A hypervisor of an unknown function answers NOT_SUPPORTED; else it isn't that what was measured. */
static void answers_check(void)
{
	static const uint32_t unknown[] = {UNKNOWN_VENDOR, UNKNOWN_PSCI, UNKNOWN_OWNER};

	for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if ((int32_t)hvc_call(unknown[i]) != HYPERCALL_NOT_SUPPORTED ||
		    (int32_t)smc_call(unknown[i]) != HYPERCALL_NOT_SUPPORTED)
			printf("bench: wrong 0x%" PRIx32 " is a known function\n", unknown[i]);
	if (hvc_call(HYPERCALL_VERSION) != HYPERCALL_ABI || smc_call(PSCI_VERSION) == UNKNOWN_VERSION)
		printf("bench: wrong version\n");
	if ((mmio_read32(enable_word) & enabled) != enabled)
		printf("bench: wrong 0x%" PRIx32 " is not enabled\n", enabled);
}

static void measure(const char *name, void (*operation)(void))
{
	struct series el2 = {.name = name};
	uint64_t before, after;

	counter_start(COUNT_EL2);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		window_open();
		before = counter();
		operation();
		after = counter();
		window_close();
		series_add(&el2, after - before);
	}
	series_tell(&el2);
	windows_tell(name);
}

/* The same with the guest's own instructions in it: a check of the filter. */
static void measure_all(const char *name, void (*operation)(void))
{
	uint64_t least = UINT64_MAX;

	counter_start(COUNT_ALL);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		const uint64_t before = counter();
		uint64_t value;

		operation();
		value = counter() - before;
		if (value < least)
			least = value;
	}
	printf("bench: all %s least=%" PRIu64 "\n", name, least);
}

static const struct {
	const char *name;
	void (*run)(void);
} operations[] = {
	{"empty", nothing},
	{"hvc_version", hvc_version},
	{"psci_version", psci_version_smc},
	{"hvc_unknown.vendor", hvc_unknown_vendor},
	{"hvc_unknown.psci", hvc_unknown_psci},
	{"hvc_unknown.owner", hvc_unknown_owner},
	{"smc_unknown.vendor", smc_unknown_vendor},
	{"smc_unknown.psci", smc_unknown_psci},
	{"smc_unknown.owner", smc_unknown_owner},
	{"gicd_typer_read", typer_read},
	{"gicd_isenabler_read", isenabler_read},
	{"gicd_isenabler_write", isenabler_write},
};

static void ignored(uint32_t intid)
{
	(void)intid;
}

void calls_measure(const struct guest *guest)
{
	gic_take(guest->uart_intid, guest->uart_edge, ignored);
	enable_word = gic_distributor(ISENABLER + guest->uart_intid / 32 * 4);
	enabled = UINT32_C(1) << guest->uart_intid % 32;
	answers_check();
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		measure(operations[i].name, operations[i].run);
		measure_all(operations[i].name, operations[i].run);
	}
	gic_disable(guest->uart_intid);
}
