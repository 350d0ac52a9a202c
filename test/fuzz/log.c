// SPDX-License-Identifier: Apache-2.0
/*
 * log.c - fuzz target: a collected event log, read and verified, with and without a key.
 */
#include "../../src/log/log.h"

#include "keep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[LOG_KEY] = {1}, nonce[LOG_NONCE] = {2};
	struct log_verdict verdict;
	struct log log;
	size_t line;

	if (!log_read(&log, (const char *)data, size, &line)) {
		log_check(&log, NULL, NULL, &verdict);
		log_check(&log, key, nonce, &verdict);
	}
	keep_free();
	return 0;
}
