// SPDX-License-Identifier: Apache-2.0
/*
 * print.c - a log for people, or as JSON lines: see log.h.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>

#include "../../cells/health/event_text.h"
#include "../../cells/health/names.h"
#include "../compiler/json.h"

#define TEXT_MAX 256u

static const char *cell_name(const struct log *log, uint64_t cell)
{
	return cell < log->cell_count ? log->cells[cell] : "-";
}

static void print_record(const struct log *log, const struct log_item *item, bool proven, bool json)
{
	const struct event *const event = &item->event;
	const uint64_t seconds = event->time / log->hz, us = event->time % log->hz * 1000000 / log->hz;
	char text[TEXT_MAX];

	event_text(event, text, sizeof(text));
	if (!json) {
		printf("%" PRIu64 " %" PRIu64 ".%06" PRIu64 " core=%u cell=%s %s\n", item->number, seconds,
		       us, event->core, cell_name(log, event->cell), text);
		return;
	}
	printf("{\"record\":%" PRIu64 ",\"seconds\":%" PRIu64 ".%06" PRIu64 ",\"core\":%u,\"cell\":",
	       item->number, seconds, us, event->core);
	json_text(stdout, cell_name(log, event->cell));
	printf(",\"sequence\":%" PRIu64 ",\"code\":%" PRIu32 ",\"event\":", event->sequence, event->code);
	json_text(stdout, name_event(event->code));
	printf(",\"args\":[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\",\"0x%" PRIx64 "\",\"0x%" PRIx64
	       "\"],\"text\":",
	       event->args[0], event->args[1], event->args[2], event->args[3]);
	json_text(stdout, text);
	printf(",\"proven\":%s}\n", proven ? "true" : "false");
}

void log_print(const struct log *log, const struct log_verdict *verdict, bool json)
{
	for (size_t i = 0; i < log->item_count; i++) {
		const struct log_item *const item = &log->items[i];

		if (verdict->wrong && item->line >= verdict->line)
			break;
		if (item->kind == LOG_RECORD)
			print_record(log, item, item->number <= verdict->proven, json);
	}
}

static void print_json(const struct log_options *options, const struct log *log,
		       const struct log_verdict *verdict)
{
	printf("{\"file\":");
	json_text(stdout, options->file);
	printf(",\"config\":");
	for (size_t i = 0; i < LOG_DIGEST; i++)
		printf("%s%02x", i ? "" : "\"", log->config[i]);
	printf("\",\"boot\":%" PRIu64 ",\"life\":%" PRIu64 ",\"records\":%" PRIu64 ",\"base\":%" PRIu64
	       ",\"missing\":%" PRIu64 ",\"checkpoints\":%" PRIu64 ",\"proven\":%" PRIu64
	       ",\"authenticated\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"wrong\":",
	       log->boot, log->life, verdict->records, verdict->base, verdict->missing, verdict->checkpoints,
	       verdict->proven, verdict->authenticated, verdict->lost, verdict->dropped);
	if (verdict->wrong) {
		json_text(stdout, verdict->wrong);
		printf(",\"line\":%zu}\n", verdict->line);
	} else {
		printf("null}\n");
	}
}

/* What isn't in the file, and why. */
static void print_absent(const struct log_verdict *verdict)
{
	if (verdict->last > verdict->proven)
		printf("; the last %" PRIu64 " come after the last checkpoint, so that more may be missing",
		       verdict->last - verdict->proven);
	if (verdict->base)
		printf("; the first %" PRIu64 " aren't in it: the machine no longer had them at a "
		       "checkpoint, or they were taken out since",
		       verdict->base);
	if (verdict->missing)
		printf("; %" PRIu64 " from record %" PRIu64 " on are missing: the machine no longer had them "
		       "at a checkpoint, or they were taken out since",
		       verdict->missing, verdict->missing_first);
	if (verdict->lost)
		printf("; %" PRIu64 " events were lost in their rings", verdict->lost);
	if (verdict->lost_before)
		printf(", the first before record %" PRIu64, verdict->lost_before);
	if (verdict->dropped)
		printf("; %" PRIu64 " events of guests beyond their measure were counted only",
		       verdict->dropped);
}

void log_print_verdict(const struct log_options *options, const struct log *log,
		       const struct log_verdict *verdict)
{
	if (options->json)
		print_json(options, log, verdict);
	if (verdict->wrong)
		fprintf(stderr, "%s:%zu: error: %s\n", options->file, verdict->line, verdict->wrong);
	if (options->json || verdict->wrong)
		return;
	printf("%s: %" PRIu64 " records, %" PRIu64 " checkpoints: ", options->file, verdict->records,
	       verdict->checkpoints);
	if (options->key)
		printf("authenticated up to record %" PRIu64, verdict->authenticated);
	else
		printf("consistent, not authenticated: no key was given");
	print_absent(verdict);
	printf("\n");
}
