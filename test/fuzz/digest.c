// SPDX-License-Identifier: Apache-2.0
/*
 * digest.c - SHA-256, but each bytes once: what the target has just put into the image the auditor asks for
 * again. A digest is remembered with its bytes, so it is the right one whatever they are. build.mk compiles
 * `audit` with it.
 */
#include <openssl/sha.h>
#include <string.h>

#define REMEMBERED 8u	 /* of an image more aren't long */
#define SHORT	   4096u /* bytes: not worth it */
#define LONG	   (1u << 20)

unsigned char *digest_once(const unsigned char *bytes, size_t size, unsigned char *value);

unsigned char *digest_once(const unsigned char *bytes, size_t size, unsigned char *value)
{
	static struct {
		size_t size;
		unsigned char value[SHA256_DIGEST_LENGTH], bytes[LONG];
	} remembered[REMEMBERED], *next = remembered;

	if (size < SHORT || size > LONG)
		return SHA256(bytes, size, value);
	for (size_t i = 0; i < REMEMBERED; i++)
		if (remembered[i].size == size && !memcmp(remembered[i].bytes, bytes, size))
			return memcpy(value, remembered[i].value, sizeof(remembered[i].value));
	SHA256(bytes, size, next->value);
	memcpy(next->bytes, bytes, size);
	next->size = size;
	memcpy(value, next->value, sizeof(next->value));
	next = next + 1 == remembered + REMEMBERED ? remembered : next + 1;
	return value;
}
