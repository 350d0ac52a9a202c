// SPDX-License-Identifier: Apache-2.0
/*
 * verify.c - the chain, the checkpoints and the cores' sequences: see log.h and docs/log.md.
 */
#include "log.h"

#include <openssl/evp.h>
#include <string.h>

#include "../compiler/digest.h"
#include "../compiler/text.h"

struct link { /* what is hashed for a record */
	uint8_t head[LOG_DIGEST];
	uint64_t number;
	struct event event;
};
_Static_assert(sizeof(struct link) == LOG_DIGEST + 8 + sizeof(struct event), "docs/log.md");

struct statement { /* what is signed */
	char purpose[24];
	uint8_t nonce[LOG_NONCE];
	uint64_t count;
	uint8_t head[LOG_DIGEST];
};
_Static_assert(sizeof(struct statement) == 96, "docs/log.md");

struct chain {
	uint8_t head[LOG_DIGEST];
	uint64_t number;
	uint64_t sequences[BP_CORES_MAX]; /* of each core's last event; 0: none yet */
};

/* [impl->swr~log-signatures~1] */
static bool signature_holds(const struct log_item *item)
{
	const struct log_checkpoint *const of = &item->checkpoint;
	struct statement statement = {.purpose = "bulkhead-checkpoint-1", .count = item->number};
	EVP_PKEY *const key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, of->key, LOG_KEY);
	EVP_MD_CTX *const context = EVP_MD_CTX_new();
	bool holds = false;

	memcpy(statement.nonce, of->nonce, LOG_NONCE);
	memcpy(statement.head, of->head, LOG_DIGEST);
	if (key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1)
		holds = EVP_DigestVerify(context, of->signature, LOG_SIGNATURE, (const uint8_t *)&statement,
					 sizeof(statement)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return holds;
}

/* A core numbers its events one after another, so a gap is what its ring lost before the health cell looked.
 */
static const char *check_sequence(struct chain *chain, const struct event *event, struct log_verdict *verdict)
{
	uint64_t *last;

	if (event->core >= BP_CORES_MAX)
		return "the record is of a core that can't be";
	last = &chain->sequences[event->core];
	if (event->sequence <= *last)
		return "the record's number on its core isn't above the last one's";
	if (*last && event->sequence - *last > 1) {
		verdict->lost += event->sequence - *last - 1;
		if (!verdict->lost_before)
			verdict->lost_before = chain->number;
	}
	*last = event->sequence;
	return NULL;
}

static const char *check_record(struct chain *chain, const struct log_item *item, struct log_verdict *verdict)
{
	struct link link = {.number = item->number, .event = item->event};

	if (item->number != chain->number + 1)
		return item->number > chain->number
			       ? text_format("record %llu is missing", (unsigned long long)chain->number + 1)
			       : "the record has been seen already: the order is wrong";
	memcpy(link.head, chain->head, LOG_DIGEST);
	digest_of(&link, sizeof(link), chain->head);
	if (memcmp(chain->head, item->shown, LOG_SHOWN) != 0)
		return "the record isn't what was chained: it was altered, or one before it is another's";
	chain->number++;
	verdict->records++;
	return check_sequence(chain, &item->event, verdict);
}

static const char *check_checkpoint(const struct chain *chain, const struct log_item *item,
				    const uint8_t *key, const uint8_t *nonce, struct log_verdict *verdict)
{
	const struct log_checkpoint *const checkpoint = &item->checkpoint;

	if (item->number > chain->number)
		return text_format("records %llu to %llu are missing: the checkpoint speaks of them",
				   (unsigned long long)chain->number + 1, (unsigned long long)item->number);
	if (item->number < chain->number)
		return "the checkpoint is of fewer records than come before it";
	if (memcmp(checkpoint->head, chain->head, LOG_DIGEST) != 0)
		return "the checkpoint's head isn't that of the records before it";
	if (checkpoint->is_signed && !signature_holds(item))
		return "the checkpoint's signature is wrong";
	if (key && !checkpoint->is_signed)
		return "the checkpoint isn't signed, and a key was given";
	if (key && memcmp(key, checkpoint->key, LOG_KEY) != 0)
		return "the checkpoint is signed by another key than the one given";
	verdict->checkpoints++;
	verdict->proven = item->number;
	if (key)
		verdict->authenticated = item->number;
	verdict->fresh = nonce && memcmp(nonce, checkpoint->nonce, LOG_NONCE) == 0;
	return NULL;
}

/* [impl->swr~log-chain~1] */
void log_check(const struct log *log, const uint8_t *key, const uint8_t *nonce, struct log_verdict *verdict)
{
	static struct chain chain;

	*verdict = (struct log_verdict){0};
	chain = (struct chain){.number = log->base};
	memcpy(chain.head, log->base_head, LOG_DIGEST);
	if (!log->base && memcmp(log->base_head, log->first_head, LOG_DIGEST) != 0) {
		verdict->wrong = "the lines that say which machine it is were altered";
		verdict->line = 1;
	}
	for (size_t i = 0; i < log->item_count && !verdict->wrong; i++) {
		const struct log_item *const item = &log->items[i];

		verdict->line = item->line;
		switch (item->kind) {
		case LOG_RECORD:
			verdict->wrong = check_record(&chain, item, verdict);
			break;
		case LOG_GONE:
			verdict->wrong = text_format("record %llu had been overwritten when it was asked for",
						     (unsigned long long)item->number);
			break;
		case LOG_CHECKPOINT:
			verdict->wrong = check_checkpoint(&chain, item, key, nonce, verdict);
			break;
		}
	}
	if (!verdict->wrong && !verdict->checkpoints)
		verdict->wrong = "there is no checkpoint: records may be missing at the end";
	if (!verdict->wrong && nonce && !verdict->fresh)
		verdict->wrong = "the last checkpoint doesn't answer the nonce: this may be an old log";
}
