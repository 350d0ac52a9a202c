/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.c - the machine's PCI functions, compared and programmed at boot, step by step as the compiler wrote
 * them down. What differs is named, and the steps behind it are not done: they are meant for another machine.
 */
#include "config.h"
#include "../../arch/arm64/console.h"
#include "../../core/arch.h"
#include "steps.h"

#define MILLISECOND_NS UINT64_C(1000000)

static const char what_text[BP_PCI_WHAT_COUNT][24] = {
	[BP_PCI_IDS] = "vendor, device or class", [BP_PCI_HEADER] = "header type",
	[BP_PCI_BAR] = "size or kind of a BAR",	  [BP_PCI_CAPABILITY] = "capability",
	[BP_PCI_VFS] = "virtual functions",	  [BP_PCI_VF_BAR] = "BAR of VFs",
};

/* As in SSSS:BB:DD.F, by which the inventory and Linux name it. */
static void differs(const struct bp_pci_step *step, u32 found)
{
	say(EL2_VA_UART, "bulkhead: machine differs: PCI function ");
	say_digits(EL2_VA_UART, step->segment, 16, 4);
	say(EL2_VA_UART, ":");
	say_digits(EL2_VA_UART, step->rid >> 8, 16, 2);
	say(EL2_VA_UART, ":");
	say_digits(EL2_VA_UART, field(step->rid, 3, 5), 16, 2);
	say(EL2_VA_UART, ".");
	say_number(EL2_VA_UART, step->rid & 7);
	say(EL2_VA_UART, ", ");
	say(EL2_VA_UART, what_text[step->what % BP_PCI_WHAT_COUNT]);
	say(EL2_VA_UART, ": configured ");
	say_hex(EL2_VA_UART, step->value & step->mask);
	say(EL2_VA_UART, ", found ");
	say_hex(EL2_VA_UART, found);
	say(EL2_VA_UART, "\n");
}

static void wait_ms(u32 ms)
{
	const u64 start = arch_time(), ticks = arch_ns_to_ticks(ms * MILLISECOND_NS);

	while (arch_time() - start < ticks)
		;
}

/* [impl->swr~pci-steps~1] */
bool pci_steps_play(const struct bp_pci_step *step, u32 count)
{
	for (u32 i = 0; i < count; i++, step++) {
		const u32 found = step->kind == BP_PCI_CHECK
					  ? pci_read(step->va) >> 8 * (step->va & 3) & step->mask
					  : 0;

		if (step->kind == BP_PCI_WAIT) {
			wait_ms(step->value);
		} else if (step->kind == BP_PCI_WRITE) {
			(void)pci_write(step->va, step->value, step->width);
		} else if (found != (step->value & step->mask)) {
			differs(step, found);
			return false;
		}
	}
	return true;
}
