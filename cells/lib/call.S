/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.S - calls to the hypervisor (SMCCC 1.1: x0..x3 results, x4..x17 may be spoiled by old callees).
 */
.macro call name, instruction
	.globl	\name
\name:
	str	x0, [sp, #-16]!
	mov	x9, x0
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, #16]
	mov	x4, xzr
	\instruction #0
	ldr	x9, [sp], #16
	stp	x0, x1, [x9]
	stp	x2, x3, [x9, #16]
	ret
.endm

	.text
/* void call_hvc(struct call *), void call_smc(struct call *) */
	call	call_hvc, hvc
	call	call_smc, smc

/* int64_t hypercall(function, x1, x2, x3, x4) */
	.globl	hypercall
hypercall:
	hvc	#0
	ret
