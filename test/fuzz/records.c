// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - fuzz target: a file of test records.
 */
#include "../../src/log/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct records_verdict verdict;

	records_check((const char *)data, size, &verdict);
	return 0;
}
