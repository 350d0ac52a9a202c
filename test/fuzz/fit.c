// SPDX-License-Identifier: Apache-2.0
/*
 * fit.c - fuzz target: the auditor's FIT reader. A hash that doesn't match is said and the reader goes on, so
 * hashes need no repair here.
 */
#include "../../src/auditor/fit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = {0};
	struct fit fit;

	if (fit_open(&fit, (struct blob){data, size}, &report))
		fit_close(&fit);
	report_free(&report);
	return 0;
}
