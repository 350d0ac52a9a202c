// SPDX-License-Identifier: Apache-2.0
/*
 * command.c - `bulkhead log verify`: see log.h.
 */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "../compiler/options.h"
#include "../compiler/pem.h"
#include "../compiler/process.h"

#define LOG_MAX (UINT64_C(1) << 30)
#define KEY_MAX UINT64_C(65536)

static int unreadable(const char *file, const char *why)
{
	fprintf(stderr, "%s: error: %s\n", file, why);
	return EXIT_USAGE;
}

/* As the health cell reads it: fewer digits are filled up with zeroes. */
static bool nonce_read(const char *digits, uint8_t *nonce)
{
	const size_t length = strlen(digits);

	memset(nonce, 0, LOG_NONCE);
	for (size_t i = 0; i < length && i < 2 * LOG_NONCE; i++) {
		const int value = log_nibble(digits[i]);

		if (value < 0)
			return false;
		nonce[i / 2] |= (uint8_t)(i % 2 ? value : value << 4);
	}
	return length && length <= 2 * LOG_NONCE;
}

/* [impl->swr~log-verify~2] */
int log_verify(const struct log_options *options)
{
	uint8_t key[LOG_KEY], nonce[LOG_NONCE];
	struct log_verdict verdict;
	struct bytes file;
	struct log log;
	const char *wrong;
	size_t line;

	if (options->key) {
		wrong = file_read(options->key, KEY_MAX, &file);
		if (wrong || !pem_public(&file, key))
			return unreadable(options->key, wrong ? wrong : "this is no Ed25519 key in PEM form");
		if (log_key_is_weak(key))
			return unreadable(options->key, "everybody can sign by this key");
	}
	if (options->nonce && !nonce_read(options->nonce, nonce))
		return unreadable(options->file, "--nonce: up to 64 hexadecimal digits");
	wrong = file_read(options->file, LOG_MAX, &file);
	if (wrong)
		return unreadable(options->file, wrong);
	wrong = log_read(&log, (const char *)file.data, file.size, &line);
	if (wrong)
		verdict = (struct log_verdict){.wrong = wrong, .line = line};
	else
		log_check(&log, options->key ? key : NULL, options->nonce ? nonce : NULL, &verdict);
	if (!options->quiet && !wrong)
		log_print(&log, &verdict, options->json);
	log_print_verdict(options, &log, &verdict);
	return verdict.wrong ? EXIT_WRONG : EXIT_DONE;
}
