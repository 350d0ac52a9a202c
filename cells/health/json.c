// SPDX-License-Identifier: Apache-2.0
/*
 * json.c - /health (json.h). Names are those of nodes of a device tree: nothing in them needs an escape.
 */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "names.h"
#include "slots.h"
#include "timer.h"

#define SECONDS_TEXT 24u
#define NAME_TEXT    40u
#define DIGEST_TEXT  (HEX_TEXT(MACHINE_DIGEST) + 2) /* in quotes */

_Static_assert(NAME_TEXT >= IDENTITY_SERIAL + 3, "the longest of names, in quotes");

enum { PART_HEAD, PART_CELLS, PART_OVER, PART_DIGESTS, PART_DIGEST, PART_BOOT, PART_SLOT, PART_END };

enum condition { WELL, COMING_UP, ILL };

static enum condition condition_of(const struct body_source *source, uint32_t cell)
{
	struct cell_view view;

	machine_view(source->machine, cell, &view);
	if (view.state == CELL_STARTING)
		return COMING_UP;
	if (view.state != CELL_RUNNING && view.state != CELL_READY)
		return ILL;
	return source->counters->cells[cell].incident ? ILL : WELL;
}

static enum condition condition_of_all(const struct body_source *source)
{
	enum condition worst = WELL;

	for (uint32_t i = 0; i < source->machine->cell_count; i++) {
		const enum condition of = condition_of(source, i);

		worst = of > worst ? of : worst;
	}
	return worst;
}

/* [impl->swr~http-health~1] */
bool json_all_well(const struct body_source *source)
{
	return condition_of_all(source) == WELL;
}

static uint32_t length_of(int written)
{
	return written < 0 ? 0 : (uint32_t)written;
}

/* As a number, or null for 0, which is none. [impl->swr~http-health~1] */
static const char *seconds(uint64_t ns, char text[SECONDS_TEXT])
{
	if (!ns)
		return "null";
	snprintf(text, SECONDS_TEXT, "%" PRIu64 ".%03" PRIu64, ns / NS_PER_SECOND,
		 ns % NS_PER_SECOND / 1000000);
	return text;
}

static uint32_t health_watchdog(const struct body *body, char *text, uint32_t room)
{
	const struct watchdog_counters *of = &body->source->counters->watchdog;
	char el2[SECONDS_TEXT], hardware[SECONDS_TEXT];

	return length_of(snprintf(
		text, room,
		"],\n\"watchdog\": {\"el2_seconds\": %s, \"hardware_seconds\": %s, \"fired\": %s},\n",
		seconds(of->el2_ns, el2), seconds(of->hardware_ns, hardware), of->fired ? "true" : "false"));
}

static const char *proven(const struct body *body, enum proof proof)
{
	const volatile struct telemetry_core *const service = machine_service(body->source->machine);
	const uint64_t proofs = service ? service->proofs : 0;

	if (!(proofs & PROOF_TRIED(proof)))
		return "null";
	return proofs & PROOF_PROVEN(proof) ? "true" : "false";
}

static uint32_t health_proofs(const struct body *body, char *text, uint32_t room)
{
	return length_of(snprintf(
		text, room, "\"protection_proven\": {\"stage2\": %s, \"smmu\": %s, \"watchdog\": %s},\n",
		proven(body, PROOF_STAGE2), proven(body, PROOF_SMMU), proven(body, PROOF_WATCHDOG)));
}

/* A digest or a key, of MACHINE_DIGEST bytes, in quotes; or null. */
static const char *digest_text(const uint8_t *digest, bool known, char text[DIGEST_TEXT])
{
	if (!known)
		return "null";
	text[0] = '"';
	hex(digest, MACHINE_DIGEST, text + 1);
	strcat(text, "\"");
	return text;
}

static uint32_t health_digests(const struct body *body, char *text, uint32_t room)
{
	uint8_t digest[MACHINE_DIGEST];
	char digits[DIGEST_TEXT], key[DIGEST_TEXT];
	const bool known = machine_blueprint_digest(body->source->machine, digest);

	return length_of(snprintf(text, room,
				  "\"log_key\": %s,\n\"digests\": {\"blueprint\": %s, \"cells\": {\n",
				  digest_text(body->source->log_key, body->source->log_key, key),
				  digest_text(digest, known, digits)));
}

/* The object's form is that of `digests` in manifest.json. [impl->swr~digests-told~1] */
static uint32_t health_digest(const struct body *body, uint32_t cell, char *text, uint32_t room)
{
	const struct machine *machine = body->source->machine;
	uint8_t digest[MACHINE_DIGEST];
	char digits[DIGEST_TEXT];
	const bool known = machine_images_digest(machine, cell, digest);
	const char *const end = cell + 1 < machine->cell_count ? ",\n"
				: body->source->slots	       ? "}},\n"
							       : "}}\n}\n";

	return length_of(snprintf(text, room, "\"%s\": %s%s", machine->cells[cell].name,
				  digest_text(digest, known, digits), end));
}

static uint32_t health_head(const struct body *body, char *text, uint32_t room)
{
	static const char *const words[] = {[WELL] = "ok", [COMING_UP] = "starting", [ILL] = "degraded"};
	const uint64_t ns =
		timer_to_ns(machine_since_boot(body->source->machine, body->now), body->source->machine->hz);

	return length_of(snprintf(
		text, room,
		"{\n\"status\": \"%s\",\n\"uptime_seconds\": %" PRIu64 ".%03" PRIu64 ",\n\"cells\": [\n",
		words[condition_of_all(body->source)], ns / NS_PER_SECOND, ns % NS_PER_SECOND / 1000000));
}

static uint32_t health_cell(const struct body *body, uint32_t cell, char *text, uint32_t room)
{
	const struct machine *machine = body->source->machine;
	struct cell_view view;

	machine_view(machine, cell, &view);
	return length_of(snprintf(text, room,
				  "{\"cell\": \"%s\", \"state\": \"%s\", \"well\": %s, \"overdue\": %s, "
				  "\"generation\": %" PRIu64 ", \"restarts\": %" PRIu64 "}%s\n",
				  machine->cells[cell].name, name_state(view.state),
				  condition_of(body->source, cell) == WELL ? "true" : "false",
				  body->source->counters->cells[cell].incident ? "true" : "false",
				  view.generation, view.restarts, cell + 1 < machine->cell_count ? "," : ""));
}

/* A name in quotes, or null. */
static const char *quoted(const char *name, bool known, char text[NAME_TEXT])
{
	if (!known)
		return "null";
	snprintf(text, NAME_TEXT, "\"%s\"", name);
	return text;
}

/* [impl->swr~http-boot~1] */
static uint32_t health_boot(const struct slots *of, char *text, uint32_t room)
{
	const struct boot_view *const view = &of->boot->view;
	char serial[NAME_TEXT], running[NAME_TEXT], primary[NAME_TEXT], fell[NAME_TEXT];

	return length_of(snprintf(text, room,
				  "\"boot\": {\"serial\": %s, \"slot\": %s, \"confirmed\": %s, \"primary\": "
				  "%s, \"floor\": %" PRIu32 ", \"record\": %" PRIu32
				  ", \"state_lost\": %s, \"fell_back_from\": %s, \"slots\": [\n",
				  quoted(of->identity->serial, of->identity->there, serial),
				  quoted(name_slot(view->running), view->running != BOOT_UNKNOWN, running),
				  of->boot->confirmed ? "true" : "false",
				  quoted(name_slot(view->record.primary), view->valid, primary),
				  view->record.floor, view->record.sequence, of->lost ? "true" : "false",
				  quoted(name_slot(view->fell_back), view->fell_back != BOOT_UNKNOWN, fell)));
}

static uint32_t health_slot(const struct slots *of, uint32_t slot, char *text, uint32_t room)
{
	const struct boot_view *const view = &of->boot->view;
	const bool refused = view->attempts[slot] && slot != view->running;
	char status[NAME_TEXT], reason[NAME_TEXT];

	return length_of(snprintf(text, room,
				  "{\"slot\": \"%s\", \"status\": %s, \"attempts\": %" PRIu32
				  ", \"counter\": %" PRIu32 ", \"refused\": %s}%s\n",
				  name_slot(slot),
				  quoted(name_slot_status(view->record.status[slot]), view->valid, status),
				  view->attempts[slot], view->record.counter[slot],
				  quoted(name_boot_reason(view->reason[slot]), refused, reason),
				  slot + 1 < BOOT_SLOTS ? "," : "]}\n}"));
}

uint32_t json_health_piece(struct body *body, char *text, uint32_t room)
{
	switch (body->part) {
	case PART_HEAD:
		body->part = PART_CELLS;
		return health_head(body, text, room);
	case PART_CELLS:
		if (body->outer < body->source->machine->cell_count)
			return health_cell(body, body->outer++, text, room);
		body->part = PART_OVER;
		return health_watchdog(body, text, room);
	case PART_OVER:
		body->part = PART_DIGESTS;
		return health_proofs(body, text, room);
	case PART_DIGESTS:
		body->part = PART_DIGEST;
		body->outer = 0;
		return health_digests(body, text, room);
	case PART_DIGEST:
		if (body->outer + 1 == body->source->machine->cell_count)
			body->part = body->source->slots ? PART_BOOT : PART_END;
		return health_digest(body, body->outer++, text, room);
	case PART_BOOT:
		body->part = PART_SLOT;
		body->outer = 0;
		return health_boot(body->source->slots, text, room);
	case PART_SLOT:
		if (body->outer + 1 == BOOT_SLOTS)
			body->part = PART_END;
		return health_slot(body->source->slots, body->outer++, text, room);
	default:
		return 0;
	}
}
