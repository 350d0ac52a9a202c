/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - what bulkhead.bin says about itself, for the host tools that place it.
 *
 * bulkhead.bin starts with the 64-byte arm64 Linux Image header (Linux, Documentation/arch/arm64/
 * booting), then this header, then code. The packer patches `image_size` and flag bit 3 of the
 * Image header, and `load_pa` and `console` here; nothing else: as linked, `image_size` is file_size, and the
 * other three are zero. The blueprint follows the file, at the next multiple of 4 KiB: at load_pa +
 * file_size.
 *
 * All fields little-endian. Written by the linker script and src/arch/arm64/header.S; read by the
 * compiler, the auditor and the first instructions of the hypervisor.
 */
#ifndef BULKHEAD_IMAGE_H
#define BULKHEAD_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define HV_HEADER_OFFSET 64u
#define HV_MAGIC	 UINT64_C(0x44414548484b4c42) /* "BLKHHEAD" */
#define HV_SEGMENTS	 8u
#define HV_LOAD_ALIGN	 UINT64_C(0x200000)

/* arm64 Image header, the fields that the packer touches (offsets in bytes). */
#define IMAGE_TEXT_OFFSET_AT 8u
#define IMAGE_SIZE_AT	     16u
#define IMAGE_FLAGS_AT	     24u
#define IMAGE_MAGIC_AT	     56u
#define IMAGE_MAGIC	     UINT32_C(0x644d5241) /* "ARM\x64" */
#define IMAGE_FLAG_ANYWHERE  (UINT64_C(1) << 3)

/* Segment flags. A segment without HV_SEG_PER_CORE lies in the file at va - segments[0].va. */
#define HV_SEG_READ	1u
#define HV_SEG_WRITE	2u
#define HV_SEG_EXEC	4u
#define HV_SEG_PER_CORE 8u  /* no file bytes: memory of its own for each core, zeroed at boot */
#define HV_SEG_BOOT	16u /* mapped by the boot root only */
#define HV_SEG_IDENTITY 32u /* mapped by the boot root only, at VA = PA (the trampoline) */
/* PER_CORE with BOOT: the boot root maps what is in the file, and each core memory of its own there. Counters
 * of a build that tells what it has executed; the shipped one has none. */
#define HV_SEG_IN_FILE(flags) (((flags) & (HV_SEG_PER_CORE | HV_SEG_BOOT)) != HV_SEG_PER_CORE)

struct hv_segment {
	uint64_t va;	/* 4 KiB aligned */
	uint64_t size;	/* multiple of 4 KiB; 0 ends the table */
	uint32_t flags; /* HV_SEG_* */
	uint32_t pad;
};

/* Where early errors are printed before the blueprint is known to be good. */
struct hv_console {
	uint64_t pa;   /* register base; 0: none */
	uint32_t kind; /* HV_CONSOLE_* */
	uint32_t pad;
};
#define HV_CONSOLE_NONE	 0u
#define HV_CONSOLE_PL011 1u

struct hv_header {
	uint64_t magic;		   /* HV_MAGIC */
	uint32_t abi;		   /* BLUEPRINT_ABI that this binary reads */
	uint32_t isa;		   /* HV_ISA_* */
	uint64_t file_size;	   /* bytes of bulkhead.bin, a multiple of 4 KiB */
	uint64_t secondary_offset; /* file offset of the entry for CPU_ON; x0 = index into bp_header cores */
	uint64_t load_pa;	   /* patched: physical address of byte 0, HV_LOAD_ALIGN aligned */
	struct hv_console console; /* patched */
	struct hv_segment segments[HV_SEGMENTS];
};
#define HV_ISA_ARM64 1u

_Static_assert(sizeof(struct hv_segment) == 24, "layout");
_Static_assert(offsetof(struct hv_header, load_pa) == 32, "layout");
_Static_assert(offsetof(struct hv_header, segments) == 56, "layout");
_Static_assert(sizeof(struct hv_header) == 56 + 24 * HV_SEGMENTS, "layout");

#endif
