/* SPDX-License-Identifier: Apache-2.0 */
/*
 * functions.c - the PCI functions of a cell at its end and at its start (PCI Express, 6.6.2 Function Level
 * Reset).
 */
#include "config.h"
#include "../../core/dma.h"
#include "../../core/platform.h"

#define DEVICE_CONTROL_FLR BIT(15)
#define FLR_NS		   UINT64_C(100000000)

static const struct bp_pci_function *functions(void)
{
	return cell_table(&this_cell->pci);
}

static COLD void function_stop(const struct bp_pci_function *function)
{
	const va_t command = function->config_va + PCI_COMMAND;
	bool off;
	u32 was;

	if (function->config_va == 0)
		return;
	was = function->flags & BP_PCI_SHARED ? pci_read(command) : 0;
	off = pci_write(command, PCI_COMMAND_INTX_OFF, 2);
	if (!off) /* an error that comes late may be another's */
		off = pci_write(command, PCI_COMMAND_INTX_OFF, 2);
	if (off)
		pci_device_tell(function, was, PCI_COMMAND_INTX_OFF);
}

/* What it does to each stands apart: a cell without any pays for the loop alone.
 * [impl->swr~pci-functions-stopped~1] */
void pci_functions_stop(void)
{
	for (u32 i = 0; i < this_cell->pci.count; i++)
		function_stop(&functions()[i]);
}

/*
 * Of a PF that others' virtual functions depend on, `reset` is 0. One that doesn't answer is in reset
 * already: the rest of its control register isn't known, so nothing is written. It is asked again, since the
 * first answer may be lost to an error that comes late. [impl->swr~pci-functions-reset~1]
 */
static bool function_reset(const struct bp_pci_function *function)
{
	const va_t control = function->config_va + function->reset;
	u32 now;

	if (function->config_va == 0 || function->reset == 0)
		return false;
	now = pci_read(control);
	if (now == PCI_NO_ANSWER)
		now = pci_read(control);
	if (now != PCI_NO_ANSWER)
		(void)pci_write(control, (now | DEVICE_CONTROL_FLR) & 0xffff, 2);
	return true;
}

void pci_functions_reset(void)
{
	const u64 patience = arch_ns_to_ticks(FLR_NS);
	bool wait = false;
	u64 start;

	for (u32 i = 0; i < this_cell->pci.count; i++)
		wait = function_reset(&functions()[i]) || wait;
	for (start = arch_time(); wait && arch_time() - start < patience;)
		dma_work();
	for (u32 i = 0; i < this_cell->pci.count; i++) {
		if (functions()[i].config_va)
			pci_bars_restore(&functions()[i]);
		((u32 *)this_cell->pci_state_va)[functions()[i].state] = 0;
	}
}
