// SPDX-License-Identifier: Apache-2.0
/*
 * command.c - `bulkhead log verify`: see log.h.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../compiler/json.h"
#include "../compiler/options.h"
#include "../compiler/pem.h"
#include "../compiler/process.h"
#include "records.h"

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

static void records_print_json(const char *file, const char *wrong, const struct records_verdict *verdict)
{
	printf("{\"file\":");
	json_text(stdout, file);
	printf(",\"commit\":\"%s\",\"dirty\":%s,\"tagged\":%s,\"records\":%" PRIu64 ",\"passed\":%" PRIu64
	       ",\"failed\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"wrong\":",
	       verdict->commit, verdict->dirty ? "true" : "false", verdict->tagged ? "true" : "false",
	       verdict->records, verdict->passed, verdict->failed, verdict->skipped);
	if (wrong) {
		json_text(stdout, wrong);
		printf(",\"line\":%zu}\n", verdict->line);
	} else {
		printf("null}\n");
	}
}

/* A file of test records: its form and its chain. Whether it is the one that was handed over only a signature
 * over its hash says. */
static int records_verify(const struct log_options *options, const struct bytes *file)
{
	struct records_verdict verdict;
	const char *wrong;

	if (options->key || options->nonce)
		return unreadable(
			options->file,
			"test records have neither key nor nonce: the bundle that they are of is signed");
	wrong = records_check((const char *)file->data, file->size, &verdict);
	if (options->json)
		records_print_json(options->file, wrong, &verdict);
	if (wrong)
		fprintf(stderr, "%s:%zu: error: %s\n", options->file, verdict.line, wrong);
	if (options->json || wrong)
		return wrong ? EXIT_WRONG : EXIT_DONE;
	printf("%s: %" PRIu64 " records, %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64
	       " skipped: consistent, not authenticated%s%s\n",
	       options->file, verdict.records, verdict.passed, verdict.failed, verdict.skipped,
	       verdict.dirty ? "; NOT FOR CREDIT: the tree had changes that weren't committed" : "",
	       verdict.tagged || verdict.dirty ? "" : "; NOT FOR CREDIT: the commit had no tag");
	return EXIT_DONE;
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
	if (records_are((const char *)file.data, file.size))
		return records_verify(options, &file);
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
