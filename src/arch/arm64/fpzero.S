/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpzero.S - the FP/SIMD registers as a fresh guest finds them. EL2 touches them here and in sha256.S.
 */
	.arch_extension fp
	.arch_extension simd
	.text
/* void fp_registers_zero(void); spoils v0..v31, FPCR, FPSR */
	.global fp_registers_zero
fp_registers_zero:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	movi	v\n\().2d, #0
	.endr
	msr	fpcr, xzr
	msr	fpsr, xzr
	ret
