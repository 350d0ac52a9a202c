/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_elf.c - ELF and raw images of cells that run no Linux.
 *
 * ELF-64 Object File Format 1.5; ELF for the Arm 64-bit Architecture. ET_EXEC goes to its physical
 * addresses, ET_DYN to the start of the first region; a raw binary to `load`.
 */
#include "images.h"

#include "ranges.h"
#include "text.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#define SEGMENTS_MAX 64u

bool image_is_elf(const struct bytes *file)
{
	return file->size >= SELFMAG && memcmp(file->data, ELFMAG, SELFMAG) == 0;
}

struct elf {
	const char *wrong; /* NULL: nothing */
	Elf64_Ehdr header;
	Elf64_Phdr loads[SEGMENTS_MAX];
	size_t load_count;
};

static const char *wrong_header(const struct bytes *file, const Elf64_Ehdr *header)
{
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_machine != EM_AARCH64)
		return "it is not for little-endian AArch64";
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return "it is not linked: neither ET_EXEC nor ET_DYN";
	if (header->e_phentsize != sizeof(Elf64_Phdr) || !header->e_phnum || header->e_phoff > file->size ||
	    (uint64_t)header->e_phnum * sizeof(Elf64_Phdr) > file->size - header->e_phoff)
		return "its program headers lie outside the file";
	return NULL;
}

static const char *wrong_segment(const struct bytes *file, const Elf64_Phdr *segment)
{
	uint64_t end;

	if (segment->p_offset > file->size || segment->p_filesz > file->size - segment->p_offset)
		return "a segment lies outside the file";
	if (segment->p_filesz > segment->p_memsz)
		return "a segment is larger in the file than in memory";
	if (__builtin_add_overflow(segment->p_paddr, segment->p_memsz, &end) ||
	    __builtin_add_overflow(segment->p_vaddr, segment->p_memsz, &end))
		return "a segment wraps around the end of the address space";
	return NULL;
}

static void parse(const struct bytes *file, struct elf *elf)
{
	*elf = (struct elf){.wrong = "it is cut off"};
	if (file->size < sizeof(elf->header))
		return;
	memcpy(&elf->header, file->data, sizeof(elf->header));
	elf->wrong = wrong_header(file, &elf->header);
	for (size_t i = 0; !elf->wrong && i < elf->header.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, file->data + elf->header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type != PT_LOAD || !segment.p_memsz)
			continue;
		elf->wrong = elf->load_count == SEGMENTS_MAX ? "it has too many segments"
							     : wrong_segment(file, &segment);
		if (!elf->wrong)
			elf->loads[elf->load_count++] = segment;
	}
	if (!elf->wrong && !elf->load_count)
		elf->wrong = "it has nothing to load";
}

/* What is added to the file's physical addresses. */
static uint64_t bias_of(const struct elf *elf, const struct plan_cell *cell)
{
	uint64_t lowest = UINT64_MAX;

	if (elf->header.e_type == ET_EXEC)
		return 0;
	for (size_t i = 0; i < elf->load_count; i++)
		if (elf->loads[i].p_paddr < lowest)
			lowest = elf->loads[i].p_paddr;
	return cell->ram[0].ipa - align_down(lowest, BP_PAGE_SIZE);
}

static bool overlaps_earlier(const struct elf *elf, size_t index)
{
	const Elf64_Phdr *const mine = &elf->loads[index];

	for (size_t i = 0; i < index; i++)
		if (range_overlaps((struct range){mine->p_paddr, mine->p_memsz},
				   (struct range){elf->loads[i].p_paddr, elf->loads[i].p_memsz}))
			return true;
	return false;
}

static bool load_segments(const struct image_job *job, const struct elf *elf, uint64_t bias)
{
	struct plan_cell *const cell = job->cell;

	for (size_t i = 0; i < elf->load_count; i++) {
		const Elf64_Phdr *const segment = &elf->loads[i];
		const uint64_t ipa = segment->p_paddr + bias;

		if (segment->p_memsz > cell->memory_total) {
			diag_error(job->at, "'%s' takes %" PRIu64 " bytes, and the memory of cell '%s' is %s",
				   job->bytes->path, (uint64_t)segment->p_memsz, cell->name,
				   text_of_size(cell->memory_total));
			return false;
		}
		if (!image_in_ram(cell, ipa, segment->p_memsz)) {
			diag_error(job->at,
				   "'%s' loads to 0x%" PRIx64 "-0x%" PRIx64
				   ", outside the memory of cell '%s'",
				   job->bytes->path, ipa, ipa + (segment->p_memsz - 1), cell->name);
			return false;
		}
		if (overlaps_earlier(elf, i)) {
			diag_error(job->at, "'%s' loads two segments to 0x%" PRIx64, job->bytes->path, ipa);
			return false;
		}
		if (segment->p_filesz)
			image_add_segment(cell, job->file, segment->p_offset, segment->p_filesz, ipa);
		image_keep_tree_above(cell, ipa + segment->p_memsz);
	}
	return true;
}

/* e_entry is a virtual address: the segment that holds it says where that is. */
static void find_entry(const struct image_job *job, const struct elf *elf, uint64_t bias)
{
	for (size_t i = 0; i < elf->load_count; i++) {
		const Elf64_Phdr *const segment = &elf->loads[i];
		const uint64_t offset = elf->header.e_entry - segment->p_vaddr;

		if (elf->header.e_entry >= segment->p_vaddr && offset < segment->p_filesz &&
		    segment->p_flags & PF_X && offset % 4 == 0) {
			job->cell->entry_ipa = segment->p_paddr + bias + offset;
			return;
		}
	}
	diag_error(job->at, "the entry of '%s', 0x%" PRIx64 ", lies in no executable segment of it",
		   job->bytes->path, (uint64_t)elf->header.e_entry);
}

void image_read_elf(const struct image_job *job)
{
	static const char *const words[] = {"load", "entry"};
	struct elf elf;
	uint64_t bias;

	for (size_t i = 0; i < 2; i++)
		if (value_present(job->front, job->node, words[i]))
			diag_error(front_place(job->front, job->node, words[i]),
				   "'%s' goes with raw images: '%s' is an ELF, which says it itself",
				   words[i], job->bytes->path);
	parse(job->bytes, &elf);
	if (elf.wrong) {
		diag_error(job->at, "can't use '%s': %s", job->bytes->path, elf.wrong);
		return;
	}
	bias = bias_of(&elf, job->cell);
	if (load_segments(job, &elf, bias))
		find_entry(job, &elf, bias);
}

void image_read_raw(const struct image_job *job)
{
	const struct front *const front = job->front;
	struct plan_cell *const cell = job->cell;
	const uint64_t size = job->bytes->size;
	uint64_t load, entry;

	if (!value_present(front, job->node, "load") || !value_present(front, job->node, "entry")) {
		diag_error(job->at, "'%s' is no ELF: a raw binary needs 'load' and 'entry'",
			   job->bytes->path);
		return;
	}
	if (!value_number(front, job->node, "load", &load) ||
	    !value_number(front, job->node, "entry", &entry))
		return;
	if (size > cell->memory_total) {
		diag_error(job->at, "'%s' takes %" PRIu64 " bytes, and the memory of cell '%s' is %s",
			   job->bytes->path, size, cell->name, text_of_size(cell->memory_total));
		return;
	}
	if (!image_in_ram(cell, load, size))
		diag_error(front_place(front, job->node, "load"),
			   "'%s' at 0x%" PRIx64 " lies outside the memory of cell '%s'", job->bytes->path,
			   load, cell->name);
	else if (entry < load || entry - load >= size || entry % 4)
		diag_error(front_place(front, job->node, "entry"),
			   "entry 0x%" PRIx64 " is no instruction of '%s', which lies at 0x%" PRIx64
			   "-0x%" PRIx64,
			   entry, job->bytes->path, load, load + (size - 1));
	image_add_segment(cell, job->file, 0, size, load);
	image_keep_tree_above(cell, load + size);
	cell->entry_ipa = entry;
}
