/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack.S - one attack a build: -DATTACK_<name>, with GICD, UART (the cell's emulated one) and VICTIM (an
 * address of another cell's RAM) from the command line. It says READY, attacks, and if it still can, loops.
 */
	.macro	load reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	.endm

	.global	_start
_start:
	load	x0, 0xc6000002		// HYPERCALL_READY
	hvc	#0
	load	x20, GICD
	load	x21, VICTIM
	load	x22, UART
	adr	x23, vectors
	msr	vbar_el1, x23
	isb

#if defined(ATTACK_pair)		/* no syndrome for the emulation (ISV = 0) */
	ldp	w1, w2, [x20]
#elif defined(ATTACK_writeback)
	str	w1, [x20], #4
#elif defined(ATTACK_exclusive)
	ldxr	w1, [x20]
#elif defined(ATTACK_execute_emulated)
	br	x20
#elif defined(ATTACK_zero_line)
	dc	zva, x21
#elif defined(ATTACK_vectors)		/* takes an exception into the victim's RAM */
	msr	vbar_el1, x21
	isb
	brk	#0
#elif defined(ATTACK_walk_victim) || defined(ATTACK_walk_emulated)
	/* The MMU walks tables that are the victim's RAM, or the distributor. */
	load	x1, 0x80100019		/* T0SZ 25, EPD1, 4 KiB */
	msr	tcr_el1, x1
#ifdef ATTACK_walk_victim
	msr	ttbr0_el1, x21
#else
	msr	ttbr0_el1, x20
#endif
	isb
	tlbi	vmalle1
	dsb	sy
	mrs	x1, sctlr_el1
	orr	x1, x1, #1
	msr	sctlr_el1, x1
	isb
	nop
#elif defined(ATTACK_flood_console)
1:	strb	w1, [x22]
	add	w1, w1, #1
	b	1b
#elif defined(ATTACK_flood_events)
1:	load	x0, 0xc6000003
	hvc	#0
	b	1b
#elif defined(ATTACK_flood_sgis)
	mov	x1, #(1 << 40)		/* all but self */
1:	msr	s3_0_c12_c11_5, x1
	b	1b
#elif defined(ATTACK_flood_tlbi)
1:	tlbi	vmalle1is
	ic	ialluis
	dsb	sy
	b	1b
#elif defined(ATTACK_flood_unknown)
1:	mov	w0, #-1
	smc	#0
	mrs	x1, s3_4_c1_c1_0	/* HCR_EL2: Undefined, passed over below */
	b	1b
#elif defined(ATTACK_illegal_state)	/* returns to EL2h */
	mov	x1, #0x3c9
	msr	spsr_el1, x1
	adr	x1, loop
	msr	elr_el1, x1
	eret
#elif defined(ATTACK_exception_loop)	/* every exception makes the next */
	adr	x1, brk
	msr	vbar_el1, x1
	isb
	brk	#0
#else
#error "no such attack"
#endif
loop:	wfi
	b	loop

	.balign	2048
vectors:
	.rept	16
	.balign	128
	mrs	x24, elr_el1
	add	x24, x24, #4
	msr	elr_el1, x24
	eret
	.endr
	.balign	2048
brk:
	.rept	512
	brk	#0
	.endr
