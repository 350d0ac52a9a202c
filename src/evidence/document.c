// SPDX-License-Identifier: Apache-2.0
/*
 * document.c - JSON (RFC 8259) of a bundle: see bundle.h. A member twice is refused, since readers differ in
 * which of both they take.
 */
#include "bundle.h"

json_t *document_read(struct bundle *bundle, const char *path, const char *data, size_t size)
{
	json_error_t error;
	json_t *const root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fault_add(bundle, FAULT_FORM, path, "this is no JSON: line %d: %s", error.line, error.text);
	return root;
}
