/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.c - the blueprint's reader at boot, for EVA: a blueprint that the auditor would admit, with every
 * value that isn't an address or a size left open, read on a machine that answers anything. What boot_check
 * reads before it knows the digest is another target: eva_boot_check, whose blueprint holds anything at all.
 */
#include <__fc_builtin.h>
#include "../../src/arch/arm64/boot.h"
#include "../../src/arch/arm64/gate.h"
#include "../../src/blueprint/image.h"
#include "boot_memory.h"
#include "memory.h"

struct eva_boot eva_blueprint;
struct hv_header hv_header;
volatile struct boot_gate boot_gate;
static volatile u8 redistributors[2 * 0x20000 * BOOT_CORES], memory_ends[0x2000], smmu[0x20000], its[0x10000],
	config[0x1000];
static u8 crash_area[(1 + BOOT_CORES) * BP_PAGE_SIZE], writable[0x4000];

#define TABLE(member, most) ((struct bp_table){offsetof(struct eva_boot, member), eva_below((most) + 1)})

static u32 any32(void)
{
	return (u32)eva_any();
}

static void tables_start(void)
{
	struct eva_boot *const b = &eva_blueprint;

	for (u32 i = 0; i < BOOT_CORES; i++)
		b->cores[i] = (struct bp_boot_core){.mpidr = eva_any(), .root_pa = eva_any()};
	for (u32 i = 0; i < 2; i++) {
		b->regions[i] = (struct bp_gicr_region){.pa = eva_any(),
							.va = (u64)redistributors,
							.size = 0x20000 * BOOT_CORES,
							.frames = eva_below(BOOT_CORES + 1)};
		b->probes[i] = (struct bp_probe){.bank_pa = eva_any(),
						 .bank_size = eva_any(),
						 .first_va = (u64)memory_ends,
						 .last_va = (u64)memory_ends + 0x1000};
		b->lpi_cores[i] = (struct bp_lpi_core){.gicr_va = (u64)redistributors,
						       .propbaser = eva_any(),
						       .pendbaser = eva_any(),
						       .processor = any32(),
						       .core = any32()};
	}
	b->smmus[0] = (struct bp_smmu){.pa = eva_any(),
				       .va = (u64)smmu,
				       .idr0 = any32(),
				       .idr0_mask = any32(),
				       .idr1 = any32(),
				       .idr1_mask = any32(),
				       .idr5 = any32(),
				       .idr5_mask = any32(),
				       .strtab_base = eva_any(),
				       .cmdq_base = UINT64_C(0x40001000) | 6,
				       .eventq_base = eva_any(),
				       .strtab_base_cfg = any32()};
	b->itss[0] = (struct bp_its){.pa = eva_any(),
				     .va = (u64)its,
				     .typer = eva_any(),
				     .typer_mask = eva_any(),
				     .cbaser = eva_any(),
				     .commands = eva_any()};
	for (u32 i = 0; i < 8; i++) {
		b->itss[0].baser[i] = eva_any();
		b->itss[0].baser_kind[i] = eva_any();
	}
	for (u32 i = 0; i < BOOT_STEPS; i++)
		b->steps[i] = (struct bp_pci_step){.va = (u64)config + 4 * eva_below(0x400),
						   .mask = any32(),
						   .value = any32(),
						   .kind = (u8)eva_below(3),
						   .width = eva_maybe() ? 4 : 2,
						   .what = (u8)any32(),
						   .segment = (u8)any32(),
						   .rid = (u16)any32()};
}

static void header_start(void)
{
	struct bp_header *const h = &eva_blueprint.header;

	Frama_C_make_unknown((char *)h, sizeof(*h));
	h->machine.board[BP_NAME_MAX - 1] = 0;
	h->cores = TABLE(cores, BOOT_CORES);
	h->machine.gicrs = TABLE(regions, 2);
	h->machine.probes = TABLE(probes, 2);
	h->machine.smmu_va = eva_maybe() ? (u64)smmu : 0;
	h->smmus = TABLE(smmus, 1);
	h->itss = TABLE(itss, 1);
	h->lpi_cores = TABLE(lpi_cores, 2);
	h->pci_steps = TABLE(steps, BOOT_STEPS);
	h->writable_pa = 0x40000000;
	h->writable_va = (u64)writable;
	h->writable_size = sizeof(writable);
	h->crash_va = eva_maybe() ? (u64)crash_area : 0;
}

void arch_publish(void)
{
	Frama_C_make_unknown((char *)&boot_gate, sizeof(boot_gate)); /* the other cores arrive */
}

void eva_boot(void)
{
	tables_start();
	header_start();
	Frama_C_make_unknown((char *)&hv_header, sizeof(hv_header));
	Frama_C_make_unknown((char *)crash_area, sizeof(crash_area));
	boot_main();
}

/* Anything behind the image, but as long as it says it is where it is a blueprint of this version. */
void eva_boot_check(void)
{
	Frama_C_make_unknown((char *)&eva_blueprint, sizeof(eva_blueprint));
	Frama_C_make_unknown((char *)&hv_header, sizeof(hv_header));
	hv_header.console.pa = (u64)eva_uart;
	boot_check(eva_any(), eva_any());
}
