// SPDX-License-Identifier: Apache-2.0
/*
 * messages.c - changes of the ITS's commands and of the table of LPIs, and where each message goes then: the
 * commands are carried out one by one (Arm IHI 0069, 5.3), and each event's LPI and SPI are looked up.
 */
#include <stdio.h>
#include <string.h>

#include "mutant.h"

#define BIT(n)	     (UINT64_C(1) << (n))
#define VALID	     BIT(63)
#define COMMANDS_MAX 256u
#define MAPD	     0x08u
#define MAPC	     0x09u
#define MAPTI	     0x0au
#define INVALL	     0x0du
#define SYNC	     0x05u
#define TARGET	     UINT64_C(0x0007ffffffff0000)
#define ITT	     UINT64_C(0x000fffffffffff00)
#define DEVICES	     0x400u
#define COLLECTIONS  16u
#define LPI_FIRST    8192u
#define ADDRESS	     UINT64_C(0x000ffffffffff000)

struct command {
	uint64_t words[4];
};

struct meaning { /* what the commands leave */
	bool legal, ended;
	struct {
		uint64_t itt;
		uint32_t bits; /* 0: not mapped */
	} devices[DEVICES];
	struct {
		uint64_t target;
		bool mapped, stale; /* stale: no INVALL since an event was mapped to it */
	} collections[COLLECTIONS];
	struct {
		uint32_t device, event, lpi, collection;
	} events[COMMANDS_MAX];
	size_t event_count;
};

static struct command *commands(const struct specimen *s)
{
	return (struct command *)specimen_word(s, s->its->cbaser & ADDRESS);
}

static size_t command_count(const struct specimen *s)
{
	return s->its->commands / sizeof(struct command);
}

static void map_event(struct meaning *m, const uint64_t *w)
{
	const uint32_t device = (uint32_t)(w[0] >> 32), collection = (uint32_t)w[2];

	/* Of a device that isn't mapped yet it is an error, and lost. */
	if (device >= DEVICES || !m->devices[device].bits || w[0] & 0xffffff00 || w[2] >= COLLECTIONS ||
	    (uint32_t)w[1] >> m->devices[device].bits) {
		m->legal = false;
		return;
	}
	for (size_t i = 0; i < m->event_count; i++)
		if ((m->events[i].device == device && m->events[i].event == (uint32_t)w[1]) ||
		    m->events[i].lpi == w[1] >> 32)
			m->legal = false;
	m->events[m->event_count].device = device;
	m->events[m->event_count].event = (uint32_t)w[1];
	m->events[m->event_count].lpi = (uint32_t)(w[1] >> 32);
	m->events[m->event_count++].collection = collection;
	m->collections[collection].stale = true;
}

static void carry_out(struct meaning *m, const uint64_t *w)
{
	const uint32_t device = (uint32_t)(w[0] >> 32);
	const uint64_t number = w[2] & 0xffff;

	m->legal &= !w[3];
	switch (w[0] & 0xff) {
	case MAPD:
		if (w[0] & 0xffffff00 || w[1] >= 16 || w[2] != (VALID | (w[2] & ITT)) || device >= DEVICES ||
		    m->devices[device].bits) {
			m->legal = false;
			return;
		}
		m->devices[device].bits = (uint32_t)w[1] + 1;
		m->devices[device].itt = w[2] & ITT;
		return;
	case MAPC:
		if (w[0] != MAPC || w[1] || w[2] != (VALID | (w[2] & TARGET) | number) ||
		    number >= COLLECTIONS || m->collections[number].mapped) {
			m->legal = false;
			return;
		}
		m->collections[number].mapped = true;
		m->collections[number].target = w[2] & TARGET;
		return;
	case MAPTI:
		map_event(m, w);
		return;
	case INVALL:
		if (w[0] != INVALL || w[1] || w[2] >= COLLECTIONS || !m->collections[number].mapped) {
			m->legal = false;
			return;
		}
		m->collections[number].stale = false;
		return;
	case SYNC:
		m->legal &= w[0] == SYNC && !w[1] && w[2] == (w[2] & TARGET);
		return;
	default:
		m->legal = false;
	}
}

static void interpret(const struct specimen *s, const uint8_t *fit, struct meaning *m)
{
	const uint8_t *const list = fit + ((uint8_t *)commands(s) - s->fit);

	memset(m, 0, sizeof(*m));
	m->legal = true;
	for (size_t i = 0; i < command_count(s); i++) {
		struct command command;

		memcpy(&command, list + i * sizeof(command), sizeof(command));
		carry_out(m, command.words);
	}
	for (size_t i = 0; i < COLLECTIONS; i++)
		m->legal &= !m->collections[i].stale;
}

static uint64_t itt_size(const struct specimen *s, uint32_t bits)
{
	return ((s->its->typer >> 4 & 0xf) + 1) << bits;
}

static bool apart(uint64_t pa, uint64_t size, uint64_t other, uint64_t bytes)
{
	const uint64_t from = pa & ~UINT64_C(4095), to = pa + size;

	return to <= (other & ~UINT64_C(4095)) || from >= ((other + bytes + 4095) & ~UINT64_C(4095));
}

/* A table of events lies in writable memory that is nothing else. */
static bool itt_alone(const struct oracle *o, const struct specimen *s, const struct meaning *m,
		      uint32_t device)
{
	const struct bp_lpi_core *cores = (const void *)(s->blueprint + s->header->lpi_cores.offset);
	const uint64_t pa = m->devices[device].itt, size = itt_size(s, m->devices[device].bits);
	bool alone = pa >= s->header->writable_pa &&
		     pa + size <= s->header->writable_pa + s->header->writable_size;

	for (uint32_t d = 0; d < DEVICES; d++)
		if (d != device && m->devices[d].bits)
			alone &= apart(pa, size, m->devices[d].itt, itt_size(s, m->devices[d].bits));
	for (unsigned int i = 0; i < 8; i++)
		if (s->its->baser[i])
			alone &= apart(pa, size, s->its->baser[i] & UINT64_C(0x0000fffffffff000),
				       ((s->its->baser[i] & 0xff) + 1) * 4096);
	for (uint32_t i = 0; i < s->header->lpi_cores.count; i++)
		alone &= apart(pa, size, cores[i].pendbaser & UINT64_C(0x000fffffffff0000),
			       BIT((cores[i].propbaser & 0x1f) + 1) / 8);
	alone &= apart(pa, size, s->smmu->cmdq_base & ADDRESS, 4096) &&
		 apart(pa, size, s->smmu->eventq_base & ADDRESS, 4096);
	for (uint64_t at = pa & ~UINT64_C(4095); alone && at < pa + size; at += 4096)
		alone &= !o->good_users[at / 4096];
	return alone;
}

/* Which cell has a function of that DeviceID: the one that has its stream, as the map is one to one. */
static int device_cell(const struct specimen *s, uint32_t device)
{
	for (uint32_t i = 0; i < s->service->streams.count; i++)
		if (s->streams[i].sid == device)
			return (int)s->streams[i].cell;
	return -1;
}

/* The SPI that an LPI makes pending where its cell's first core takes it; 0: none. */
static uint32_t spi_of(const struct specimen *s, uint32_t cell, uint32_t lpi)
{
	const struct bp_cell *record = s->cell[cell];
	const struct bp_bell *bells = (const void *)((const uint8_t *)record + record->lpis.offset);

	if (lpi < record->lpi_first || lpi - record->lpi_first >= record->lpis.count)
		return 0;
	for (uint32_t bit = 0; bit < 32; bit++)
		if (bells[lpi - record->lpi_first].bit == UINT32_C(1) << bit)
			return (bells[lpi - record->lpi_first].offset - 0x200) / 4 * 32 + bit;
	return 0;
}

void oracle_messages(struct oracle *o, const struct specimen *s)
{
	static struct meaning good, now;

	interpret(s, s->pristine, &good);
	interpret(s, s->fit, &now);
	if (!now.legal)
		o->broken[RULE_MESSAGES] = true;
	for (uint32_t d = 0; d < DEVICES; d++) {
		if (!now.devices[d].bits)
			continue;
		if (!d || device_cell(s, d) < 0)
			o->broken[RULE_MESSAGES] = true;
		else if (!itt_alone(o, s, &now, d))
			o->broken[RULE_HV_LAYOUT] = true;
	}
	for (size_t i = 0; i < COLLECTIONS; i++)
		if (now.collections[i].mapped && now.collections[i].target != good.collections[i].target)
			o->broken[RULE_MESSAGES] = true;
	for (size_t i = 0; i < now.event_count; i++) {
		const int cell = device_cell(s, now.events[i].device);

		if (cell < 0 || !now.collections[now.events[i].collection].mapped ||
		    now.events[i].collection != (uint32_t)cell ||
		    spi_of(s, (uint32_t)cell, now.events[i].lpi) != now.events[i].event)
			o->broken[RULE_MESSAGES] = true;
	}
	for (size_t i = 0; i < good.event_count; i++) {
		bool there = false;

		for (size_t n = 0; n < now.event_count; n++)
			there |= now.events[n].device == good.events[i].device &&
				 now.events[n].event == good.events[i].event;
		if (!there)
			o->broken[RULE_MESSAGE_LISTS] = true;
	}
}

/* Another's part in a command: it does what was meant for somebody else. */
static void part_change(const struct specimen *s, uint64_t *w, const uint64_t *other)
{
	static const unsigned int others[] = {0x01, 0x03, 0x04, 0x0b, 0x0c, 0x0e,
					      0x0f, 0x21, 0x29, 0x2a, 0x2d, 0};
	const uint64_t low = UINT32_MAX;

	switch (chance(12)) {
	case 0:
		w[0] = (w[0] & low) | (other[0] & ~low);
		break;
	case 1:
		w[1] = (w[1] & ~low) | (other[1] & low);
		break;
	case 2:
		w[1] = (w[1] & low) | (other[1] & ~low);
		break;
	case 3:
		w[2] = (w[2] & ~UINT64_C(0xffff)) | (other[2] & 0xffff);
		break;
	case 4:
		w[2] = other[2];
		break;
	case 5: /* off by a page, or anywhere */
		w[2] = chance(2) ? w[2] + (chance(2) ? 4096 : -UINT64_C(4096))
				 : VALID | (s->header->writable_pa +
					    chance(s->header->writable_size / 256) * 256);
		break;
	case 6: /* as many events as another number of bits has */
		w[1] = (w[1] & ~UINT64_C(0x1f)) | chance(16);
		break;
	case 7:
		w[0] = (w[0] & ~UINT64_C(0xff)) | others[chance(12)];
		break;
	case 8:
		w[2] ^= VALID;
		break;
	case 9: /* what no function writes under */
		w[0] &= low;
		break;
	case 10:
		w[3] = BIT(chance(64));
		break;
	default:
		w[chance(3)] ^= BIT(chance(64));
		break;
	}
}

bool command_change(struct oracle *o, struct specimen *s, char *what, size_t size)
{
	const size_t count = command_count(s), at = chance(count), from = chance(count);
	struct command *const one = &commands(s)[at], *const other = &commands(s)[from];
	const struct command copy = *one;
	const unsigned int draw = (unsigned int)chance(6);

	(void)snprintf(what, size, "command %zu, with %zu (%u)", at, from, draw);
	if (draw == 0) {
		*one = *other;
		*other = copy;
	} else if (draw == 1) {
		*one = *other;
	} else {
		part_change(s, one->words, other->words);
	}
	oracle_messages(o, s);
	return true;
}

bool lpi_change(struct oracle *o, struct specimen *s, char *what, size_t size)
{
	static struct meaning good;
	const struct bp_lpi_core *cores = (const void *)(s->blueprint + s->header->lpi_cores.offset);
	uint8_t *const table = (uint8_t *)specimen_word(s, cores[0].propbaser & ADDRESS);
	const uint32_t count = (UINT32_C(1) << ((cores[0].propbaser & 0x1f) + 1)) - LPI_FIRST;
	uint32_t at = (uint32_t)chance(chance(2) ? count : 64);
	bool mapped = false;
	uint8_t was;

	interpret(s, s->pristine, &good);
	for (size_t i = 0; i < good.event_count; i++)
		mapped |= good.events[i].lpi == LPI_FIRST + at;
	was = table[at];
	table[at] = chance(2) ? (uint8_t)(was ^ BIT(chance(8))) : (uint8_t)chance(256);
	(void)snprintf(what, size, "LPI %u: %02x -> %02x", LPI_FIRST + at, was, table[at]);
	/* Off, on without an event, or before what is EL2's own. */
	if ((table[at] & 1) != mapped || (mapped && !(table[at] & 0xfc)))
		o->broken[RULE_MESSAGE_LISTS] = true;
	return true;
}
