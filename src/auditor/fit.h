/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit.h - the parts of bulkhead.itb, as views into the file's bytes; nothing is copied.
 */
#ifndef BULKHEAD_AUDITOR_FIT_H
#define BULKHEAD_AUDITOR_FIT_H

#include "memory.h"
#include "report.h"

#define FIT_LABEL_MAX 256u

struct fit_file { /* a loadable: description = CELL:PROPERTY:FILENAME */
	char cell[FIT_LABEL_MAX], property[FIT_LABEL_MAX], name[FIT_LABEL_MAX];
	struct blob bytes;
	uint64_t load;
	bool loaded; /* named by the configuration's `loadables` */
};

struct fit {
	struct blob kernel, fdt, machine, partitions, known_slaves;
	struct blob pci; /* absent: the board has no inventory */
	uint64_t kernel_load, kernel_entry;
	const char *board; /* for which the configuration says that it is; NULL: it doesn't */
	struct fit_file *files;
	size_t file_count;
};

/* False when it is no FIT at all; parts that are missing or don't match their hash are violations. */
bool fit_open(struct fit *fit, struct blob image, struct report *report);
void fit_close(struct fit *fit);

/* fit_config.c: what the loader is told to do with the parts. Returns the board that it names, or NULL. */
const char *fit_configuration(const void *fdt, int images, struct report *report);
bool fit_loads(const void *fdt, const char *name); /* a loadable */

void digest_of(struct blob bytes, uint8_t digest[32]);

#endif
