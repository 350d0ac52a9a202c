// SPDX-License-Identifier: Apache-2.0
/*
 * pem.c - the key in PEM text (RFC 7468), by OpenSSL: see bundle.h. Nothing that is encrypted is read: nobody
 * is asked for a pass phrase, and no key is derived in as many rounds as a file says.
 */
#include "bundle.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define DEVELOPMENT  "Bulkhead development key" /* scripts/imaging/keys.py */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static EVP_PKEY *of_public(const unsigned char *der, long size, bool *development)
{
	*development = false;
	return d2i_PUBKEY(NULL, &der, size);
}

static EVP_PKEY *of_private(const unsigned char *der, long size, bool *development)
{
	*development = false;
	return d2i_AutoPrivateKey(NULL, &der, size);
}

/* Its key, and whether its subject says that it is a development key. */
static EVP_PKEY *of_certificate(const unsigned char *der, long size, bool *development)
{
	X509 *const certificate = d2i_X509(NULL, &der, size);
	EVP_PKEY *const key = certificate ? X509_get_pubkey(certificate) : NULL;
	char name[256] = "";

	if (certificate)
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
					  sizeof(name));
	*development = strstr(name, DEVELOPMENT) != NULL;
	X509_free(certificate);
	return key;
}

static const struct form {
	const char *name;
	EVP_PKEY *(*read)(const unsigned char *der, long size, bool *development);
} forms[] = {
	{PEM_STRING_PUBLIC, of_public},	   {PEM_STRING_PKCS8INF, of_private},
	{PEM_STRING_RSA, of_private},	   {PEM_STRING_ECPRIVATEKEY, of_private},
	{PEM_STRING_X509, of_certificate},
};

/* A name that isn't known is passed over: "EC PARAMETERS" stand before their key. */
static void take(struct bundle_key *key, size_t count, const char *name, const unsigned char *der, long size)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(forms[i].name, name) == 0)
			key->key = forms[i].read(der, size, &key->development);
}

/* By its name, or by a header (RFC 1421, 4.6.1.1), which no other form of a key has. */
static bool is_encrypted(const char *name, const char *header)
{
	return strcmp(name, PEM_STRING_PKCS8) == 0 || header[0];
}

const char *pem_key(struct bundle_key *key, const char *data, size_t size, bool public_alone)
{
	const char *wrong = NULL;
	unsigned char *der;
	char *name, *header;
	BIO *text;
	long length;

	if (size > BUNDLE_KEY_MAX)
		return "it is larger than a key can be";
	text = BIO_new_mem_buf(data, (int)size);
	while (!wrong && !key->key && PEM_read_bio(text, &name, &header, &der, &length) == 1) {
		if (is_encrypted(name, header))
			wrong = "it is encrypted: a key is read as it stands there, without a pass phrase";
		else
			take(key, public_alone ? 1 : COUNT(forms), name, der, length);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(text);
	ERR_clear_error();
	return wrong || key->key ? wrong : "this is no key in PEM form";
}
