// SPDX-License-Identifier: Apache-2.0
/*
 * evidence.c - fuzz target: the documents of a bundle of evidence, one after another, each a letter and its
 * text, with a NUL between two: m manifest, i index, a audit, g registers, k key, e envelope, p provenance, t
 * test result, r records. No file is read.
 */
#include "../../src/evidence/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "keep.h"

static void statement(struct bundle *bundle, struct statement *to, const char *path, const char *text,
		      size_t size)
{
	if (!to->root)
		statement_read(bundle, to, path, text, size);
}

static void key(struct bundle *bundle, const char *text, size_t size)
{
	struct bundle_key read;

	if (key_read(&read, text, size))
		return;
	(void)key_is_canonical(&read, text, size);
	EVP_PKEY_free(bundle->key.key);
	bundle->key = read;
}

static void document(struct bundle *bundle, char kind, const char *text, size_t size)
{
	struct bundle_bytes payload = {0};

	switch (kind) {
	case 'm':
		digest_of(text, size, bundle->manifest);
		(void)manifest_read(bundle, text, size);
		break;
	case 'i':
		index_read(bundle, text, size);
		break;
	case 'a':
		claims_audit(bundle, text, size);
		break;
	case 'g':
		claims_registers(bundle, text, size);
		break;
	case 'k':
		key(bundle, text, size);
		break;
	case 'e':
		(void)envelope_open(bundle, "e", text, size, &payload); /* keep_free() takes the payload */
		break;
	case 'p':
		statement(bundle, &bundle->provenance, BUNDLE_PROVENANCE, text, size);
		provenance_check(bundle);
		break;
	case 't':
		statement(bundle, &bundle->test_result, BUNDLE_TEST_RESULT, text, size);
		test_result_check(bundle);
		break;
	default:
		evidence_records(bundle, text, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle bundle = {.root = -1};
	const char *at = (const char *)data, *const end = at + size;

	while (at < end) {
		const char *const nul = memchr(at, '\0', (size_t)(end - at)), *const behind = nul ? nul : end;

		/* A copy with an end of its own, so that the sanitizer sees who reads beyond it. */
		if (behind > at + 1) {
			const size_t length = (size_t)(behind - at) - 1;
			char *const text = malloc(length);

			memcpy(text, at + 1, length);
			document(&bundle, at[0], text, length);
			free(text);
		}
		at = behind + 1;
	}
	claims_index(&bundle);
	whole_check(&bundle);
	bundle_free(&bundle);
	keep_free();
	return 0;
}
