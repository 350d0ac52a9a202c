/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256.c - SHA-256 (FIPS 180-4, section 6.2): by the core's own instructions where it has them, else in
 * general registers alone.
 */
#include "sha256.h"
#include "arch.h"

const u32 sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 rotate(u32 x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static u32 big_endian(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static void block_add(u32 state[8], const u8 block[64])
{
	u32 w[64], v[8];

	for (unsigned int t = 0; t < 16; t++)
		w[t] = big_endian(block + 4 * t);
	for (unsigned int t = 16; t < 64; t++) {
		const u32 a = w[t - 15], b = w[t - 2];

		w[t] = (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10) + w[t - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[t - 16];
	}
	for (unsigned int i = 0; i < 8; i++)
		v[i] = state[i];
	for (unsigned int t = 0; t < 64; t++) {
		const u32 e = v[4], a = v[0];
		const u32 t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			       ((e & v[5]) ^ (~e & v[6])) + sha256_k[t] + w[t];
		const u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			       ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		v[7] = v[6];
		v[6] = v[5];
		v[5] = v[4];
		v[4] = v[3] + t1;
		v[3] = v[2];
		v[2] = v[1];
		v[1] = v[0];
		v[0] = t1 + t2;
	}
	for (unsigned int i = 0; i < 8; i++)
		state[i] += v[i];
}

static void blocks_add(u32 state[8], const u8 *blocks, u64 count)
{
	if (arch_sha256(state, blocks, count))
		return;
	for (u64 i = 0; i < count; i++)
		block_add(state, blocks + 64 * i);
}

void sha256_start(struct sha256 *sha)
{
	static const u32 initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	for (unsigned int i = 0; i < 8; i++)
		sha->state[i] = initial[i];
	sha->length = 0;
}

void sha256_add(struct sha256 *sha, const void *data, u64 size)
{
	const u8 *bytes = data;

	while (size) {
		const u64 filled = sha->length % 64;

		if (filled == 0 && size >= 64) {
			const u64 whole = size - size % 64;

			blocks_add(sha->state, bytes, whole / 64);
			bytes += whole;
			size -= whole;
			sha->length += whole;
			continue;
		}
		sha->block[filled] = *bytes++;
		size--;
		sha->length++;
		if (filled == 63)
			blocks_add(sha->state, sha->block, 1);
	}
}

void sha256_end(struct sha256 *sha, u8 digest[SHA256_BYTES])
{
	static const u8 one = 0x80, zero = 0;
	const u64 bits = sha->length * 8;
	u8 length[8];

	for (unsigned int i = 0; i < 8; i++)
		length[i] = (u8)(bits >> (56 - 8 * i));
	sha256_add(sha, &one, 1);
	while (sha->length % 64 != 56)
		sha256_add(sha, &zero, 1);
	sha256_add(sha, length, 8);
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		digest[i] = (u8)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

bool digest_equal(const u8 *a, const u8 *b)
{
	u8 difference = 0;

	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}
