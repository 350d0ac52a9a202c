/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prom_file.h - a file for node_exporter's textfile collector: always a whole one.
 */
#ifndef LINUX_PROM_FILE_H
#define LINUX_PROM_FILE_H

#include <stdbool.h>

#include "exposition.h"

/* DIRECTORY/bulkhead.prom is the exposition from here on; false with errno: it is what it was. */
bool prom_file_write(const char *directory, const struct exposition *exposition);

#endif
