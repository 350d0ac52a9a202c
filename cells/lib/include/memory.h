/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - RAM of the cell that nothing has: what an application takes beyond its image.
 */
#ifndef CELLS_MEMORY_H
#define CELLS_MEMORY_H

#include "guest.h"

/* Whole pages between the image and the tree, or the end of the first region; zero at every start, and not
 * mapped (mmu.h) but for those in the tree's 2 MiB blocks. size 0: there are none. */
struct range memory_free(const struct guest *guest);

#endif
