// SPDX-License-Identifier: Apache-2.0
/*
 * identity.c - reads the identity (identity.h). [impl->swr~identity-read~1]
 */
#include "identity.h"

#include <string.h>

#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

#include "crc32.h"

_Static_assert(crypto_sign_ed25519_SEEDBYTES == IDENTITY_SEED, "a seed");
_Static_assert(crypto_sign_ed25519_PUBLICKEYBYTES == sizeof(((struct boot_identity *)0)->public), "a key");

static bool is_name(char letter)
{
	return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
	       (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

static bool is_address(char letter)
{
	return (letter >= '0' && letter <= '9') || letter == '.' || letter == '/';
}

/* One character or more of such, zeroes behind them. */
static bool is_text(const char *text, uint32_t room, bool (*may)(char letter))
{
	uint32_t length = 0;

	while (length < room && may(text[length]))
		length++;
	for (uint32_t i = length; i < room; i++)
		if (text[i])
			return false;
	return length;
}

/* Nothing of it reaches a console, a document or the network before it has been looked at here. */
static bool is_sound(const struct boot_identity *from)
{
	if (!is_text(from->serial, IDENTITY_SERIAL, is_name) || from->mac_count > IDENTITY_MACS_MAX ||
	    from->address_count > IDENTITY_ADDRESSES_MAX)
		return false;
	for (uint32_t i = 0; i < from->address_count; i++)
		if (!is_text(from->addresses[i], IDENTITY_ADDRESS, is_address))
			return false;
	return true;
}

static bool keys_match(const struct boot_identity *from)
{
	uint8_t public[crypto_sign_ed25519_PUBLICKEYBYTES], secret[crypto_sign_ed25519_SECRETKEYBYTES];
	bool same;

	crypto_sign_ed25519_seed_keypair(public, secret, from->seed);
	same = memcmp(public, from->public, sizeof(public)) == 0;
	sodium_memzero(secret, sizeof(secret));
	return same;
}

static const char *check(const struct boot_identity *from)
{
	if (from->magic == BOOT_ERASED)
		return "none was written";
	if (from->magic != IDENTITY_MAGIC || from->format != IDENTITY_FORMAT)
		return "what is in its place is none";
	if (from->crc != __builtin_bswap32(crc32_add(0, from, offsetof(struct boot_identity, crc))))
		return "its checksum is wrong";
	if (!is_sound(from))
		return "serial number, MACs or addresses are none";
	return keys_match(from) ? NULL : "its public key isn't its private key's";
}

static void show(const struct boot_identity *from, struct identity *identity)
{
	identity->there = true;
	memcpy(identity->serial, from->serial, sizeof(from->serial));
	identity->mac_count = from->mac_count;
	memcpy(identity->macs, from->macs, sizeof(identity->macs));
	identity->address_count = from->address_count;
	for (uint32_t i = 0; i < from->address_count; i++)
		memcpy(identity->addresses[i], from->addresses[i], sizeof(from->addresses[i]));
}

const char *identity_read(const struct flash *flash, uint32_t offset, struct identity *identity,
			  uint8_t *seed)
{
	uint32_t words[sizeof(struct boot_identity) / sizeof(uint32_t)] = {0};
	struct boot_identity from;
	const char *wrong;

	*identity = (struct identity){0};
	memset(seed, 0, IDENTITY_SEED);
	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = flash->read(offset + i * (uint32_t)sizeof(words[0]));
	memcpy(&from, words, sizeof(from));
	wrong = check(&from);
	if (!wrong) {
		show(&from, identity);
		memcpy(seed, from.seed, IDENTITY_SEED);
	}
	sodium_memzero(&from, sizeof(from));
	sodium_memzero(words, sizeof(words));
	return wrong;
}
