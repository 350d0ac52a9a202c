/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello.S - the harness's own guest: prints at EL2, then makes a few exceptions from EL1 to EL2 that
 * test_harness.py expects to find in the log, and says so after each.
 */
#define UART 0x09000000

	.macro	say text
	adr	x1, 9f
8:	ldrb	w2, [x1], #1
	cbz	w2, 7f
	str	w2, [x0]
	b	8b
9:	.asciz	"\text"
	.balign	4
7:
	.endm

	.global	_start
_start:
	mov	x0, #UART
	mrs	x3, CurrentEL
	cmp	x3, #(2 << 2)
	b.ne	wrong
	say	"hello from EL2\n"
	adr	x3, vectors
	msr	vbar_el2, x3
	mov	x3, #(1 << 31)		// HCR_EL2.RW
	msr	hcr_el2, x3
	mov	x3, #0x3c5		// EL1h, DAIF set
	msr	spsr_el2, x3
	adr	x3, guest
	msr	elr_el2, x3
	isb
	eret
wrong:
	say	"not at EL2\n"
	b	park

guest:	mov	w2, #0x201		// UARTCR: UARTEN, RXE
	str	w2, [x0, #0x30]
	hvc	#0
	hvc	#1
	say	"two calls\n"
	ldr	w2, [x0, #0x18]		// UARTFR: wait for input
	tbnz	w2, #4, . - 4
	ldr	w4, [x0]
	mov	x0, #0
	smc	#7			// QEMU's PSCI answers in x0
	mov	x0, #UART
	say	"three calls\n"
park:	wfi
	b	park

	.balign	2048
vectors:
	.rept	16
	.balign	128
	eret				// from HVC: past it. SMC goes to QEMU's PSCI.
	.endr
