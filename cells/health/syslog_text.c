// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_text.c - syslog messages (syslog_text.h). [impl->swr~syslog-text~1]
 */
#include "syslog_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "event_text.h"
#include "names.h"
#include "timer.h"

#define FACILITY	 16u		      /* local0 */
#define SEQUENCE_MOST	 UINT64_C(2147483647) /* RFC 5424, 7.3.1: then it begins anew */
#define UPTIME_NS	 UINT64_C(10000000)   /* 7.3.4: RFC 3418's TimeTicks, of 32 bits */
#define SECONDS_A_DAY	 UINT64_C(86400)
#define DAYS_TO_1970	 UINT64_C(719468) /* from 0000-03-01 */
#define DAYS_A_400_YEARS UINT64_C(146097)

enum severity { CRITICAL = 2, ERROR, WARNING, NOTICE, INFORMATION };

static enum severity slot_severity(uint64_t event)
{
	switch (event) {
	case SLOT_LOST:
		return CRITICAL;
	case SLOT_REFUSED:
	case SLOT_UNCONFIRMED:
	case SLOT_WRITE_FAILED:
		return ERROR;
	case SLOT_DROP:
	case SLOT_TRY:
	case SLOT_RESET:
		return NOTICE;
	case SLOT_NO_RESET:
		return WARNING;
	default:
		return INFORMATION;
	}
}

static enum severity severity_of(const struct event *event)
{
	switch (event->code) {
	case EVENT_CELL_LOST:
		return CRITICAL;
	case EVENT_PROOF:
		return event->args[1] ? INFORMATION : CRITICAL;
	case EVENT_IOMMU:
		return ERROR;
	case EVENT_SLOT:
		return slot_severity(event->args[0]);
	case EVENT_CELL_STOP:
	case EVENT_CELL_RESTART:
		return event->args[0] == BP_ERROR_COUNT ? NOTICE : ERROR;
	case EVENT_FAULT:
		return event->args[1] > BP_ACTION_LOG ? ERROR : WARNING;
	case EVENT_SGI_FOREIGN:
	case EVENT_DENIED:
	case EVENT_DMA_FAULT:
		return WARNING;
	case EVENT_ORDER:
	case EVENT_DEVICE:
		return NOTICE;
	default:
		return INFORMATION;
	}
}

/* Days since 1970 as a date: counted in years that begin in March, so that a leap day is a year's last. */
void timestamp_text(uint64_t unix_ns, char *text)
{
	const uint64_t seconds = unix_ns / NS_PER_SECOND, days = seconds / SECONDS_A_DAY + DAYS_TO_1970;
	const uint64_t era = days / DAYS_A_400_YEARS, day_of_era = days % DAYS_A_400_YEARS;
	const uint64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const uint64_t month_from_march = (5 * day_of_year + 2) / 153;
	const unsigned month =
		(unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	const unsigned year = (unsigned)((era * 400 + year_of_era + (month <= 2)) % 10000);
	const unsigned day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	const unsigned second = (unsigned)(seconds % SECONDS_A_DAY);

	snprintf(text, TIMESTAMP_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", year, month % 100,
		 day % 100, second / 3600 % 100, second / 60 % 60, second % 60,
		 (unsigned)(unix_ns % NS_PER_SECOND / 1000));
}

uint32_t syslog_text(const struct machine *machine, const struct event *event,
		     const struct syslog_origin *origin, char *text)
{
	const uint64_t ns = timer_to_ns(machine_since_boot(machine, event->time), machine->hz);
	char when[TIMESTAMP_TEXT_MAX] = "-", what[160];
	int length;

	if (origin->unix_ns)
		timestamp_text(origin->unix_ns, when);
	event_text(event, what, sizeof(what));
	length = snprintf(text, SYSLOG_MAX,
			  "<%u>1 %s %s bulkhead %s %s [meta sequenceId=\"%" PRIu64 "\" sysUpTime=\"%" PRIu32
			  "\"] core=%u %s",
			  FACILITY * 8 + severity_of(event), when, origin->host,
			  event->cell < machine->cell_count ? machine->cells[event->cell].name : "-",
			  name_event(event->code), (origin->number - 1) % SEQUENCE_MOST + 1,
			  (uint32_t)(ns / UPTIME_NS), (unsigned)event->core, what);
	return length < 0 ? 0 : (uint32_t)length < SYSLOG_MAX ? (uint32_t)length : SYSLOG_MAX - 1;
}
