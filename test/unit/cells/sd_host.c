// SPDX-License-Identifier: Apache-2.0
/*
 * sd_host.c - the model of sd_host.h, by the SD Host Controller Simplified Specification 3.00 and JESD84-B51.
 */
#include "sd_host.h"

#include "test.h"

#include "mmio.h"
#include "timer.h"

struct sd sd;

enum card_state { IDLE, READY, IDENT, STANDBY, TRANSFER, PROGRAMS = 7, OFF = 16 };

static struct {
	uint32_t block_size, argument, mode, status, enabled, signals, response[4], clock, power, reset;
	uint32_t buffer[SD_WORDS], at;
	bool reads, writes;
	enum card_state card;
	uint32_t area, sector, asked, busy, error;
} host;

static bool is_off(void)
{
	return sd.writes > sd.power;
}

void sd_power_on(void)
{
	memset(&host, 0, sizeof(host));
	sd.power = SD_NO_LIMIT;
	sd.torn = sd.writes = 0;
	sd.ext_csd[179] &= 0xf8;
}

void sd_start(void)
{
	memset(&sd, 0, sizeof(sd));
	memset(sd.sectors, 0xff, sizeof(sd.sectors));
	sd.version = 4;
	sd.power_ups = 2;
	sd.read_fails = SD_NO_LIMIT;
	sd.ext_csd[226] = 1; /* 128 KiB */
	sd.ext_csd[179] = 0x48;
	sd_power_on();
}

uint64_t timer_now(void)
{
	return sd.now += SD_LOOK;
}

static void done(uint32_t bits)
{
	host.status |= bits & (host.enabled | 0x8000);
}

static void no_answer(void)
{
	host.status |= 0x8000 | 1 << 16; /* command time-out */
}

static void answer(void)
{
	host.response[0] = host.error | (uint32_t)host.card << 9 | (host.card == TRANSFER ? 0x100 : 0);
	host.error = 0;
	done(1);
}

static void give(const void *bytes)
{
	memcpy(host.buffer, bytes, sizeof(host.buffer));
	host.at = 0;
	host.reads = true;
	if (!sd.no_end)
		done(0x20);
}

static bool find(void)
{
	const uint32_t scale = sd.in_bytes ? 512 : 1;

	host.area = sd.ext_csd[179] & 7;
	host.sector = host.argument / scale;
	sd.wrong += host.card != TRANSFER || host.argument % scale || host.sector >= SD_SECTORS ||
		    host.area >= SD_AREAS || host.block_size != (1u << 16 | 512);
	return host.area < SD_AREAS && host.sector < SD_SECTORS;
}

static void cmd6(void)
{
	sd.wrong += host.argument >> 16 != (3u << 8 | 179);
	if (!sd.switch_ignored)
		sd.ext_csd[179] = (uint8_t)(host.argument >> 8);
	answer();
	host.error = sd.switch_error;
	done(2);
}

static void cmd13(void)
{
	if (host.busy && host.busy--)
		host.card = PROGRAMS;
	else if (host.card == PROGRAMS)
		host.card = TRANSFER;
	answer();
}

static void cmd17(void)
{
	if (!find())
		return;
	answer();
	if ((sd.read_fails == host.sector || sd.read_fails == SD_ALL) && host.area != SD_USER)
		host.status |= 0x8000 | 1 << 21; /* data CRC */
	else
		give(sd.sectors[host.area][host.sector]);
}

static void cmd24(void)
{
	if (!find())
		return;
	answer();
	host.at = 0;
	host.writes = true;
	if (!sd.no_end)
		done(0x10);
}

static void step_to(enum card_state from, enum card_state to)
{
	sd.wrong += host.card != from;
	host.card = to;
}

static void command(uint32_t word)
{
	sd.wrong += host.clock % 8 != 7 || !(host.power & 0x100) || host.signals || host.mode & ~0x10u;
	if (sd.absent || is_off()) {
		if (word >> 8 != 0)
			no_answer();
		else
			done(1);
		return;
	}
	switch (word >> 8) {
	case 0:
		host.card = IDLE;
		host.asked = 0;
		sd.ext_csd[179] &= 0xf8;
		done(1);
		break;
	case 1:
		host.response[0] = 0x00ff8080;
		if (host.asked++ >= sd.power_ups) {
			host.card = READY;
			host.response[0] |= 0x80000000 | (sd.in_bytes ? 0 : 0x40000000);
		}
		done(1);
		break;
	case 2:
		step_to(READY, IDENT);
		done(1);
		break;
	case 3:
		step_to(IDENT, STANDBY);
		answer();
		break;
	case 9:
		step_to(STANDBY, STANDBY);
		host.response[3] = sd.version << 18; /* without the lowest 8 bits */
		done(1);
		break;
	case 7:
		step_to(STANDBY, TRANSFER);
		answer();
		break;
	case 8:
		step_to(TRANSFER, TRANSFER);
		answer();
		give(sd.ext_csd);
		break;
	case 6:
		cmd6();
		break;
	case 13:
		cmd13();
		break;
	case 17:
		cmd17();
		break;
	case 24:
		cmd24();
		break;
	default:
		sd.wrong++;
	}
}

static void sector_written(void)
{
	uint32_t *const sector = sd.sectors[host.area][host.sector];
	const bool cut = sd.writes >= sd.power;
	const uint32_t words = cut ? sd.torn : SD_WORDS;

	if (sd.writes < SD_WRITES)
		sd.written[sd.writes] = host.sector << 2 | host.area;
	sd.writes++;
	for (uint32_t i = 0; i < words; i++)
		sector[i] = host.buffer[i] | sd.stuck;
	if (cut && words < SD_WORDS)
		sector[words] = 0x5aa5c33c; /* neither what it was nor what it becomes */
	host.busy = sd.busy;
	host.error = sd.write_error;
	host.card = host.busy ? PROGRAMS : TRANSFER;
	host.writes = false;
	done(2);
}

static uint32_t port_read(void)
{
	uint32_t word;

	sd.wrong += !host.reads;
	word = host.buffer[host.at++ % SD_WORDS];
	if (host.at == SD_WORDS) {
		host.reads = false;
		done(2);
	}
	return word;
}

static void port_write(uint32_t word)
{
	sd.wrong += !host.writes;
	host.buffer[host.at++ % SD_WORDS] = word;
	if (host.at == SD_WORDS)
		sector_written();
}

static void reset(uint32_t bits)
{
	const uint32_t stays = sd.mute_reset ? bits & 0x100 : 0;

	if (bits & 0x100)
		host.clock = host.power = host.enabled = 0;
	host.reads = host.writes = false;
	host.reset = stays;
}

uint32_t mmio_read32(uint64_t address)
{
	sd.accesses++;
	switch (address - SD_BASE) {
	case 0x10:
		return host.response[0];
	case 0x1c:
		return host.response[3];
	case 0x20:
		return port_read();
	case 0x24:
		return 0;
	case 0x40:
		return 0x01e834b4 | 0x3400; /* 52 MHz, 3.3 V */
	default:
		sd.wrong++;
		return 0;
	}
}

void mmio_write32(uint64_t address, uint32_t value)
{
	sd.accesses++;
	switch (address - SD_BASE) {
	case 0x08:
		host.argument = value;
		break;
	case 0x20:
		port_write(value);
		break;
	case 0x30:
		host.status &= ~value;
		if (!(host.status >> 16))
			host.status &= ~0x8000u;
		break;
	case 0x34:
		host.enabled = value;
		break;
	case 0x38:
		host.signals = value;
		break;
	default:
		sd.wrong++;
	}
}

uint16_t mmio_read16(uint64_t address)
{
	sd.accesses++;
	switch (address - SD_BASE) {
	case 0x2c:
		return (uint16_t)(host.clock | (host.clock & 1 && !sd.no_clock ? 2 : 0));
	case 0x2e:
		return (uint16_t)host.reset;
	case 0x30:
		return (uint16_t)host.status;
	case 0xfe:
		return 0x2401;
	default:
		sd.wrong++;
		return 0;
	}
}

void mmio_write16(uint64_t address, uint16_t value)
{
	sd.accesses++;
	switch (address - SD_BASE) {
	case 0x04:
		host.block_size = (host.block_size & 0xffff0000) | value;
		break;
	case 0x06:
		host.block_size = (host.block_size & 0xffff) | (uint32_t)value << 16;
		break;
	case 0x0c:
		host.mode = value;
		break;
	case 0x0e:
		command(value);
		break;
	case 0x28:
		host.power = value;
		break;
	case 0x2c:
		host.clock = value;
		break;
	case 0x2e:
		reset(value);
		break;
	default:
		sd.wrong++;
	}
}
