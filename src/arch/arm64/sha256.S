/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256.S - SHA-256's blocks by the instructions that are made for them (FEAT_SHA256; Arm ARM C7.2, SHA256H
 * and those after it). Beside fpzero.S the one place where EL2 touches FP/SIMD registers: only while they are
 * nobody's, before a guest's first instruction. [impl->swr~images-hashed~1]
 */
	.arch_extension crypto

/* Four rounds, with the constants in vK and the words in v\w0; the words of sixteen rounds later in their place. */
	.macro four_rounds k, w0
	add	v8.4s, v\w0\().4s, v\k\().4s
	mov	v9.16b, v2.16b
	sha256h	q2, q3, v8.4s
	sha256h2 q3, q9, v8.4s
	.endm
	.macro four_rounds_more k, w0, w1, w2, w3
	four_rounds \k, \w0
	sha256su0 v\w0\().4s, v\w1\().4s
	sha256su1 v\w0\().4s, v\w2\().4s, v\w3\().4s
	.endm

	.text
/*
 * bool arch_sha256(u32 state[8], const void *blocks, u64 count); false: this core has no such instructions, and
 * nothing is done. Blocks of 64 bytes, at least one, of any alignment, the MMU on or off. Spoils v0..v31.
 */
	.global arch_sha256
arch_sha256:
	mrs	x3, id_aa64isar0_el1
	ubfx	x3, x3, #12, #4		// SHA2
	cbz	x3, 2f
	adrp	x3, sha256_k
	add	x3, x3, :lo12:sha256_k
	ld1	{v16.4s-v19.4s}, [x3], #64
	ld1	{v20.4s-v23.4s}, [x3], #64
	ld1	{v24.4s-v27.4s}, [x3], #64
	ld1	{v28.4s-v31.4s}, [x3]
	ld1	{v0.4s, v1.4s}, [x0]
1:	ld1	{v4.16b-v7.16b}, [x1], #64
	.irp	n, 4,5,6,7
	rev32	v\n\().16b, v\n\().16b
	.endr
	mov	v2.16b, v0.16b
	mov	v3.16b, v1.16b
	four_rounds_more 16, 4, 5, 6, 7
	four_rounds_more 17, 5, 6, 7, 4
	four_rounds_more 18, 6, 7, 4, 5
	four_rounds_more 19, 7, 4, 5, 6
	four_rounds_more 20, 4, 5, 6, 7
	four_rounds_more 21, 5, 6, 7, 4
	four_rounds_more 22, 6, 7, 4, 5
	four_rounds_more 23, 7, 4, 5, 6
	four_rounds_more 24, 4, 5, 6, 7
	four_rounds_more 25, 5, 6, 7, 4
	four_rounds_more 26, 6, 7, 4, 5
	four_rounds_more 27, 7, 4, 5, 6
	four_rounds 28, 4
	four_rounds 29, 5
	four_rounds 30, 6
	four_rounds 31, 7
	add	v0.4s, v0.4s, v2.4s
	add	v1.4s, v1.4s, v3.4s
	subs	x2, x2, #1
	b.ne	1b
	st1	{v0.4s, v1.4s}, [x0]
	mov	w0, #1
	ret
2:	mov	w0, wzr
	ret
