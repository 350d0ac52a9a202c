// SPDX-License-Identifier: Apache-2.0
/*
 * print.c - what was found, for people, or as JSON lines: see bundle.h. What a bundle says reaches no
 * terminal as it is.
 */
#include "bundle.h"

#include <inttypes.h>
#include <stdio.h>

static void print_faults(const struct bundle *bundle, const char *folder)
{
	for (size_t i = 0; i < bundle->fault_count; i++) {
		ascii_text(stderr, folder);
		putc('/', stderr);
		ascii_text(stderr, bundle->faults[i].path);
		fputs(": error: ", stderr);
		ascii_text(stderr, bundle->faults[i].words);
		putc('\n', stderr);
	}
	if (bundle->fault_total > bundle->fault_count) {
		ascii_text(stderr, folder);
		fprintf(stderr, ": error: %" PRIu64 " more that aren't told\n",
			bundle->fault_total - bundle->fault_count);
	}
}

static void print_verdict(const struct bundle *bundle, const char *folder, bool given)
{
	json_t *const reasons = statement_not_for_credit(&bundle->provenance), *reason;
	size_t i;

	ascii_text(stdout, folder);
	printf(": %zu files, %" PRIu64 " test records: ", bundle->listed.count, bundle->records);
	if (given)
		printf("authenticated by the %s key %s%s\n", bundle->key.kind, bundle->key.id,
		       bundle->key.development ? ", a development key: NOT FOR CREDIT" : "");
	else
		printf("consistent, not authenticated: no key was given (it is signed by the %s key %s)\n",
		       bundle->key.kind, bundle->key.id);
	ascii_text(stdout, folder);
	printf(": tests: %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n", bundle->passed,
	       bundle->failed, bundle->skipped);
	if (bundle->lack_count) {
		ascii_text(stdout, folder);
		fputs(": lacks: ", stdout);
	}
	for (i = 0; i < bundle->lack_count; i++)
		printf("%s%s", bundle->lacks[i], i + 1 < bundle->lack_count ? ", " : "\n");
	json_array_foreach(reasons, i, reason)
	{
		ascii_text(stdout, folder);
		fputs(": NOT FOR CREDIT: ", stdout);
		ascii_text(stdout, json_string_value(reason));
		putchar('\n');
	}
}

static void print_json(const struct bundle *bundle, const char *folder, bool given)
{
	json_t *const reasons = statement_not_for_credit(&bundle->provenance), *reason;
	char manifest[2 * DIGEST_SIZE + 1];
	size_t i;

	for (i = 0; i < bundle->fault_count; i++) {
		printf("{\"fault\":\"%s\",\"path\":", fault_kind_name(bundle->faults[i].kind));
		ascii_json(stdout, bundle->faults[i].path);
		fputs(",\"words\":", stdout);
		ascii_json(stdout, bundle->faults[i].words);
		fputs("}\n", stdout);
	}
	digest_text(bundle->manifest, manifest);
	fputs("{\"bundle\":", stdout);
	ascii_json(stdout, folder);
	printf(",\"manifest\":\"%s\",\"files\":%zu,\"records\":%" PRIu64 ",\"passed\":%" PRIu64
	       ",\"failed\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"key\":",
	       manifest, bundle->listed.count, bundle->records, bundle->passed, bundle->failed,
	       bundle->skipped);
	if (bundle->key.key)
		printf("\"%s\",\"key_kind\":\"%s\"", bundle->key.id, bundle->key.kind);
	else
		fputs("null", stdout);
	printf(",\"authenticated\":%s,\"not_for_credit\":", given && !bundle->fault_total ? "true" : "false");
	if (!reasons)
		fputs("null", stdout);
	json_array_foreach(reasons, i, reason)
	{
		putchar(i ? ',' : '[');
		ascii_json(stdout, json_is_string(reason) ? json_string_value(reason) : "");
	}
	printf("%s,\"lacks\":[", !reasons ? "" : json_array_size(reasons) ? "]" : "[]");
	for (i = 0; i < bundle->lack_count; i++)
		printf("%s\"%s\"", i ? "," : "", bundle->lacks[i]);
	printf("],\"faults\":%" PRIu64 "}\n", bundle->fault_total);
}

void bundle_print(const struct bundle *bundle, const char *folder, bool given, bool json)
{
	if (json)
		print_json(bundle, folder, given);
	else
		print_faults(bundle, folder);
	if (!json && !bundle->fault_total)
		print_verdict(bundle, folder, given);
}
