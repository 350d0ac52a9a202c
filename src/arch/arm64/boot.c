/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - the boot as a story: check, compare, silence, start the others.
 */
#include "boot.h"
#include "../../blueprint/image.h"
#include "../../core/sha256.h"
#include "../../platform/iommu/smmuv3.h"
#include "console.h"
#include "gate.h"
#include "gic.h"
#include "psci.h"
#include "sysreg.h"

extern const struct hv_header hv_header;

/* How long a core may take from CPU_ON to EL2, firmware's own work included. */
#define ARRIVAL_NS UINT64_C(10000000000)

/* The end of a line that says what is wrong, and of this core. */
static _Noreturn void boot_end(va_t uart, const char *why)
{
	say(uart, why);
	say(uart, "\nbulkhead: halted, no cell was started\n");
	arch_halt();
}

static _Noreturn void boot_refuse(va_t uart, const char *why)
{
	say(uart, "bulkhead: ");
	boot_end(uart, why);
}

static void refuse_if_moved(va_t uart, pa_t image)
{
	if (hv_header.load_pa == image)
		return;
	say(uart, "bulkhead: loaded at ");
	say_hex(uart, image);
	say(uart, ", the image was built for ");
	say_hex(uart, hv_header.load_pa);
	boot_end(uart, ": load it there (FIT: bootm)");
}

static bool digest_good(const struct bp_header *bp)
{
	static const u8 zeroes[SHA256_BYTES];
	const u64 after = offsetof(struct bp_header, digest) + SHA256_BYTES;
	struct sha256 sha;
	u8 digest[SHA256_BYTES];

	sha256_start(&sha);
	sha256_add(&sha, bp, offsetof(struct bp_header, digest));
	sha256_add(&sha, zeroes, SHA256_BYTES);
	sha256_add(&sha, (const u8 *)bp + after, bp->size - after);
	sha256_end(&sha, digest);
	return digest_equal(digest, bp->digest);
}

/* [impl->swr~blueprint-checked~1] */
void boot_check(u64 current_el, pa_t image)
{
	const struct bp_header *bp = &blueprint_start;
	const va_t uart = hv_header.console.kind == HV_CONSOLE_PL011 ? hv_header.console.pa : 0;

	if (current_el != 2 << 2) {
		say(uart, "bulkhead: started at EL");
		say_number(uart, current_el >> 2);
		boot_end(uart, ", needs EL2: let the loader start it there");
	}
	refuse_if_moved(uart, image);
	if (bp->magic != BLUEPRINT_MAGIC || bp->abi != BLUEPRINT_ABI ||
	    bp->header_size != sizeof(struct bp_header))
		boot_refuse(uart,
			    "no blueprint of this hypervisor's version behind the image: build it again");
	if (bp->load_pa != image || bp->size < sizeof(struct bp_header) || bp->size > UINT64_C(1) << 32 ||
	    !digest_good(bp))
		boot_refuse(uart,
			    "the blueprint's SHA-256 does not match: the image is damaged, flash it again");
}

static void writable_memory_clear(const struct bp_header *bp)
{
	arch_zero(bp->writable_va, bp->writable_size);
	arch_cache_clean_invalidate(bp->writable_va, bp->writable_size);
}

static const struct bp_boot_core *boot_cores(const struct bp_header *bp)
{
	return (const struct bp_boot_core *)((const u8 *)bp + bp->cores.offset);
}

/* This core's index; halts where no cell owns it. */
static u32 own_index(const struct bp_header *bp)
{
	const struct bp_boot_core *core = boot_cores(bp);
	const u64 self = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;

	for (u32 i = 0; i < bp->cores.count; i++)
		if (core[i].mpidr == self && core[i].root_pa)
			return i;
	boot_refuse(EL2_VA_UART, "the boot core belongs to no cell");
}

static _Noreturn void core_refuse(u32 core, const char *why)
{
	say(EL2_VA_UART, "bulkhead: core ");
	say_number(EL2_VA_UART, core);
	boot_end(EL2_VA_UART, why);
}

static void gate_close(void)
{
	arch_zero((va_t)&boot_gate, sizeof(boot_gate));
	arch_publish();
}

/* Every other core that a cell owns. [impl->swr~cores-by-psci~1] */
static void others_start(const struct bp_header *bp, u32 own)
{
	const struct bp_boot_core *core = boot_cores(bp);
	const pa_t entry = bp->load_pa + hv_header.secondary_offset;

	for (u32 i = 0; i < bp->cores.count; i++)
		if (i != own && core[i].root_pa &&
		    firmware_call(PSCI_CPU_ON_64, core[i].mpidr, entry, i) != 0)
			core_refuse(i, " does not start: PSCI CPU_ON failed");
}

/* Cells start when all cores have come, or not at all. [impl->swr~boot-gate~1] */
static void others_gather(const struct bp_header *bp, u32 own)
{
	const u64 start = arch_time(), patience = arch_ns_to_ticks(ARRIVAL_NS);

	/* Whoever arrives sends an event; the stream of them wakes this core for one that doesn't. */
	sysreg_write(cnthctl_el2, CNTHCTL_EVENTS);
	for (u32 i = 0; i < bp->cores.count; i++) {
		if (i == own || boot_cores(bp)[i].root_pa == 0)
			continue;
		while (!boot_gate.arrived[i]) {
			if (arch_time() - start > patience)
				core_refuse(i, " was started, but does not arrive at EL2");
			wfe();
		}
	}
	arch_publish();
	boot_gate.open = 1;
	arch_publish();
	sev();
}

u64 boot_main(void)
{
	const struct bp_header *bp = &blueprint_start;
	u32 own;

	say(EL2_VA_UART, "bulkhead: starting ");
	say_number(EL2_VA_UART, bp->cell_count);
	say(EL2_VA_UART, " cells on board ");
	say(EL2_VA_UART, bp->machine.board);
	say(EL2_VA_UART, "\n");
	machine_compare(bp);
	if (bp->machine.smmu_va && !smmu_abort_all(bp->machine.smmu_va))
		boot_refuse(EL2_VA_UART, "the SMMU does not go into its abort state");
	writable_memory_clear(bp);
	gic_distributor_start(bp);
	own = own_index(bp);
	gate_close();
	others_start(bp, own);
	others_gather(bp, own);
	return own;
}
