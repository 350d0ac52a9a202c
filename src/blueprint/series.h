/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.h - how many series of metrics a machine tells: so many of each thing that its partition file names,
 * so the build can say it before the health cell does. The series themselves are the health cell's table of
 * families (cells/health/families.c), whose test compares it with these numbers.
 */
#ifndef BULKHEAD_SERIES_H
#define BULKHEAD_SERIES_H

#include <stdint.h>

#define SERIES_STREAMS_MAX 4096u /* beyond it a stream has none */

#define SERIES_MACHINE	   24u
#define SERIES_CORE	   61u /* of those that a cell has */
#define SERIES_CELL	   46u /* of any, and more: */
#define SERIES_WATCHED	   1u  /* where its heartbeat is watched */
#define SERIES_LOG	   2u  /* where its console is an emulated one */
#define SERIES_PMU	   3u  /* where it has the performance monitors */
#define SERIES_STREAM	   1u  /* of those that a cell has */
#define SERIES_CRASH	   15u /* where the board has memory for a crash-audit record */
#define SERIES_NET	   20u /* where the health cell has a network, and more: */
#define SERIES_EXPRESS	   4u  /* where its NIC has PCI Express' registers */
#define SERIES_SYSLOG	   2u  /* where it names a syslog server */
#define SERIES_BOOT	   23u /* where the health cell has the boot state */

struct series_subjects { /* how many there are */
	uint64_t cores, cells, watched, logs, pmu, streams, crash, net, express, syslog, boot;
};

static inline uint64_t series_count(const struct series_subjects *of)
{
	const uint64_t streams = of->streams < SERIES_STREAMS_MAX ? of->streams : SERIES_STREAMS_MAX;

	return SERIES_MACHINE + of->cores * SERIES_CORE + of->cells * SERIES_CELL +
	       of->watched * SERIES_WATCHED + of->logs * SERIES_LOG + of->pmu * SERIES_PMU +
	       streams * SERIES_STREAM + of->crash * SERIES_CRASH + of->net * SERIES_NET +
	       of->express * SERIES_EXPRESS + of->syslog * SERIES_SYSLOG + of->boot * SERIES_BOOT;
}

#endif
