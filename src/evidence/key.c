// SPDX-License-Identifier: Apache-2.0
/*
 * key.c - public keys that evidence is signed by, and their signatures, by OpenSSL: see bundle.h.
 */
#include "bundle.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "../log/log.h"

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  8192 /* more takes longer than it is worth */

_Static_assert(LOG_KEY == 32, "RFC 8032, 5.1.5");

static const char *ed25519_wrong(const EVP_PKEY *key)
{
	uint8_t raw[LOG_KEY];
	size_t size = sizeof(raw);

	if (EVP_PKEY_get_raw_public_key(key, raw, &size) != 1 || size != sizeof(raw))
		return "this Ed25519 key can't be read";
	return log_key_is_weak(raw) ? "a weak key: everybody can sign by it" : NULL;
}

/* FIPS 186-5, 5.1: 2048 bits at least, and an exponent above 65536: by 1 everybody can sign. */
static const char *rsa_wrong(const EVP_PKEY *key)
{
	const int bits = EVP_PKEY_get_bits(key);
	BIGNUM *exponent = NULL;
	bool good;

	if (bits < RSA_BITS_LEAST)
		return "a weak key: RSA of less than 2048 bits";
	if (bits > RSA_BITS_MOST)
		return "an RSA key of more than 8192 bits";
	good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
	       BN_num_bits(exponent) > 16 && BN_is_odd(exponent);
	BN_free(exponent);
	return good ? NULL : "a weak key: RSA with an exponent below 65537";
}

/* Curves by name: one whose parameters are its own may be anything. */
static const char *ec_wrong(const EVP_PKEY *key)
{
	static const char *const good[] = {SN_X9_62_prime256v1, SN_secp384r1, SN_secp521r1};
	char name[64] = "";

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1)
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			if (strcmp(name, good[i]) == 0)
				return NULL;
	return "an ECDSA key on another curve than P-256, P-384 or P-521";
}

struct kind {
	int id;
	const char *name;
	const char *(*wrong)(const EVP_PKEY *key);
	const EVP_MD *(*hash)(void); /* NULL: the signature has its own */
};

static const struct kind kinds[] = {
	{EVP_PKEY_ED25519, "Ed25519", ed25519_wrong, NULL},
	{EVP_PKEY_RSA, "RSA", rsa_wrong, EVP_sha256},
	{EVP_PKEY_RSA_PSS, "RSA-PSS", rsa_wrong, EVP_sha256},
	{EVP_PKEY_EC, "ECDSA", ec_wrong, EVP_sha256},
};

static const struct kind *kind_of(const EVP_PKEY *key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (EVP_PKEY_get_base_id(key) == kinds[i].id)
			return &kinds[i];
	return NULL;
}

static bool identify(struct bundle_key *key)
{
	uint8_t digest[DIGEST_SIZE];
	unsigned char *der = NULL;
	const int size = i2d_PUBKEY(key->key, &der);

	if (size <= 0)
		return false;
	digest_of(der, (size_t)size, digest);
	digest_text(digest, key->id);
	OPENSSL_free(der);
	return true;
}

static const char *read_key(struct bundle_key *key, const char *data, size_t size, bool public_alone)
{
	const struct kind *kind;
	const char *wrong;

	*key = (struct bundle_key){0};
	wrong = pem_key(key, data, size, public_alone);
	kind = wrong ? NULL : kind_of(key->key);
	if (!wrong)
		wrong = kind ? kind->wrong(key->key) : "this kind of key isn't taken: Ed25519, RSA or ECDSA";
	if (!wrong && !identify(key))
		wrong = "this key can't be written";
	if (!wrong) {
		key->kind = kind->name;
		return NULL;
	}
	EVP_PKEY_free(key->key);
	*key = (struct bundle_key){0};
	return wrong;
}

/* [impl->swr~evidence-keys~1] */
const char *key_read(struct bundle_key *key, const char *data, size_t size)
{
	return read_key(key, data, size, false);
}

const char *key_read_public(struct bundle_key *key, const char *data, size_t size)
{
	return read_key(key, data, size, true);
}

bool key_is_canonical(const struct bundle_key *key, const char *data, size_t size)
{
	BIO *const text = BIO_new(BIO_s_mem());
	char *right = NULL;
	bool same = false;

	if (text && PEM_write_bio_PUBKEY(text, key->key) == 1) {
		const long length = BIO_get_mem_data(text, &right);

		same = length > 0 && (size_t)length == size && memcmp(right, data, size) == 0;
	}
	BIO_free(text);
	return same;
}

/* OpenSSL refuses a second form of a signature: S above the group's order (RFC 8032, 5.1.7), DER that isn't
 * DER. Of an ECDSA signature it takes both s and n - s (FIPS 186-5, 6.4.2), and signs with either. */
bool key_signed(const struct bundle_key *key, const void *message, size_t size, const void *signature,
		size_t signature_size)
{
	const struct kind *const kind = kind_of(key->key);
	EVP_MD_CTX *const context = EVP_MD_CTX_new();
	bool holds = false;

	if (kind && context &&
	    EVP_DigestVerifyInit(context, NULL, kind->hash ? kind->hash() : NULL, NULL, key->key) == 1)
		holds = EVP_DigestVerify(context, signature, signature_size, message, size) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return holds;
}
