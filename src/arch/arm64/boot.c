/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - the boot as a story: check, compare, silence, start the others.
 */
#include "boot.h"
#include "../../blueprint/image.h"
#include "../../core/sha256.h"
#include "../../platform/iommu/smmuv3.h"
#include "console.h"
#include "gic.h"
#include "psci.h"
#include "sysreg.h"

extern const struct hv_header hv_header;
extern const u8 secondary_entry[];

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

/* Starts every other core that a cell owns; they need nothing from this one. [impl->swr~cores-by-psci~1] */
static u64 others_start(const struct bp_header *bp)
{
	const struct bp_boot_core *core = (const struct bp_boot_core *)((const u8 *)bp + bp->cores.offset);
	const pa_t entry = bp->load_pa + hv_header.secondary_offset;
	const u64 self = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
	u64 own = bp->cores.count;

	for (u64 i = 0; i < bp->cores.count; i++) {
		s64 result;

		if (core[i].mpidr == self) {
			own = i;
			continue;
		}
		if (core[i].root_pa == 0)
			continue;
		result = firmware_call(PSCI_CPU_ON_64, core[i].mpidr, entry, i);
		if (result != 0) {
			say(EL2_VA_UART, "bulkhead: core ");
			say_number(EL2_VA_UART, i);
			boot_end(EL2_VA_UART, " does not start: PSCI CPU_ON failed");
		}
	}
	if (own == bp->cores.count || core[own].root_pa == 0)
		boot_refuse(EL2_VA_UART, "the boot core belongs to no cell");
	return own;
}

u64 boot_main(void)
{
	const struct bp_header *bp = &blueprint_start;

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
	return others_start(bp);
}
