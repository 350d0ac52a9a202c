/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header.S - the first bytes of bulkhead.bin: the arm64 Image header that U-Boot reads, then the header that
 * the host tools read (src/blueprint/image.h). Values in <> are patched by the packer.
 */
	.section .header, "ax"
	.global image_start
image_start:
	b	boot_entry
	.long	0
	.quad	0			// text_offset
	.quad	image_file_size		// <image_size>
	.quad	0			// <flags>
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.global hv_header
hv_header:
	.ascii	"BLKHHEAD"		// HV_MAGIC
	.long	7			// BLUEPRINT_ABI
	.long	1			// HV_ISA_ARM64
	.quad	image_file_size
	.quad	secondary_entry_offset
	.quad	0			// <load_pa>
	.quad	0			// <console.pa>
	.long	0, 0			// <console.kind>
	/* struct hv_segment: va, size, flags, pad */
	.quad	text_start, text_size
	.long	1 | 4, 0		// READ EXEC
	.quad	trampoline_start, trampoline_size
	.long	1 | 4 | 16 | 32, 0	// READ EXEC BOOT IDENTITY
	.quad	rodata_start, rodata_size
	.long	1, 0			// READ
	.quad	boot_stack_start, boot_writable_size
	.long	1 | 2 | 16, 0		// READ WRITE BOOT
	.quad	private_start, private_size
	.long	1 | 2 | 8, 0		// READ WRITE PER_CORE
	.quad	stack_start, stack_size
	.long	1 | 2 | 8, 0		// READ WRITE PER_CORE
	.quad	cover_start, cover_size	// none in the shipped build
	.long	1 | 2 | 8 | 16, 0	// READ WRITE PER_CORE BOOT
	.quad	0, 0, 0
