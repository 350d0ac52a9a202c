// SPDX-License-Identifier: Apache-2.0
/*
 * test_envelope.c - a DSSE envelope of which each byte counts: none can be another without a fault.
 * [utest->swr~evidence-signatures~1]
 *
 * Robustness: each_bit, each_length, each_blank, other_encodings, each_bit_of_the_key
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "bundle.h"

#define TYPE	"application/vnd.in-toto+json"
#define PAYLOAD "{\"_type\":\"x\"}"
#define ROOM	2048u

static struct bundle bundle;
static EVP_PKEY *private_key;
static char envelope[ROOM], pem[ROOM];
static size_t pem_size;

/* Signs DSSEv1's pre-authentication encoding, with its numbers as they are given. */
static void write_envelope(const char *head)
{
	char message[256], payload[64], sig[192];
	const int size = snprintf(message, sizeof(message), "%s%s", head, PAYLOAD);
	EVP_MD_CTX *const context = EVP_MD_CTX_new();
	uint8_t signature[128];
	size_t length = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, private_key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &length, (const uint8_t *)message, (size_t)size),
			 1);
	EVP_MD_CTX_free(context);
	EVP_EncodeBlock((uint8_t *)payload, (const uint8_t *)PAYLOAD, (int)strlen(PAYLOAD));
	EVP_EncodeBlock((uint8_t *)sig, signature, (int)length);
	snprintf(envelope, sizeof(envelope),
		 "{\n \"payloadType\": \"" TYPE "\",\n \"payload\": \"%s\",\n"
		 " \"signatures\": [\n  {\n   \"keyid\": \"%s\",\n   \"sig\": \"%s\"\n  }\n ]\n}\n",
		 payload, bundle.key.id, sig);
}

static int set_up(void **state)
{
	BIO *const text = BIO_new(BIO_s_mem());
	char *data;

	private_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	PEM_write_bio_PUBKEY(text, private_key);
	pem_size = (size_t)BIO_get_mem_data(text, &data);
	memcpy(pem, data, pem_size);
	BIO_free(text);
	bundle.root = -1;
	assert_null(key_read(&bundle.key, pem, pem_size));
	write_envelope("DSSEv1 28 " TYPE " 13 ");
	return 0;
}

/* Accepted, and with the payload that was signed? */
static bool is_accepted(const char *data, size_t size)
{
	const uint64_t before = bundle.fault_total;
	struct bundle_bytes payload;
	const bool open = envelope_open(&bundle, "x", data, size, &payload);

	free(payload.data);
	return open && bundle.fault_total == before;
}

static void good(void **state)
{
	struct bundle_bytes payload;

	assert_true(is_accepted(envelope, strlen(envelope)));
	assert_true(envelope_open(&bundle, "x", envelope, strlen(envelope), &payload));
	assert_int_equal(payload.size, strlen(PAYLOAD));
	assert_string_equal(payload.data, PAYLOAD);
	free(payload.data);
}

static void each_bit(void **state)
{
	const size_t size = strlen(envelope);
	char bad[ROOM];

	memcpy(bad, envelope, size);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bad[bit / 8] ^= (char)(1 << bit % 8);
		if (is_accepted(bad, size))
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		bad[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void each_length(void **state)
{
	for (size_t size = 0; size < strlen(envelope); size++)
		assert_false(is_accepted(envelope, size));
}

/* JSON lets blanks stand between any two tokens. */
static void each_blank(void **state)
{
	const size_t size = strlen(envelope);
	char more[ROOM + 1];

	for (size_t at = 0; at <= size; at++) {
		memcpy(more, envelope, at);
		more[at] = ' ';
		memcpy(more + at + 1, envelope + at, size - at);
		if (is_accepted(more, size + 1))
			fail_msg("a blank before byte %zu", at);
	}
}

/* What is signed is the encoding of DSSE, and no other one: not the payload alone, no other length. */
static void other_encodings(void **state)
{
	static const char *const heads[] = {"", "DSSEv1 28 " TYPE " 14 ", "DSSEv1 27 " TYPE " 13 ",
					    "DSSEv2 28 " TYPE " 13 ", "DSSEv1 28 " TYPE "\n13 "};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		write_envelope(heads[i]);
		assert_false(is_accepted(envelope, strlen(envelope)));
	}
	write_envelope("DSSEv1 28 " TYPE " 13 ");
	assert_true(is_accepted(envelope, strlen(envelope)));
}

/* A key's file has one form. [utest->swr~evidence-keys~1] */
static void each_bit_of_the_key(void **state)
{
	for (size_t bit = 0; bit < 8 * pem_size; bit++) {
		struct bundle_key key;
		const char *wrong;

		pem[bit / 8] ^= (char)(1 << bit % 8);
		wrong = key_read(&key, pem, pem_size);
		if (!wrong && strcmp(key.id, bundle.key.id) == 0 && key_is_canonical(&key, pem, pem_size))
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		EVP_PKEY_free(key.key);
		pem[bit / 8] ^= (char)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good),
					   cmocka_unit_test(each_bit),
					   cmocka_unit_test(each_length),
					   cmocka_unit_test(each_blank),
					   cmocka_unit_test(other_encodings),
					   cmocka_unit_test(each_bit_of_the_key)};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
