// SPDX-License-Identifier: Apache-2.0
/*
 * front.c - fuzz target: the compiler's front end, from what dtc printed on (stand_in.h).
 */
#include "keep.h"
#include "stand_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan;

	stand_in_read(&plan, data, size);
	keep_free();
	return 0;
}
