// SPDX-License-Identifier: Apache-2.0
/*
 * board_check.c - what a board's tree must say before anybody builds on it.
 *
 * A tree that is wrong about the hypervisor's own registers, cores, memory or interrupts is refused:
 * the division rests on them. Called by board_read once all of the tree is read.
 */
#include "front.h"

#include "interrupts.h"
#include "pagetable.h"
#include "ranges.h"
#include "regions.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define GIC_ALIGN   UINT64_C(0x10000) /* frames are 64 KiB (Arm IHI 0069) */
#define HYP_TIMER   26u		      /* Arm BSA: CNTHP, which EL2 uses */
#define HYP_V_TIMER 28u		      /* CNTHV */

static void wrong(const struct board *board, const char *text)
{
	diag_error((struct place){board->tree.path, 1, 1}, "the board's tree %s", text);
}

/* free-spis must be wired to nothing, or a doorbell would ring a device's driver. */
static void check_free_spis(const struct board *board)
{
	const uint32_t first = board->free_spis.first + 32, last = first + board->free_spis.count;

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		for (size_t at = 0; at < device->interrupts.count; at++)
			if (device->interrupts.at[at].intid >= first &&
			    device->interrupts.at[at].intid < last)
				diag_error((struct place){board->machine.path, 1, 1},
					   "free-spis hold SPI %u, which %s has",
					   device->interrupts.at[at].intid - 32, device->path);
	}
}

static void check_ram(const struct board *board)
{
	const uint64_t limit = UINT64_C(1) << board->pa_bits;

	for (size_t i = 0; i < board->ram.count; i++) {
		const struct range *const bank = &board->ram.at[i];

		if (bank->base >= limit || bank->size > limit - bank->base)
			wrong(board,
			      text_format("has memory at 0x%llx, beyond the %u address bits (/cpu/pa-bits) "
					  "of machine.dts",
					  (unsigned long long)bank->base, board->pa_bits));
	}
}

/* What can't be read as addresses would be left out, and then given away. */
static void check_whole(const struct board *board, int node, const char *what)
{
	if (!registers_whole(board->tree.data, node))
		wrong(board, text_format("has a 'reg' of %s that is no address of the CPUs, so nobody knows "
					 "what %s: see the cells and 'ranges' of the buses above",
					 node_path(board->tree.data, node), what));
}

static void check_memory_nodes(const struct board *board)
{
	const void *const tree = board->tree.data;
	const int reserved = fdt_path_offset(tree, "/reserved-memory");
	int depth = 0, node;

	fdt_for_each_subnode(node, tree, 0)
	{
		const char *const type = fdt_getprop(tree, node, "device_type", NULL);

		if (type && strcmp(type, "memory") == 0)
			check_whole(board, node, "is RAM");
	}
	for (node = reserved; node >= 0; node = fdt_next_node(tree, node, &depth)) {
		if (node != reserved && depth <= 0)
			break;
		check_whole(board, node, "it reserves");
	}
}

static void check_own(const struct board *board)
{
	static const char *const own[] = {"arm,gic-v3", "arm,gic-v3-its", "arm,smmu-v3"};
	const void *const tree = board->tree.data;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		for (int node = fdt_node_offset_by_compatible(tree, -1, own[i]); node >= 0;
		     node = fdt_node_offset_by_compatible(tree, node, own[i]))
			if (!node_disabled(tree, node))
				check_whole(board, node, "is the hypervisor's");
}

static void check_gic(const struct board *board)
{
	const uint32_t bits = board->pa_bits < IPA_BITS_MOST ? board->pa_bits : IPA_BITS_MOST;
	struct ranges frames = {NULL, 0};
	uint64_t end = 0;

	if (board->gicr_stride % GIC_ALIGN || board->gicr_stride < GICR_SIZE)
		wrong(board, text_format("has a redistributor-stride of 0x%" PRIx64
					 ": it is a multiple of 64K, and at least 128K",
					 board->gicr_stride));
	if (board->gicd.size < GICD_SIZE)
		wrong(board, text_format("gives the GIC's distributor 0x%" PRIx64 " bytes: it has 64K",
					 board->gicd.size));
	ranges_add(&frames, board->gicd.base, board->gicd.size);
	ranges_add_all(&frames, &board->gicr);
	for (size_t i = 0; i < frames.count; i++) {
		const struct range *const other =
			ranges_overlap(&(struct ranges){frames.at, i}, frames.at[i]);

		end = frames.at[i].base + frames.at[i].size > end ? frames.at[i].base + frames.at[i].size
								  : end;
		if (ranges_overlap(&board->ram, frames.at[i]))
			wrong(board, text_format("has RAM over registers of the GIC at 0x%" PRIx64,
						 frames.at[i].base));
		if (frames.at[i].base % GIC_ALIGN)
			wrong(board, text_format("has registers of the GIC at 0x%" PRIx64
						 ", which is no multiple of 64K",
						 frames.at[i].base));
		if (other)
			wrong(board, text_format("has registers of the GIC at 0x%" PRIx64
						 " over others at 0x%" PRIx64,
						 frames.at[i].base, other->base));
	}
	/* Stage 2 maps all addresses of a guest, the GIC's among them. */
	if ((end - 1) >> bits)
		wrong(board, text_format("has the GIC up to 0x%" PRIx64
					 ", beyond the %u address bits that a guest's space can "
					 "have here",
					 end - 1, bits));
}

static void check_ppis(const struct board *board)
{
	const uint32_t hypervisors =
		UINT32_C(1) << HYP_TIMER | UINT32_C(1) << HYP_V_TIMER | hypervisor_timer_ppi(board);
	const uint32_t maintenance = maintenance_ppi(board);
	const fdt32_t *const cells = fdt_getprop(board->tree.data, board->gic_node, "#interrupt-cells", NULL);

	if (!cells || fdt32_ld(cells) < 3 || fdt32_ld(cells) > 4)
		wrong(board, "gives the GIC no #interrupt-cells of 3 or 4");
	else if (!maintenance)
		wrong(board, "names no PPI as the GIC's maintenance interrupt: <1 9 4> by Arm's BSA");
	else if ((hypervisors | timer_ppis(board)) >> maintenance & 1)
		wrong(board, text_format("has interrupt %u both as the GIC's maintenance interrupt and as a "
					 "timer's",
					 maintenance));
	else if (timer_ppis(board) & hypervisors)
		wrong(board, text_format("gives guests a timer interrupt that is the hypervisor's, %d",
					 __builtin_ctz(timer_ppis(board) & hypervisors)));
	else if (board->timer_node >= 0 && __builtin_popcount(timer_ppis(board)) != 2)
		wrong(board, "names no two PPIs for the physical and the virtual timer");
}

/* Two numbers of one core would let two cells have it. */
static void check_cores(const struct board *board)
{
	for (size_t i = 0; i < board->core_count; i++)
		for (size_t other = 0; other < i; other++)
			if (board->mpidrs[i] == board->mpidrs[other])
				wrong(board, text_format("has cpus %zu and %zu with one MPIDR, 0x%" PRIx64,
							 other, i, board->mpidrs[i]));
}

/* Memory that outlives a reset, and that the loader leaves alone. [impl->swr~config-crash-audit~1] */
static void check_crash(const struct board *board)
{
	const struct place at = {board->machine.path, 1, 1};
	const uint64_t size = crash_size(board);
	struct ranges taken = {NULL, 0};

	if (!board->crash.size)
		return;
	ranges_add_all(&taken, &board->staging);
	regions_reserved(board, &taken);
	if (board->crash.base % BP_PAGE_SIZE || board->crash.size < size)
		diag_error(at,
			   "crash-audit 0x%" PRIx64 " needs %s from a multiple of 4K on: a page, and one for "
			   "each of the %zu cores",
			   board->crash.base, text_of_size(size), board->core_count);
	else if (!ranges_cover(&board->ram, board->crash) || ranges_overlap(&taken, board->crash))
		diag_error(at,
			   "crash-audit 0x%" PRIx64
			   " isn't RAM of the board, or lies in what the loader or the "
			   "board's tree takes",
			   board->crash.base);
}

/* What firmware keeps of RAM is `forbidden`: this is where it starts from. */
static void check_firmware(const struct board *board)
{
	for (size_t i = 0; i < board->firmware.count; i++)
		if (ranges_overlap(&board->ram, board->firmware.at[i]))
			diag_error((struct place){board->machine.path, 1, 1},
				   "firmware 0x%" PRIx64 " lies in RAM of the board: what firmware keeps of "
				   "that is 'forbidden'",
				   board->firmware.at[i].base);
}

/* [impl->swr~config-board~1] */
void board_check(const struct board *board)
{
	check_free_spis(board);
	check_ram(board);
	check_memory_nodes(board);
	check_own(board);
	check_gic(board);
	check_ppis(board);
	check_cores(board);
	check_crash(board);
	check_firmware(board);
}
