/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.S - from the loader, or from CPU_ON, to C on this core's own tables.
 *
 *   boot_entry       boot core, MMU off: boot_check -> boot root -> boot_main -> core_enter
 *   secondary_entry  other cores, MMU off, x0 = index into bp_header.cores: boot root -> gate -> core_enter
 *   core_enter       from the boot root to the core's own root, which maps none of the boot's pages
 *
 * Offsets of struct bp_header and struct bp_boot_core as asserted in blueprint.h, of struct boot_gate in gate.h.
 */
#define BP_DIGEST 32
#define BP_BOOT_ROOT_PA 64
#define BP_TCR_EL2 72
#define BP_CORES 112
#define BOOT_CORE_SIZE 24
#define GATE_OPEN 0
#define GATE_ARRIVED 8

#define MAIR_EL2_VALUE 0x4404ff
#define CPTR_EL2_VALUE 0x33ff
#define SCTLR_EL2_OFF_VALUE 0x30c50830
#define SCTLR_EL2_ON_VALUE 0x30cd183f

	.macro mov_q reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	.endm

/* E2H comes up unknown and changes what the other EL2 registers mean, so HCR_EL2 is written before them. */
	.macro controls_off
	mov	x2, #0x80000000		// RW
	orr	x2, x2, #0x20		// AMO: an SError of a guarded access is EL2's
	msr	hcr_el2, x2
	isb
	mov	x2, #CPTR_EL2_VALUE	// FP/SIMD isn't trapped: sha256.S
	msr	cptr_el2, x2
	mov_q	x2, SCTLR_EL2_OFF_VALUE
	msr	sctlr_el2, x2
	isb
	.endm

	.text
	.global boot_entry
boot_entry:
	msr	daifset, #15
	mrs	x0, currentel
	adrp	x1, image_start
	cmp	x0, #8			// EL2
	b.ne	1f
	controls_off
1:	/* The boot stack is written with caches off: no older line of it may hit later. */
	adrp	x2, boot_stack_start
	add	x3, x2, #0x2000
2:	dc	ivac, x2
	add	x2, x2, #16
	cmp	x2, x3
	b.lo	2b
	dsb	sy
	mov	sp, x3
	/* void boot_check(u64 current_el, pa_t image); does not return where anything is wrong */
	bl	boot_check
	adrp	x2, boot_stack_start
	add	x3, x2, #0x2000
3:	dc	ivac, x2
	add	x2, x2, #16
	cmp	x2, x3
	b.lo	3b
	dsb	sy
	ldr	x2, =boot_on_tables
	b	boot_root_enter

boot_on_tables:
	ldr	x0, =boot_stack_end
	mov	sp, x0
	ldr	x0, =vectors
	msr	vbar_el2, x0
	isb
	/* u64 boot_main(void): this core's index */
	bl	boot_main
	b	core_enter

	.global secondary_entry
secondary_entry:
	msr	daifset, #15
	controls_off
	mov	x19, x0
	ldr	x2, =secondary_on_tables
	b	boot_root_enter

/* Says that it is here, and waits until all are: no cell starts on a machine that isn't whole. */
secondary_on_tables:
	ldr	x1, =boot_gate
	add	x2, x1, #GATE_ARRIVED
	mov	w3, #1
	strb	w3, [x2, x19]
	dsb	ish
	sev
1:	add	x2, x1, #GATE_OPEN
	ldar	w3, [x2]
	cbnz	w3, 2f
	wfe
	b	1b
2:	mov	x0, x19
	b	core_enter

/* x2: where to go on, a link address. Spoils x0, x1, x3. */
boot_root_enter:
	adrp	x3, blueprint_start
	ldr	x0, [x3, #BP_BOOT_ROOT_PA]
	ldr	x1, [x3, #BP_TCR_EL2]
	b	trampoline

	.section .trampoline, "ax"
/* Runs at its physical address on both sides of the switch. x0: root, x1: TCR_EL2, x2: link address. */
trampoline:
	mov_q	x3, MAIR_EL2_VALUE
	msr	mair_el2, x3
	msr	tcr_el2, x1
	msr	ttbr0_el2, x0		// CnP 0
	isb
	ic	iallu
	tlbi	alle2
	dsb	nsh
	isb
	mov_q	x3, SCTLR_EL2_ON_VALUE
	msr	sctlr_el2, x3
	isb
	br	x2

	.text
/* x0: index into bp_header.cores; on the boot root, no stack needed. Never returns. */
core_enter:
	ldr	x1, =blueprint_start
	ldr	w2, [x1, #BP_CORES]
	add	x1, x1, x2
	mov	x3, #BOOT_CORE_SIZE
	madd	x1, x0, x3, x1
	ldr	x3, [x1, #8]		// root_pa
	ldr	w0, [x1, #20]		// core_in_cell
	ldr	x1, =blueprint_start
	ldp	x20, x21, [x1, #BP_DIGEST]
	ldp	x22, x23, [x1, #BP_DIGEST + 16]
	msr	ttbr0_el2, x3
	isb
	tlbi	alle2
	dsb	nsh
	isb
	/* Private data: the template, zeroes behind it (the boot core zeroed all of it). */
	ldr	x1, =private_start
	ldr	x2, =private_template
	ldr	x3, =private_template_size
	add	x3, x1, x3
1:	cmp	x1, x3
	b.hs	2f
	ldp	x4, x5, [x2], #16
	stp	x4, x5, [x1], #16
	b	1b
2:	ldr	x1, =stack_end
	mov	sp, x1
	ldr	x1, =vectors		// an exception from here on is told, and no endless one
	msr	vbar_el2, x1
	isb
	/* The frame of vectors.S lies at the top of the stack whenever EL2 runs. */
	sub	sp, sp, #256
	stp	x20, x21, [sp]
	stp	x22, x23, [sp, #16]
	mov	w1, w0
	mov	x0, sp
	/* void core_start(struct exit *exit, u32 core_in_cell) */
	bl	core_start
	b	guest_return

	.ltorg
