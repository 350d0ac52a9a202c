/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - a bundle while it is verified: what is found in its folder, what its manifest and its statements
 * say, and what is wrong. Private to src/evidence.
 *
 * Nothing of a bundle is trusted: sizes and counts have the limits below, and a name from it is printed
 * escaped.
 */
#ifndef BULKHEAD_EVIDENCE_BUNDLE_H
#define BULKHEAD_EVIDENCE_BUNDLE_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../compiler/digest.h"

#define BUNDLE_ENTRIES_MAX  65536u		 /* files and folders */
#define BUNDLE_PATH_MAX	    1024u		 /* bytes */
#define BUNDLE_DEPTH_MAX    32u			 /* names in a path */
#define BUNDLE_FILE_MAX	    (UINT64_C(4) << 30)	 /* bytes, of any file */
#define BUNDLE_ALL_MAX	    (UINT64_C(64) << 30) /* bytes, of all that are hashed */
#define BUNDLE_DOCUMENT_MAX (UINT64_C(8) << 20)	 /* bytes, of one that is read as JSON */
#define BUNDLE_MANIFEST_MAX (UINT64_C(16) << 20)
#define BUNDLE_RECORDS_MAX  (UINT64_C(64) << 20) /* is read by the line */
#define BUNDLE_KEY_MAX	    65536u		 /* bytes, of a key in PEM form */
#define BUNDLE_FAULTS_MAX   1000u /* that are told of files, and of the rest; more are counted */
#define BUNDLE_SUBJECTS_MAX 64u
#define BUNDLE_LACKS_MAX    16u

#define BUNDLE_MANIFEST	    "manifest.json"
#define BUNDLE_ATTESTATION  "attestation/"
#define BUNDLE_KEY	    BUNDLE_ATTESTATION "key.pem"
#define BUNDLE_PROVENANCE   BUNDLE_ATTESTATION "provenance.dsse.json"
#define BUNDLE_TEST_RESULT  BUNDLE_ATTESTATION "test-result.dsse.json"
#define BUNDLE_RECORDS	    "tests/records.jsonl"
#define BUNDLE_SUMMARY	    "tests/summary.json"
#define BUNDLE_INDEX	    "configuration/index.json"
#define BUNDLE_AUDIT	    "configuration/audit.json"
#define BUNDLE_REGISTERS    "configuration/registers.json"

enum fault_kind {
	FAULT_CHANGED,	 /* not what the manifest says */
	FAULT_ABSENT,	 /* something says that it is there */
	FAULT_ADDED,	 /* nothing says that it is there */
	FAULT_IRREGULAR, /* a link, a device, a pipe ... */
	FAULT_UNSAFE,	 /* a path that leaves the bundle, or can't be shown */
	FAULT_UNREADABLE,
	FAULT_LIMIT, /* more than can be right */
	FAULT_FORM,  /* not of the form that docs/evidence.md says */
	FAULT_KEY,
	FAULT_SIGNATURE,
	FAULT_SUBJECT, /* a statement is about something else */
	FAULT_STALE,   /* two files of the bundle say different things of one */
	FAULT_RECORDS,
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	char *path; /* in the bundle */
	char *words;
};

struct bundle_bytes {
	char *data; /* a NUL behind */
	size_t size;
};

struct bundle_file { /* found */
	char *path;
	uint64_t size;
	bool regular;
	bool changed; /* that it isn't what the manifest says is told */
};

struct bundle_hash { /* said of a file */
	char *path;
	uint64_t size; /* UINT64_MAX: not said */
	uint8_t digest[DIGEST_SIZE];
};

struct bundle_hashes { /* sorted by path, no path twice */
	struct bundle_hash *list;
	size_t count;
};

struct bundle_key {
	EVP_PKEY *key; /* NULL: there is none */
	const char *kind;
	char id[2 * DIGEST_SIZE + 1]; /* SHA-256 of its public half, SubjectPublicKeyInfo in DER */
	bool development;	      /* its certificate says so */
};

struct statement {	   /* in-toto Statement v1 */
	json_t *root;	   /* NULL: there is none */
	json_t *predicate; /* of root */
	struct bundle_hashes subjects;
};

struct bundle {
	int root; /* descriptor of the folder */
	struct fault *faults;
	size_t fault_count;   /* that are kept */
	size_t fault_before;  /* of them, when what is checked now began */
	uint64_t fault_total; /* that there are */

	struct bundle_file *files; /* sorted by path */
	size_t file_count;
	size_t entry_count; /* folders among them */
	bool cut;	    /* there were more than BUNDLE_ENTRIES_MAX */

	uint8_t manifest[DIGEST_SIZE];
	struct bundle_hashes listed; /* by the manifest */
	bool has_list;		     /* it could be read */
	struct bundle_hashes index;  /* files of the source tree and its build, by BUNDLE_INDEX */
	json_t *indexed;	     /* what BUNDLE_INDEX says; NULL: there is none */

	struct bundle_key key; /* that signatures are verified with */
	struct statement provenance, test_result;
	uint64_t records, passed, failed, skipped; /* of BUNDLE_RECORDS */
	bool counted; /* they are of all of it: nothing is wrong with its lines */

	const char
		*lacks[BUNDLE_LACKS_MAX]; /* of what a whole one has: not a fault of one that doesn't count */
	size_t lack_count;
};

/* faults.c */
void fault_add(struct bundle *bundle, enum fault_kind kind, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
const char *fault_kind_name(enum fault_kind kind);

/* path.c. NULL: it stays within the bundle and can be shown; else what is wrong with it. */
const char *path_wrong(const char *path);

/* walk.c: fills `files`; what isn't a regular file or a folder, or has no safe name, is a fault. */
void bundle_walk(struct bundle *bundle);
/* NULL: there is none such. */
const struct bundle_file *bundle_find(const struct bundle *bundle, const char *path);

/* file.c. NULL: done; else what is wrong. */
const char *bundle_read(const struct bundle *bundle, const char *path, struct bundle_bytes *bytes);
const char *bundle_digest(const struct bundle *bundle, const char *path, uint8_t digest[DIGEST_SIZE]);

/* hashes.c */
bool hash_read(const char *text, uint8_t digest[DIGEST_SIZE]); /* 64 lower-case digits, and no more */
void hashes_add(struct bundle_hashes *hashes, const char *path, uint64_t size,
		const uint8_t digest[DIGEST_SIZE]);
/* Sorts. The path of one that is there twice, with two digests; NULL: there is none. */
const char *hashes_sort(struct bundle_hashes *hashes);
const struct bundle_hash *hashes_find(const struct bundle_hashes *hashes, const char *path);
void hashes_free(struct bundle_hashes *hashes);

/* document.c: JSON without a member twice. NULL: with a fault of `path`. */
json_t *document_read(struct bundle *bundle, const char *path, const char *data, size_t size);

/* manifest.c. False: there is no list of files, so that nothing can be compared with it. */
bool manifest_read(struct bundle *bundle, const char *data, size_t size);
void manifest_compare(struct bundle *bundle);

/* index.c */
void index_read(struct bundle *bundle, const char *data, size_t size);

/* pem.c: fills `key` and `development`. NULL: done; else what is wrong. */
const char *pem_key(struct bundle_key *key, const char *data, size_t size, bool public_alone);

/* key.c. NULL: done; else what is wrong with the key. Somebody's own: public, private or a certificate. */
const char *key_read(struct bundle_key *key, const char *data, size_t size);
/* A bundle's: public. */
const char *key_read_public(struct bundle_key *key, const char *data, size_t size);
/* Is this the one way in which the public key is written? */
bool key_is_canonical(const struct bundle_key *key, const char *data, size_t size);
bool key_signed(const struct bundle_key *key, const void *message, size_t size, const void *signature,
		size_t signature_size);

/* envelope.c: the payload of a DSSE envelope, whatever its signature; false: there is none. */
bool envelope_open(struct bundle *bundle, const char *path, const char *data, size_t size,
		   struct bundle_bytes *payload);

/* statement.c: its subjects, its type, and its predicate; what they say is compared with the bundle. */
void statement_read(struct bundle *bundle, struct statement *statement, const char *path, const char *data,
		    size_t size);
/* In whichever folder it was made. */
bool subject_is(const struct bundle_hash *subject, const char *file);
/* predicates.c */
void provenance_check(struct bundle *bundle);
void test_result_check(struct bundle *bundle);
/* Array of strings, the reasons why the bundle doesn't count; NULL: nobody says. */
json_t *statement_not_for_credit(const struct statement *provenance);
/* It states that the bundle counts. */
bool statement_counts(const struct statement *provenance);
/* NULL: it doesn't say. */
const char *statement_commit(const struct statement *provenance);
const char *statement_config(const struct statement *provenance); /* the partition file's path */
const char *statement_config_sha256(const struct statement *provenance);
bool statement_short(const struct statement *provenance); /* the short form, by its own words */

/* claims.c: what a file says of commit, partition file and image, against the provenance. */
void claims_index(struct bundle *bundle);
void claims_audit(struct bundle *bundle, const char *data, size_t size);
void claims_registers(struct bundle *bundle, const char *data, size_t size);

/* whole.c: what a bundle that counts needs, and fills `lacks` of one that doesn't. */
void whole_check(struct bundle *bundle);

/* records.c: the chain, and each record against the manifest, the index and the statements. */
void evidence_records(struct bundle *bundle, const char *data, size_t size);

/* summary.c: what BUNDLE_SUMMARY says of how many tests there are, against the records, which are counted. */
void summary_check(struct bundle *bundle, const char *data, size_t size);

/* verify.c */
void bundle_verify(struct bundle *bundle, const struct bundle_key *given);
void bundle_free(struct bundle *bundle);

/* ascii.c: bytes that aren't printable ASCII, and the backslash, as \xNN; in quotes, with \uNNNN, bytes that
 * are no UTF-8 as U+FFFD. */
void ascii_text(FILE *out, const char *text);
void ascii_json(FILE *out, const char *text);

/* print.c */
void bundle_print(const struct bundle *bundle, const char *folder, bool given, bool json);

#endif
