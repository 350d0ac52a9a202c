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

#define UNKNOWN_VERSION UINT64_C(0xffffffff)

static uint64_t enable_word; /* with an interrupt of this cell */
static uint32_t enabled;

/* What is called or read, and what it answers. */
struct operation {
	const char *name;
	uint64_t (*run)(uint32_t function);
	uint32_t function;
};

static uint64_t nothing(uint32_t function)
{
	return function;
}

static uint64_t hvc_call(uint32_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
	return x0;
}

static uint64_t smc_call(uint32_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
	return x0;
}

static uint64_t typer_read(uint32_t function)
{
	(void)function;
	return mmio_read32(gic_distributor(GICD_TYPER));
}

static uint64_t isenabler_read(uint32_t function)
{
	(void)function;
	return mmio_read32(enable_word);
}

/* Enables what is enabled already, so that nothing else happens. */
static uint64_t isenabler_write(uint32_t function)
{
	mmio_write32(enable_word, enabled);
	return function;
}

static const struct operation operations[] = {
	{"empty", nothing, 0},
	{"hvc_version", hvc_call, HYPERCALL_VERSION},
	{"psci_version", smc_call, PSCI_VERSION},
	{"gicd_typer_read", typer_read, 0},
	{"gicd_isenabler_read", isenabler_read, 0},
	{"gicd_isenabler_write", isenabler_write, 0},
};

/* Functions that no hypervisor of this ABI has, by where the number lies. */
#define UNKNOWN(where, function)                                                                             \
	{"hvc_unknown." where, hvc_call, function},                                                          \
	{                                                                                                    \
		"smc_unknown." where, smc_call, function                                                     \
	}

static const struct operation unknowns[] = {
	UNKNOWN("vendor", 0xc600fff0u),	     /* vendor specific hypervisor service */
	UNKNOWN("psci", 0x8400001fu),	     /* standard service, after PSCI's */
	UNKNOWN("owner", 0x82000000u),	     /* SiP service: nobody's */
	UNKNOWN("near", 0x84000005u),	     /* MIGRATE: among PSCI's that are there */
	UNKNOWN("near_vendor", 0xc6000006u), /* among the hypercalls */
	UNKNOWN("near_uid", 0x8600ff02u),    /* between UID and REVISION */
	UNKNOWN("arch", 0x80000042u),	     /* Arm architecture service */
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A hypervisor of an unknown function answers NOT_SUPPORTED; else it isn't that what was measured. */
static void answers_check(void)
{
	for (unsigned i = 0; i < COUNT(unknowns); i++)
		if ((int32_t)unknowns[i].run(unknowns[i].function) != HYPERCALL_NOT_SUPPORTED)
			printf("bench: wrong 0x%" PRIx32 " is a known function\n", unknowns[i].function);
	if (hvc_call(HYPERCALL_VERSION) != HYPERCALL_ABI || smc_call(PSCI_VERSION) == UNKNOWN_VERSION)
		printf("bench: wrong version\n");
	if ((mmio_read32(enable_word) & enabled) != enabled)
		printf("bench: wrong 0x%" PRIx32 " is not enabled\n", enabled);
}

static void measure(const struct operation *operation)
{
	struct series el2 = {.name = operation->name};
	uint64_t before, after;

	counter_start(COUNT_EL2);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		window_open();
		before = counter();
		operation->run(operation->function);
		after = counter();
		window_close();
		series_add(&el2, after - before);
	}
	series_tell(&el2);
	windows_tell(operation->name);
}

/* The same with the guest's own instructions in it: a check of the filter. */
static void measure_all(const struct operation *operation)
{
	uint64_t least = UINT64_MAX;

	counter_start(COUNT_ALL);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		const uint64_t before = counter();
		uint64_t value;

		operation->run(operation->function);
		value = counter() - before;
		if (value < least)
			least = value;
	}
	printf("bench: all %s least=%" PRIu64 "\n", operation->name, least);
}

static void measure_list(const struct operation *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		measure(&list[i]);
		measure_all(&list[i]);
	}
}

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
	measure_list(operations, COUNT(operations));
	measure_list(unknowns, COUNT(unknowns));
	gic_disable(guest->uart_intid);
}
