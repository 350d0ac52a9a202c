/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.c - keys by OpenSSL: see pem.h.
 */
#include "pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

/* None is asked for on the terminal. */
static int no_password(char *buffer, int size, int writing, void *none)
{
	(void)buffer, (void)size, (void)writing, (void)none;
	return 0;
}

typedef EVP_PKEY *reader(BIO *text, EVP_PKEY **to, pem_password_cb *password, void *none);
typedef int extractor(const EVP_PKEY *key, unsigned char *raw, size_t *size);

static bool extract(const struct bytes *file, reader *read, extractor *take, uint8_t *raw)
{
	BIO *const text = file->size < INT32_MAX ? BIO_new_mem_buf(file->data, (int)file->size) : NULL;
	EVP_PKEY *const key = text ? read(text, NULL, no_password, NULL) : NULL;
	size_t size = PEM_KEY_SIZE;
	const bool good = key && EVP_PKEY_id(key) == EVP_PKEY_ED25519 && take(key, raw, &size) == 1;

	EVP_PKEY_free(key);
	BIO_free(text);
	return good;
}

bool pem_private(const struct bytes *file, uint8_t seed[PEM_KEY_SIZE])
{
	return extract(file, PEM_read_bio_PrivateKey, EVP_PKEY_get_raw_private_key, seed);
}

bool pem_public(const struct bytes *file, uint8_t key[PEM_KEY_SIZE])
{
	return extract(file, PEM_read_bio_PUBKEY, EVP_PKEY_get_raw_public_key, key) ||
	       extract(file, PEM_read_bio_PrivateKey, EVP_PKEY_get_raw_public_key, key);
}
