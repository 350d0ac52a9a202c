// SPDX-License-Identifier: Apache-2.0
/*
 * faults.c - what is wrong with a bundle, all of it: see bundle.h.
 */
#include "bundle.h"

#include <string.h>

#include "../compiler/text.h"

void fault_add(struct bundle *bundle, enum fault_kind kind, const char *path, const char *format, ...)
{
	struct fault *fault;
	va_list arguments;

	bundle->fault_total++;
	if (bundle->fault_count - bundle->fault_before >= BUNDLE_FAULTS_MAX)
		return;
	bundle->faults = memory_grow(bundle->faults, bundle->fault_count, sizeof(bundle->faults[0]));
	fault = &bundle->faults[bundle->fault_count++];
	fault->kind = kind;
	fault->path = text_copy(path, strlen(path));
	va_start(arguments, format);
	fault->words = text_format_list(format, arguments);
	va_end(arguments);
}

const char *fault_kind_name(enum fault_kind kind)
{
	static const char *const names[FAULT_KINDS] = {
		[FAULT_CHANGED] = "changed", [FAULT_ABSENT] = "absent",
		[FAULT_ADDED] = "added",     [FAULT_IRREGULAR] = "irregular",
		[FAULT_UNSAFE] = "unsafe",   [FAULT_UNREADABLE] = "unreadable",
		[FAULT_LIMIT] = "limit",     [FAULT_FORM] = "form",
		[FAULT_KEY] = "key",	     [FAULT_SIGNATURE] = "signature",
		[FAULT_SUBJECT] = "subject", [FAULT_STALE] = "stale",
		[FAULT_RECORDS] = "records",
	};

	return names[kind];
}
