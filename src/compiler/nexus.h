/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nexus.h - nodes whose `interrupt-map` passes interrupts of their devices on (Devicetree
 * Specification 2.4.3).
 */
#ifndef BULKHEAD_NEXUS_H
#define BULKHEAD_NEXUS_H

#include <libfdt.h>
#include <stdbool.h>
#include <stddef.h>

struct nexus_entry {
	const fdt32_t *from; /* unit address and specifier, of the nexus's numbers of cells */
	size_t from_width;
	int parent;	   /* a controller or another nexus; negative: it leads nowhere */
	const fdt32_t *to; /* its specifier, behind its unit address */
	size_t width;	   /* cells of `to` */
	const fdt32_t *end;
};

/* It has a map, and is no interrupt controller itself. */
bool node_is_nexus(const void *tree, int node);
/* The entry at map[*at], `count` cells long; moves *at behind it. False at the end, or where it is broken. */
bool nexus_next(const void *tree, int nexus, const fdt32_t *map, size_t count, size_t *at,
		struct nexus_entry *entry);
/*
 * Where an interrupt of `user` leads that goes to *parent by `specifier`: *parent becomes the controller.
 * The specifier there; NULL: nowhere.
 */
const fdt32_t *nexus_resolve(const void *tree, int user, int *parent, const fdt32_t *specifier);

#endif
