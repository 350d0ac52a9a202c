/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors.S - exceptions taken to EL2, and the way back to the guest.
 *
 * A guest's registers are saved to the frame at the top of this core's stack (struct exit, 256 bytes). All C is
 * compiled with x9 to x15 saved by whoever uses them, like x19 to x29, and without x18 (src/build.mk), so most exits
 * save and restore no more than the others: EXIT_SAVED in exits.h. A handler that needs the whole frame says so; the rest
 * of the registers still hold what the guest had in them then. Handlers run with interrupts masked.
 * Exceptions from EL2 itself end the core; their vectors are short, and what follows them lies in their room. [impl->swr~registers-kept~1]
 */
	.macro save_spoiled
	sub	sp, sp, #256
	stp	x0, x1, [sp, #16 * 0]
	stp	x2, x3, [sp, #16 * 1]
	stp	x4, x5, [sp, #16 * 2]
	stp	x6, x7, [sp, #16 * 3]
	stp	x8, x9, [sp, #16 * 4]
	stp	x16, x17, [sp, #16 * 8]
	stp	x30, xzr, [sp, #16 * 15]	// whole, reason: 0
	mov	x0, sp
	.endm

	.macro restore_spoiled
	ldp	x2, x3, [sp, #16 * 1]
	ldp	x4, x5, [sp, #16 * 2]
	ldp	x6, x7, [sp, #16 * 3]
	ldp	x8, x9, [sp, #16 * 4]
	ldp	x16, x17, [sp, #16 * 8]
	ldr	x30, [sp, #16 * 15]
	ldp	x0, x1, [sp, #16 * 0]
	add	sp, sp, #256
	eret
	/* No speculation past the return (Arm ARM, straight-line speculation). */
	dsb	nsh
	isb
	.endm

	/* The handler's answer: does it need the whole frame? */
	.macro synchronous_vector
	.balign 128
	save_spoiled
	bl	exit_synchronous
	cbnz	w0, exit_again
	restore_spoiled
	.endm

	.macro interrupt_vector handler
	.balign 128
	save_spoiled
	bl	\handler
	restore_spoiled
	.endm

	.macro serror_vector
	.balign 128
	save_spoiled
	b	serror_whole
	.endm

	.macro save_others
	stp	x10, x11, [sp, #16 * 5]
	stp	x12, x13, [sp, #16 * 6]
	stp	x14, x15, [sp, #16 * 7]
	stp	x18, x19, [sp, #16 * 9]
	stp	x20, x21, [sp, #16 * 10]
	stp	x22, x23, [sp, #16 * 11]
	stp	x24, x25, [sp, #16 * 12]
	stp	x26, x27, [sp, #16 * 13]
	stp	x28, x29, [sp, #16 * 14]
	mov	w0, #1
	str	w0, [sp, #16 * 15 + 8]		// whole
	mov	x0, sp
	.endm

	.macro crash_vector number
	.balign 128
	msr	tpidr_el2, x0
	mov	x0, #\number
	b	crash_entry
	.endm

	.section .text.vectors, "ax"
	.balign 2048
	.global vectors
vectors:
	crash_vector 0

/* x0: the vector, 0 for an SError, which elsewhere is taken to be rid of it and is no more. */
guarded_abort:
	mrs	x16, elr_el2
	adr	x17, guarded_access
	sub	x16, x16, x17
	cmp	x16, #guarded_access_end - guarded_access
	b.hs	2f
	cbz	x0, 1f
	mrs	x16, esr_el2
	lsr	x17, x16, #26
	and	x16, x16, #0x3f
	cmp	x17, #0x25		// a data abort at this level ...
	ccmp	x16, #0x10, #0, eq	// ... from outside: anything else is EL2's own error
	b.ne	crash_entry
1:	mov	x1, #0
	adr	x17, guarded_return
	msr	elr_el2, x17
	eret
2:	cbnz	x0, crash_entry
	mrs	x16, spsr_el2		// one at most: what asserts it may never end
	orr	x16, x16, #0x100	// PSTATE.A
	msr	spsr_el2, x16
	eret
guarded_return:
	msr	daifset, #4
	msr	elr_el2, x3
	msr	spsr_el2, x4
	ret

	crash_vector 1

serror_whole:
	save_others
	bl	exit_serror
	b	guest_return

	crash_vector 2
/* void serrors_drain(void): takes what is pending. It is the dying guest's, and nobody else's any more. */
	.global serrors_drain
serrors_drain:
	dsb	sy
	msr	daifclr, #4
	isb
	msr	daifset, #4
	isb
	ret

	crash_vector 3
/* struct guarded guarded_read32(va_t va): x0 value, x1 1 if the read was good.
 * struct guarded guarded_write(va_t va, u32 value, u32 width): 1, 2 or 4 bytes; x1 1 if the write was good.
 * Spoil x2 to x6, x16, x17. An abort takes the way back to the guest that this core comes from, so it is kept. */
	.global guarded_read32, guarded_write
guarded_read32:
	mov	w2, #0
guarded_write:
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	mov	x5, x0
	mov	w6, w1
	mov	x1, #1
	dsb	sy
	msr	daifclr, #4		// what is pending by now is none of this access's
	isb
	msr	daifset, #4
guarded_access:
	cbz	w2, 4f
	tbnz	w2, #0, 1f
	tbnz	w2, #1, 2f
	str	w6, [x5]
	b	5f
1:	strb	w6, [x5]
	b	5f
2:	strh	w6, [x5]
	b	5f
4:	ldr	w0, [x5]
5:	dsb	sy
	msr	daifclr, #4		// an abort may come late, as an SError: the access was made
	isb
	msr	daifset, #4
guarded_access_end:
	b	guarded_return

	.balign 128			// synchronous, SP_ELx: the boot's guarded access, or the end (x16, x17 are lost)
	msr	tpidr_el2, x0
	mov	x0, #4
	b	guarded_abort
	crash_vector 5
	crash_vector 6
	.balign 128			// SError, SP_ELx: unmasked by guarded accesses and serrors_drain alone
	mov	x0, #0
	b	guarded_abort
	.org	vectors + 1024		// an error where what lies in a vector's room is longer than that
	.global vectors_guest
vectors_guest:
	synchronous_vector
	interrupt_vector exit_interrupt
	interrupt_vector exit_fiq
	serror_vector
	synchronous_vector	// AArch32 EL0
	interrupt_vector exit_interrupt
	interrupt_vector exit_fiq
	serror_vector

	.text
/* x0: the vector; what it was is in TPIDR_EL2. A core's own stack begins anew, so that its overflow has one, too; the
 * boot's, which lies lower, goes on. The thread registers are the guest's, which is over. */
crash_entry:
	msr	tpidr_el1, x1
	mov	x1, sp
	msr	tpidr_el0, x1
	tbz	x1, #30, 1f		// EL2_VA_PRIVATE
	ldr	x1, =stack_end
	mov	sp, x1
1:	mrs	x1, tpidr_el2
	msr	tpidr_el2, x0
	mov	x0, x1
	mrs	x1, tpidr_el1
	save_spoiled
	save_others
	mrs	x1, tpidr_el2
	mrs	x2, tpidr_el0
	b	crash

exit_again:
	save_others
	bl	exit_synchronous

	.global guest_return
guest_return:
	ldp	x10, x11, [sp, #16 * 5]
	ldp	x12, x13, [sp, #16 * 6]
	ldp	x14, x15, [sp, #16 * 7]
	ldp	x18, x19, [sp, #16 * 9]
	ldp	x20, x21, [sp, #16 * 10]
	ldp	x22, x23, [sp, #16 * 11]
	ldp	x24, x25, [sp, #16 * 12]
	ldp	x26, x27, [sp, #16 * 13]
	ldp	x28, x29, [sp, #16 * 14]
	restore_spoiled
