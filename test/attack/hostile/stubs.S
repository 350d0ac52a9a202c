/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stubs.S - what is tried: two instructions each, the attack and the way back.
 */
#include "hostile.h"

	.arch	armv8-a
	.text
	.balign	8
/* Number n: op0:op1:CRn:CRm:op2 of MSR, MRS, SYS and SYSL is 0x4000 + n (Arm ARM C4.1.66), Rt is x0. */
	.globl	sysreg_reads, sysreg_writes
sysreg_reads:
	.set	n, SYSREG_FIRST
	.rept	SYSREG_COUNT
	.inst	0xd5200000 | (n << 5)
	svc	#TRY_OVER
	.set	n, n + 1
	.endr
sysreg_writes:
	.set	n, SYSREG_FIRST
	.rept	SYSREG_COUNT
	.inst	0xd5000000 | (n << 5)
	svc	#TRY_OVER
	.set	n, n + 1
	.endr

	.globl	calls
calls:					// CALL_STUBS
	smc	#0
	svc	#TRY_OVER
	hvc	#0
	svc	#TRY_OVER
	smc	#0xffff
	svc	#TRY_OVER
	hvc	#1
	svc	#TRY_OVER

	.globl	jump, load, store
jump:
	br	x0
	svc	#TRY_OVER
load:
	ldr	x2, [x0]
	svc	#TRY_OVER
store:
	str	x2, [x0]
	svc	#TRY_OVER

	.macro	form kind, text:vararg
	\text
	svc	#TRY_OVER
	.pushsection .rodata.names, "a"
	.ascii	"\text"
	.balign	FORM_NAME
	.popsection
	.pushsection .rodata.kinds, "a"
	.byte	\kind
	.popsection
	.endm

	.section .rodata.names, "a"
	.balign	FORM_NAME
	.globl	form_names
form_names:
	.section .rodata.kinds, "a"
	.globl	form_kinds
form_kinds:

/* x0 address, x1 its low half's offset 0, x2 and x3 data, x4 status. */
	.text
	.arch	armv8.1-a+lse
	.globl	forms, forms_end
forms:
	/* With a syndrome (ISV): single general registers, no write-back. The first two are tried most (pages.c). */
	form	FORM_WORD, ldr w2, [x0]
	form	FORM_PLAIN, str w2, [x0]
	form	FORM_PLAIN, ldr x2, [x0]
	form	FORM_PLAIN, ldrh w2, [x0]
	form	FORM_PLAIN, ldrb w2, [x0]
	form	FORM_PLAIN, ldrsb w2, [x0]
	form	FORM_PLAIN, ldrsb x2, [x0]
	form	FORM_PLAIN, ldrsh w2, [x0]
	form	FORM_PLAIN, ldrsh x2, [x0]
	form	FORM_PLAIN, ldrsw x2, [x0]
	form	FORM_PLAIN, ldr wzr, [x0]
	form	FORM_PLAIN, ldr xzr, [x0]
	form	FORM_PLAIN, ldr x0, [x0]
	form	FORM_PLAIN, ldr w30, [x0]
	form	FORM_PLAIN, ldr w2, [x0, x1]
	form	FORM_PLAIN, ldr w2, [x0, w1, uxtw #2]
	form	FORM_PLAIN, ldur w2, [x0, #-4]
	form	FORM_PLAIN, ldur x2, [x0, #1]
	form	FORM_PLAIN, ldtr w2, [x0]
	form	FORM_PLAIN, ldar w2, [x0]
	form	FORM_PLAIN, ldar x2, [x0]
	form	FORM_PLAIN, ldarb w2, [x0]
	form	FORM_PLAIN, ldarh w2, [x0]
	form	FORM_PLAIN, str x2, [x0]
	form	FORM_PLAIN, strh w2, [x0]
	form	FORM_PLAIN, strb w2, [x0]
	form	FORM_PLAIN, str wzr, [x0]
	form	FORM_PLAIN, str xzr, [x0]
	form	FORM_PLAIN, str x0, [x0]
	form	FORM_PLAIN, str w2, [x0, x1]
	form	FORM_PLAIN, stur w2, [x0, #-4]
	form	FORM_PLAIN, stur w2, [x0, #3]
	form	FORM_PLAIN, sttr w2, [x0]
	form	FORM_PLAIN, stlr w2, [x0]
	form	FORM_PLAIN, stlr x2, [x0]
	form	FORM_PLAIN, stlrb w2, [x0]
	form	FORM_PLAIN, stlrh w2, [x0]
	/* Without: write-back, pairs, exclusives, atomics, SIMD, cache maintenance. */
	form	FORM_BLIND, ldr w2, [x0], #4
	form	FORM_BLIND, ldr x2, [x0, #8]!
	form	FORM_BLIND, ldrb w2, [x0], #1
	form	FORM_BLIND, str w2, [x0], #4
	form	FORM_BLIND, str x2, [x0, #8]!
	form	FORM_BLIND, strh w2, [x0], #2
	form	FORM_BLIND, ldp w2, w3, [x0]
	form	FORM_BLIND, ldp x2, x3, [x0]
	form	FORM_BLIND, ldp x2, x3, [x0], #16
	form	FORM_BLIND, ldnp x2, x3, [x0]
	form	FORM_BLIND, ldpsw x2, x3, [x0]
	form	FORM_BLIND, stp w2, w3, [x0]
	form	FORM_BLIND, stp x2, x3, [x0]
	form	FORM_BLIND, stp x2, x3, [x0, #-16]!
	form	FORM_BLIND, stnp w2, w3, [x0]
	form	FORM_BLIND, ldxr w2, [x0]
	form	FORM_BLIND, ldxr x2, [x0]
	form	FORM_BLIND, ldxrb w2, [x0]
	form	FORM_BLIND, ldxrh w2, [x0]
	form	FORM_BLIND, ldaxr w2, [x0]
	form	FORM_BLIND, ldxp x2, x3, [x0]
	form	FORM_BLIND, ldaxp w2, w3, [x0]
	form	FORM_EXCLUSIVE, stxr w4, w2, [x0]
	form	FORM_EXCLUSIVE, stlxr w4, x2, [x0]
	form	FORM_EXCLUSIVE, stxrb w4, w2, [x0]
	form	FORM_EXCLUSIVE, stxp w4, x2, x3, [x0]
	form	FORM_BLIND, swp w2, w3, [x0]
	form	FORM_BLIND, swpal x2, x3, [x0]
	form	FORM_BLIND, ldadd w2, w3, [x0]
	form	FORM_BLIND, ldclrb w2, w3, [x0]
	form	FORM_BLIND, stset x2, [x0]
	form	FORM_BLIND, cas w2, w3, [x0]
	form	FORM_BLIND, casp x2, x3, x4, x5, [x0]
	form	FORM_BLIND, ldr b2, [x0]
	form	FORM_BLIND, ldr h2, [x0]
	form	FORM_BLIND, ldr s2, [x0]
	form	FORM_BLIND, ldr d2, [x0]
	form	FORM_BLIND, ldr q2, [x0]
	form	FORM_BLIND, ldp s2, s3, [x0]
	form	FORM_BLIND, ldp q2, q3, [x0]
	form	FORM_BLIND, ld1 {v2.4s}, [x0]
	form	FORM_BLIND, ld1 {v2.b}[3], [x0]
	form	FORM_BLIND, ld4 {v2.8b-v5.8b}, [x0]
	form	FORM_BLIND, ld1r {v2.2d}, [x0]
	form	FORM_BLIND, str b2, [x0]
	form	FORM_BLIND, str s2, [x0]
	form	FORM_BLIND, str d2, [x0]
	form	FORM_BLIND, str q2, [x0]
	form	FORM_BLIND, stp d2, d3, [x0]
	form	FORM_BLIND, stp q2, q3, [x0]
	form	FORM_BLIND, st1 {v2.16b}, [x0], #16
	form	FORM_BLIND, st2 {v2.4h-v3.4h}, [x0]
	form	FORM_BLIND, dc zva, x0
	form	FORM_HINT, dc ivac, x0
	form	FORM_HINT, dc cvac, x0
	form	FORM_HINT, dc cvau, x0
	form	FORM_HINT, dc civac, x0
	form	FORM_HINT, ic ivau, x0
	form	FORM_HINT, prfm pldl1keep, [x0]
	form	FORM_HINT, at s1e1r, x0
forms_end:
