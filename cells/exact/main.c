// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - exact: the cell's interrupt controller, case by case, against what a GICv3 does (Arm IHI 0069).
 *
 * Each case starts with every interrupt disabled and idle, and ends in a line of its own; what was wrong is
 * said before. The first core runs the cases and prints; the second one does what `second` says. The argument
 * `direct` leaves out the cases of the virtual CPU interface, `in-turn` those in which it parks with
 * EOImode 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exact.h"
#include "hypercall_call.h"

static const struct exact_case *const groups[] = {register_cases, delivery_cases, end_cases, state_cases,
						  sibling_cases};

static const char *case_name;
static unsigned case_bad, bad_cases, done_cases;

void check(const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	if (case_bad++ < 4)
		printf("exact: %s BAD %s got 0x%" PRIx64 " want 0x%" PRIx64 "\n", case_name, what, got, want);
}

/* What the cell owns is what it can enable. The emulated UART's interrupt is left out: it comes by itself. */
static void find_spis(void)
{
	for (uint32_t word = 1; word < WORDS; word++) {
		mmio_write32(gic_distributor(ISENABLER) + 4 * word, UINT32_MAX);
		owned[word] = mmio_read32(gic_distributor(ISENABLER) + 4 * word);
		mmio_write32(gic_distributor(ICENABLER) + 4 * word, UINT32_MAX);
		for (uint32_t bit = 0; bit < 32; bit++)
			if ((owned[word] >> bit & 1) && 32 * word + bit != exact_guest->uart_intid &&
			    spi_count < SPIS_MAX)
				spis[spi_count++] = 32 * word + bit;
	}
}

/* False: the others would tell nothing. */
static bool run(const struct exact_case *c)
{
	case_name = c->name;
	case_bad = 0;
	if (c->needs_second && !second.starts && !second_start())
		return false;
	fresh();
	c->run();
	check("spurious", logs[0].spurious + logs[1].spurious, 0);
	check("running priority", sysreg_read(ICC_RPR_EL1), IDLE_PRIORITY);
	done_cases++;
	bad_cases += case_bad != 0;
	if (!case_bad)
		printf("exact: %s ok\n", case_name);
	return true;
}

static bool run_all(enum where most)
{
	for (unsigned g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct exact_case *c = groups[g]; c->name; c++)
			if (c->where <= most && !run(c))
				return false;
	return true;
}

static enum where most(const char *arguments)
{
	if (strcmp(arguments, "direct") == 0)
		return ANYWHERE;
	return strcmp(arguments, "in-turn") == 0 ? INJECTED : PARKED;
}

void cell_main(const struct guest *guest)
{
	exact_guest = guest;
	frames[0] = gic_redistributor(0);
	routes[0] = guest->mpidr[0];
	routes[1] = guest->mpidr[1];
	gic_interrupts_to(taken);
	find_spis();
	hypercall_ready();
	case_name = "start";
	check("enough SPIs", spi_count > AT_ONCE, 1);
	check("cores", guest->core_count, 2);
	if (!case_bad && run_all(most(guest->bootargs)))
		printf("exact: end cases=%u bad=%u\n", done_cases, bad_cases);
	for (;;)
		wait_interrupt();
}
