// SPDX-License-Identifier: Apache-2.0
/*
 * envelope.c - a DSSE envelope (github.com/secure-systems-lab/dsse, envelope.md and protocol.md, v1.0.2),
 * with one signature: see bundle.h. It is text of one form, so that no byte of it can be another; but whoever
 * has an ECDSA signature (r, s) can write (r, n - s) in its place, and seal.py, by OpenSSL, makes either.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#include "../compiler/text.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"

/* RFC 4648, 4. What is encoded again is the same, so that no bits are to spare and no blanks are in it. */
static bool base64(const char *text, struct bundle_bytes *bytes)
{
	const size_t length = strlen(text), padding = length ? strcspn(text, "=") : 0;
	unsigned char *again;
	bool same;

	*bytes = (struct bundle_bytes){0};
	if (!length || length % 4 || length - padding > 2 || length > BUNDLE_DOCUMENT_MAX)
		return false;
	bytes->data = memory_new(length / 4 * 3 + 1, 1);
	if (EVP_DecodeBlock((unsigned char *)bytes->data, (const unsigned char *)text, (int)length) < 0)
		return false;
	bytes->size = length / 4 * 3 - (length - padding);
	bytes->data[bytes->size] = '\0';
	again = memory_new(length + 1, 1);
	same = EVP_EncodeBlock(again, (const unsigned char *)bytes->data, (int)bytes->size) == (int)length &&
	       memcmp(again, text, length) == 0;
	free(again);
	return same;
}

/* What is signed: PAE of type and payload. */
static bool is_signed(const struct bundle_key *key, const char *type, const struct bundle_bytes *payload,
		      const struct bundle_bytes *signature)
{
	char *const head = text_format("DSSEv1 %zu %s %zu ", strlen(type), type, payload->size);
	const size_t length = strlen(head);
	char *const message = memory_new(length + payload->size + 1, 1);
	bool holds;

	memcpy(message, head, length + 1);
	memcpy(message + length, payload->data, payload->size);
	holds = key_signed(key, message, length + payload->size, signature->data, signature->size);
	free(message);
	free(head);
	return holds;
}

/* As scripts/bundle/bundle.py's write_json() writes it: readers of JSON don't see blanks, escapes and the
 * members' order. */
static bool has_form(const char *data, size_t size, const char *payload, const char *id, const char *sig)
{
	char *const right = text_format("{\n"
					" \"payloadType\": \"" PAYLOAD_TYPE "\",\n"
					" \"payload\": \"%s\",\n"
					" \"signatures\": [\n"
					"  {\n"
					"   \"keyid\": \"%s\",\n"
					"   \"sig\": \"%s\"\n"
					"  }\n"
					" ]\n"
					"}\n",
					payload, id, sig);
	const bool same = strlen(right) == size && memcmp(right, data, size) == 0;

	free(right);
	return same;
}

static void check(struct bundle *bundle, const char *path, const char *type, const char *id,
		  const struct bundle_bytes *payload, const struct bundle_bytes *signature)
{
	if (strcmp(type, PAYLOAD_TYPE) != 0)
		fault_add(bundle, FAULT_FORM, path, "the payload's type is %s, not " PAYLOAD_TYPE, type);
	if (!bundle->key.key) {
		fault_add(bundle, FAULT_SIGNATURE, path, "there is no key to verify its signature with");
		return;
	}
	if (strcmp(id, bundle->key.id) != 0)
		fault_add(bundle, FAULT_SIGNATURE, path, "it names another key, %s", id);
	if (!is_signed(&bundle->key, type, payload, signature))
		fault_add(bundle, FAULT_SIGNATURE, path, "its signature is wrong");
}

/* [impl->swr~evidence-signatures~1] */
bool envelope_open(struct bundle *bundle, const char *path, const char *data, size_t size,
		   struct bundle_bytes *payload)
{
	json_t *const root = document_read(bundle, path, data, size);
	struct bundle_bytes signature = {0};
	const char *type, *text, *id, *sig;
	bool open = false;

	*payload = (struct bundle_bytes){0};
	if (!root)
		return false;
	if (json_unpack_ex(root, NULL, 0, "{s:s,s:s,s:[{s:s,s:s!}!]!}", "payloadType", &type, "payload",
			   &text, "signatures", "keyid", &id, "sig", &sig) != 0 ||
	    !base64(text, payload) || !base64(sig, &signature)) {
		fault_add(bundle, FAULT_FORM, path, "this is no DSSE envelope with one signature");
	} else {
		if (!has_form(data, size, text, id, sig))
			fault_add(bundle, FAULT_FORM, path,
				  "it isn't written as it was sealed: other blanks, escapes or order");
		check(bundle, path, type, id, payload, &signature);
		open = true;
	}
	free(signature.data);
	json_decref(root);
	return open;
}
