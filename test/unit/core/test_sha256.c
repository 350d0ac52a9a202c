/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sha256.c - SHA-256 against FIPS 180-4's examples and OpenSSL, on a core that has instructions for it,
 * OpenSSL's blocks in their place, and on one that hasn't.
 *
 * Robustness: one_bit_is_seen
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "host.h"
#include "../../../src/core/arch.h"
#include "../../../src/core/sha256.h"
#include <openssl/sha.h>
#include <stdlib.h>

static bool instructions;
static u64 blocks_by_instructions;

bool arch_sha256(u32 state[8], const void *blocks, u64 count)
{
	SHA256_CTX context = {0};

	assert_true(count > 0);
	if (!instructions)
		return false;
	blocks_by_instructions += count;
	memcpy(context.h, state, sizeof(context.h));
	for (u64 i = 0; i < count; i++)
		SHA256_Transform(&context, (const u8 *)blocks + 64 * i);
	memcpy(state, context.h, sizeof(context.h));
	return true;
}

static int without(void **state)
{
	instructions = false;
	blocks_by_instructions = 0;
	return 0;
}

static int with(void **state)
{
	instructions = true;
	blocks_by_instructions = 0;
	return 0;
}

static int none_used(void **state)
{
	return blocks_by_instructions != 0;
}

static int all_used(void **state)
{
	return blocks_by_instructions == 0;
}

static void digest(const void *data, u64 size, u8 out[SHA256_BYTES])
{
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, data, size);
	sha256_end(&sha, out);
}

/* [utest->swr~images-hashed~1] [utest->swr~blueprint-checked~1] */
static void published_example(void **state)
{
	static const u8 abc[SHA256_BYTES] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
					     0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
					     0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	u8 found[SHA256_BYTES];

	digest("abc", 3, found);
	assert_memory_equal(found, abc, SHA256_BYTES);
	assert_true(digest_equal(found, abc));
	found[SHA256_BYTES - 1] ^= 1;
	assert_false(digest_equal(found, abc));
}

/* Every length around the padding's edges, in pieces of every kind. [utest->swr~images-hashed~1]
 * [utest->swr~blueprint-checked~1] */
static void every_length_as_openssl(void **state)
{
	u8 data[300], wanted[SHA256_BYTES], found[SHA256_BYTES];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 37 + 11);
	for (size_t size = 0; size <= sizeof(data); size++) {
		SHA256(data, size, wanted);
		digest(data, size, found);
		assert_memory_equal(found, wanted, SHA256_BYTES);
	}
}

/* Data in pieces, of whatever length, has the digest of the whole. [utest->swr~images-hashed~1]
 * [utest->swr~blueprint-checked~1] */
static void pieces_as_a_whole(void **state)
{
	u8 data[1000], wanted[SHA256_BYTES], found[SHA256_BYTES];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i ^ i >> 3);
	SHA256(data, sizeof(data), wanted);
	for (size_t piece = 1; piece < 200; piece++) {
		struct sha256 sha;

		sha256_start(&sha);
		for (size_t at = 0; at < sizeof(data); at += piece)
			sha256_add(&sha, data + at, sizeof(data) - at < piece ? sizeof(data) - at : piece);
		sha256_end(&sha, found);
		assert_memory_equal(found, wanted, SHA256_BYTES);
	}
}

/* Megabytes of data have OpenSSL's digest. [utest->swr~images-hashed~1] [utest->swr~blueprint-checked~1] */
static void megabytes_as_openssl(void **state)
{
	const size_t size = 3 * 1024 * 1024 + 1;
	u8 *data = malloc(size), wanted[SHA256_BYTES], found[SHA256_BYTES];

	for (size_t i = 0; i < size; i++)
		data[i] = (u8)(i * 2654435761u >> 13);
	SHA256(data, size, wanted);
	digest(data, size, found);
	assert_memory_equal(found, wanted, SHA256_BYTES);
	free(data);
}

/* Digests that differ in one bit, whichever it is, are not equal. [utest->swr~images-hashed~1]
 * [utest->swr~blueprint-checked~1] */
static void one_bit_is_seen(void **state)
{
	u8 a[SHA256_BYTES] = {0}, b[SHA256_BYTES] = {0};

	assert_true(digest_equal(a, b));
	for (unsigned int bit = 0; bit < 8 * SHA256_BYTES; bit++) {
		b[bit / 8] ^= (u8)(1 << bit % 8);
		assert_false(digest_equal(a, b));
		b[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(published_example, without, none_used),
		cmocka_unit_test_setup_teardown(published_example, with, all_used),
		cmocka_unit_test_setup_teardown(every_length_as_openssl, without, none_used),
		cmocka_unit_test_setup_teardown(every_length_as_openssl, with, all_used),
		cmocka_unit_test_setup_teardown(pieces_as_a_whole, without, none_used),
		cmocka_unit_test_setup_teardown(pieces_as_a_whole, with, all_used),
		cmocka_unit_test_setup_teardown(megabytes_as_openssl, without, none_used),
		cmocka_unit_test_setup_teardown(megabytes_as_openssl, with, all_used),
		cmocka_unit_test(one_bit_is_seen),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
