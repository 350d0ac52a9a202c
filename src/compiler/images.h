/* SPDX-License-Identifier: Apache-2.0 */
/*
 * images.h - how images.c sees each kind of file that a cell is filled from.
 *
 * One reader a kind (image_linux.c, image_elf.c, image_raw.c); all of them check that what they
 * load fits the cell's RAM, and say in the plan where it goes and where the guest tree may lie.
 */
#ifndef BULKHEAD_IMAGES_H
#define BULKHEAD_IMAGES_H

#include "front.h"

#define IMAGE_BLOCK UINT64_C(0x200000)

struct image_job {
	const struct front *front;
	struct plan_cell *cell;
	int node;    /* the cell's, in the partition file */
	size_t file; /* index into cell->files of the image or kernel */
	const struct bytes *bytes;
	struct place at; /* of the property that names it */
};

/* Guest-physical range within one region of the cell's RAM (`keep` is not filled). */
bool image_in_ram(const struct plan_cell *cell, uint64_t ipa, uint64_t size);

void image_add_segment(struct plan_cell *cell, size_t file, uint64_t offset, uint64_t size, uint64_t ipa);

/* Keeps the guest tree out of [ipa, ipa + size) of the first region. */
void image_keep_tree_above(struct plan_cell *cell, uint64_t end_ipa);

bool image_is_elf(const struct bytes *file);
void image_read_linux(const struct image_job *job, const struct file_image *initrd);
void image_read_elf(const struct image_job *job);
void image_read_raw(const struct image_job *job);

#endif
