// SPDX-License-Identifier: Apache-2.0
/*
 * test_identity.c - the identity that the factory wrote, whole and damaged. [utest->swr~identity-read~1]
 *
 * Robustness: damaged, senseless
 */
#include "test.h"

#include <sodium/crypto_sign_ed25519.h>

#include "crc32.h"
#include "identity.h"
#include "nor_flash.h"

#define PLACE (2 * NOR_BLOCK)

static struct boot_identity written;
static struct identity identity;
static uint8_t seed[IDENTITY_SEED];

static void put(void)
{
	written.crc = __builtin_bswap32(crc32_add(0, &written, offsetof(struct boot_identity, crc)));
	nor_put(PLACE, &written, sizeof(written));
}

static int start(void **state)
{
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];

	nor_start(1);
	written = (struct boot_identity){
		.magic = IDENTITY_MAGIC,
		.format = IDENTITY_FORMAT,
		.serial = "BH-2026.11_0001",
		.mac_count = 2,
		.macs = {{0x52, 0x54, 0, 1, 2, 3}, {0x52, 0x54, 0, 1, 2, 4}},
		.address_count = 1,
		.addresses = {"10.0.2.15/24"},
	};
	memset(written.seed, 0x5e, sizeof(written.seed));
	crypto_sign_ed25519_seed_keypair(written.public, secret, written.seed);
	put();
	return 0;
}

static void refused(const char *what)
{
	static const uint8_t nothing[IDENTITY_SEED];
	const char *const wrong = identity_read(&nor_flash, PLACE, &identity, seed);

	assert_non_null(wrong);
	if (!strstr(wrong, what))
		fail_msg("%s: %s", what, wrong);
	assert_false(identity.there || identity.serial[0]);
	assert_memory_equal(seed, nothing, sizeof(seed));
}

/* [utest->swr~identity-read~1] */
static void whole(void **state)
{
	assert_null(identity_read(&nor_flash, PLACE, &identity, seed));
	assert_true(identity.there);
	assert_string_equal(identity.serial, "BH-2026.11_0001");
	assert_int_equal(identity.mac_count, 2);
	assert_memory_equal(identity.macs, written.macs, sizeof(identity.macs));
	assert_string_equal(identity.addresses[0], "10.0.2.15/24");
	assert_memory_equal(seed, written.seed, sizeof(seed));
	/* What may be shown has no part of the private key. */
	for (unsigned i = 0; i + 4 <= sizeof(identity); i++)
		assert_memory_not_equal((char *)&identity + i, written.seed, 4);
	memset(written.serial, 'S', sizeof(written.serial)); /* all of its room */
	put();
	assert_null(identity_read(&nor_flash, PLACE, &identity, seed));
	assert_int_equal(strlen(identity.serial), IDENTITY_SERIAL);
}

/* [utest->swr~identity-read~1] */
static void damaged(void **state)
{
	for (uint32_t bit = 64; bit < 8 * sizeof(written); bit += 3) {
		nor.bytes[PLACE + bit / 8] ^= 1 << bit % 8;
		refused("its checksum is wrong");
		nor.bytes[PLACE + bit / 8] ^= 1 << bit % 8;
	}
	memset(nor.bytes + PLACE, 0xff, NOR_BLOCK);
	refused("none was written");
	memset(nor.bytes + PLACE, 0, NOR_BLOCK);
	refused("what is in its place is none");
}

/* The checksum is right, and what it is of isn't. */
/* [utest->swr~identity-read~1] */
static void senseless(void **state)
{
	written.format = 2;
	put();
	refused("what is in its place is none");
	start(state);
	written.serial[3] = '"';
	put();
	refused("serial number");
	start(state);
	written.serial[20] = 'x'; /* behind its end */
	put();
	refused("serial number");
	start(state);
	memset(written.serial, 0, sizeof(written.serial));
	put();
	refused("serial number");
	start(state);
	written.mac_count = IDENTITY_MACS_MAX + 1;
	put();
	refused("serial number");
	start(state);
	memset(written.addresses, 0,
	       sizeof(written.addresses)); /* of the first nothing is left behind its end */
	for (unsigned i = 0; i < IDENTITY_ADDRESSES_MAX; i++)
		memcpy(written.addresses[i], "10.0.0.1/8", 11);
	written.address_count = IDENTITY_ADDRESSES_MAX;
	put();
	assert_null(identity_read(&nor_flash, PLACE, &identity, seed));
	for (unsigned i = 0; i < IDENTITY_ADDRESSES_MAX + 1; i++) /* the last isn't one of them */
		memcpy(written.addresses[0] + i * IDENTITY_ADDRESS, "10.0.0.1/8", 11);
	written.address_count = IDENTITY_ADDRESSES_MAX + 1;
	put();
	refused("serial number");
	start(state);
	written.addresses[0][2] = '<';
	put();
	refused("serial number");
	start(state);
	written.public[31] ^= 1;
	put();
	refused("public key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole, start),
		cmocka_unit_test_setup(damaged, start),
		cmocka_unit_test_setup(senseless, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
