// SPDX-License-Identifier: Apache-2.0
/*
 * command.c - `bulkhead evidence verify`: see evidence.h.
 */
#include "evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../compiler/options.h"
#include "../compiler/process.h"
#include "bundle.h"

static int unreadable(const char *file, const char *why)
{
	ascii_text(stderr, file);
	fprintf(stderr, ": error: %s\n", why);
	return EXIT_USAGE;
}

/* [impl->swr~evidence-verify~1] */
int evidence_verify(const struct evidence_options *options)
{
	struct bundle bundle = {.root = -1};
	struct bundle_key given = {0};
	const char *wrong;
	struct bytes file;
	int status;

	if (options->key) {
		wrong = file_read(options->key, BUNDLE_KEY_MAX, &file);
		if (!wrong)
			wrong = key_read(&given, (const char *)file.data, file.size);
		if (wrong)
			return unreadable(options->key, wrong);
	}
	bundle.root = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bundle.root < 0) {
		EVP_PKEY_free(given.key);
		return unreadable(options->folder, strerror(errno));
	}
	bundle_verify(&bundle, options->key ? &given : NULL);
	bundle_print(&bundle, options->folder, options->key != NULL, options->json);
	status = bundle.fault_total ? EXIT_WRONG : EXIT_DONE;
	close(bundle.root);
	bundle_free(&bundle);
	EVP_PKEY_free(given.key);
	return status;
}
