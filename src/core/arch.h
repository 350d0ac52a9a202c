/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - what the ISA-neutral hypervisor (src/core) asks of an architecture (src/arch/NAME).
 */
#ifndef BULKHEAD_ARCH_H
#define BULKHEAD_ARCH_H

#include "../blueprint/blueprint.h"
#include "types.h"

/*
 * A guest's general registers, at a fixed place on this core's stack while EL2 runs. At first only those are
 * there that the hypervisor's code spoils (the architecture's exits.h); whoever needs all of them answers
 * OUTCOME_WHOLE before it has changed anything, and is called again with `whole` set.
 */
struct exit {
	u64 x[31];
	u32 whole;
	u32 reason; /* enum exit_reason, for the accounting */
};

/* What stopped the guest, for the fault record. */
struct fault {
	u64 esr, elr, spsr, far;
	ipa_t ipa;
};

/* Counter, in ticks of its own frequency; the same in all cells. */
u64 arch_time(void);
u64 arch_ns_to_ticks(u64 ns);

/* Orders this core's earlier writes before later ones, for every observer in the machine. */
void arch_publish(void);

/* Waits for the wake-up signal, an interrupt at this core, or nothing; true: it was the wake-up signal. */
bool arch_wait(void);
/* Wakes a core of this cell out of arch_wait; spurious calls do no harm. */
void arch_wake(u32 core_in_cell);

/* Makes this core's interrupt state as after reset, and ready for arch_wait. */
void arch_interrupts_quiesce(void);
/* Resets the interrupts that the whole cell owns (SPIs): first core, others at rest. */
void arch_cell_interrupts_reset(void);
/* Every EL1 register a guest could inherit, then entry, x0 and the rest of `exit`. */
void arch_guest_prepare(struct exit *exit, ipa_t entry, u64 x0);

/* Stage-2 revocation of this cell, and back. */
void arch_stage2_revoke(void);
void arch_stage2_restore(void);
bool arch_stage2_revoked(void);

/* Makes `size` bytes at va visible to an observer with its caches off: clean and invalidate to PoC. */
void arch_cache_clean_invalidate(va_t va, u64 size);
void arch_zero(va_t va, u64 size); /* 16-byte aligned */
void arch_icache_invalidate(void);

/* Makes an SPI pending, as a device would. */
void arch_spi_raise(u32 intid);
void arch_doorbell_raise(const struct bp_bell *bell);

/* An SPI of EL2's own: to this core, before all others (dma_work). */
void arch_own_interrupt(u32 intid);
/* This core's timer of EL2's own: its interrupt comes when arch_time() is there, whatever runs
 * (watchdog_work). */
void arch_alarm(u64 time);
/* While on, dma_work is called at this core's interrupts, whosever they are. */
void arch_watch(bool on);

/* Service core: revokes another cell (by index) and wakes its cores. */
void arch_revoke_other(u32 cell);

/* SHA-256's blocks of 64 bytes, at least one, into its state. False: the core has no instructions for it, and
 * nothing is done. Spoils the FP/SIMD registers: before the guest's first instruction only. */
bool arch_sha256(u32 state[8], const void *blocks, u64 count);

/* CRC-32 of IEEE 802.3 (reflected, initial and final all ones). `data`: aligned to 8 bytes. */
u32 arch_crc32(const void *data, u64 size);

/* Resets the machine, by its firmware. Comes back only where firmware can't. */
void arch_machine_reset(void);

/* Ends this core for good. */
_Noreturn void arch_halt(void);

#endif
