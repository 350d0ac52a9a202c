/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - the machine on the host (machine.h).
 */
#include "machine.h"
#include "../../../src/arch/arm64/boot.h"
#include "../../../src/arch/arm64/gate.h"
#include "../../../src/arch/arm64/mmio_io.h"
#include "../../../src/arch/arm64/psci.h"
#include "../../../src/arch/arm64/sysreg.h"
#include "../../../src/blueprint/image.h"
#include <stdio.h>
#include <stdlib.h>

u64 lr_read(u32 n);
void lr_write(u32 n, u64 value);
void fp_registers_zero(void);

extern struct hv_header hv_header;
struct hv_header hv_header;
const u8 vectors[1];
volatile struct boot_gate boot_gate;

u64 machine_lr[MACHINE_LRS];
s64 (*machine_firmware)(u64 function, u64 a, u64 b, u64 c);
u64 machine_firmware_saw[8];
u64 machine_firmware_results[3];
void (*machine_on_mmio)(va_t va, bool write);
void (*machine_on_wfi)(void);
void (*machine_on_time)(void);
u64 machine_time_step;
u64 machine_unreadable, machine_unwritable;
u32 machine_unreadable_for, machine_unwritable_for;
u32 machine_active;

static u32 lr_count;
static u32 iar[64], iar_at, iar_end;

static struct {
	char name[32];
	u64 value;
	u32 writes;
} registers[256];
static u32 register_count;

static struct {
	va_t va;
	u64 size;
	enum device kind;
	u8 *bytes;
} devices[64];
static u32 device_count;

static char diary[1 << 20];
static size_t diary_used;
static u32 device_writes;
static char text[65536];
static size_t text_used;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diary_used += (size_t)vsnprintf(diary + diary_used, sizeof(diary) - diary_used, format, arguments);
	va_end(arguments);
	assert_true(diary_used < sizeof(diary) - 1);
}

const char *journal(void)
{
	return diary;
}

void journal_clear(void)
{
	diary_used = 0;
	diary[0] = 0;
	device_writes = 0;
	for (u32 i = 0; i < register_count; i++)
		registers[i].writes = 0;
}

bool journal_before(const char *first, const char *second)
{
	const char *at = strstr(diary, first);

	return at && strstr(at + strlen(first), second);
}

/* ---- system registers ---- */

static u32 register_find(const char *name)
{
	for (u32 i = 0; i < register_count; i++)
		if (strcmp(registers[i].name, name) == 0)
			return i;
	assert_true(register_count < ARRAY_SIZE(registers));
	snprintf(registers[register_count].name, sizeof(registers[0].name), "%s", name);
	registers[register_count].value = 0;
	registers[register_count].writes = 0;
	return register_count++;
}

u64 reg(const char *name)
{
	return registers[register_find(name)].value;
}

void reg_set(const char *name, u64 value)
{
	registers[register_find(name)].value = value;
}

u32 reg_writes(const char *name)
{
	return registers[register_find(name)].writes;
}

bool reg_wrote(const char *name, u64 value)
{
	char wanted[96];

	snprintf(wanted, sizeof(wanted), " %s=%lx ", name, (unsigned long)value);
	return strstr(diary, wanted) != NULL;
}

void iar_push(u32 intid)
{
	assert_true(iar_end - iar_at < ARRAY_SIZE(iar));
	iar[iar_end++ % ARRAY_SIZE(iar)] = intid;
}

static u64 empty_list_registers(void)
{
	u64 empty = 0;

	for (u32 i = 0; i < lr_count; i++)
		if (machine_lr[i] >> 62 == 0)
			empty |= BIT(i);
	return empty;
}

static u32 running = 1023; /* the interrupt acknowledged last, until its priority is dropped */

static u64 running_priority(void)
{
	if (running >= 1020)
		return 0xff;
	return host_mmio_read((running < 32 ? sgi_page(this_core) : EL2_VA_GICD) + 0x400 + running, 1);
}

static u32 acknowledge(void)
{
	running = iar_at != iar_end ? iar[iar_at++ % ARRAY_SIZE(iar)] : 1023;
	return running;
}

u64 host_sysreg_read(const char *name)
{
	if (strcmp(name, "ICH_ELRSR_EL2") == 0)
		return empty_list_registers();
	if (strcmp(name, "ICC_IAR1_EL1") == 0)
		return acknowledge();
	if (strcmp(name, "ICC_RPR_EL1") == 0)
		return machine_active ? 0xd0 : running_priority();
	if (strcmp(name, "cntvct_el0") == 0 && machine_on_time)
		machine_on_time();
	if (strcmp(name, "cntvct_el0") == 0)
		registers[register_find(name)].value += machine_time_step;
	return reg(name);
}

void host_sysreg_write(const char *name, u64 value)
{
	const u32 i = register_find(name);

	registers[i].value = value;
	registers[i].writes++;
	if (strcmp(name, "ICC_EOIR1_EL1") == 0) {
		running = 1023;
		machine_active -= machine_active ? 1 : 0;
	}
	note(" %s=%lx ", name, (unsigned long)value);
}

u32 crc32_of_word(u32 crc, u64 word)
{
	for (u32 bit = 0; bit < 64; bit++)
		crc = crc >> 1 ^ ((crc ^ (u32)(word >> bit)) & 1 ? 0xedb88320 : 0);
	return crc;
}

u64 lr_read(u32 n)
{
	assert_true(n < lr_count);
	return machine_lr[n];
}

void lr_write(u32 n, u64 value)
{
	assert_true(n < lr_count);
	machine_lr[n] = value;
}

void host_tlbi(const char *operation)
{
	note(" tlbi(%s,%lx) ", operation, (unsigned long)reg("vttbr_el2"));
}

void host_dc(const char *operation, u64 va)
{
	note(" %s(%lx) ", operation, (unsigned long)va);
	if (strcmp(operation, "zva") == 0)
		memset((void *)va, 0, UINT64_C(4) << field(reg("dczid_el0"), 0, 4));
}

void host_ic(const char *operation)
{
	note(" ic(%s) ", operation);
}

void host_wfi(void)
{
	note(" wfi ");
	if (machine_on_wfi)
		machine_on_wfi();
}

void fp_registers_zero(void)
{
	note(" fp-zero ");
}

/* A core without the instructions: sha256.c does it. */
bool arch_sha256(u32 hash[8], const void *blocks, u64 count)
{
	return false;
}

void firmware_forward(u64 x[8])
{
	memcpy(machine_firmware_saw, x, sizeof(machine_firmware_saw));
	note(" smc(%lx,%lx,%lx,%lx) ", (unsigned long)x[0], (unsigned long)x[1], (unsigned long)x[2],
	     (unsigned long)x[3]);
	x[0] = (u64)(machine_firmware ? machine_firmware(x[0], x[1], x[2], x[3]) : -1);
	for (u32 i = 1; i < 4; i++)
		x[i] = machine_firmware_results[i - 1];
}

/* ---- devices ---- */

void machine_device(va_t va, u64 size, enum device kind)
{
	assert_true(device_count < ARRAY_SIZE(devices));
	devices[device_count].va = va;
	devices[device_count].size = size;
	devices[device_count].kind = kind;
	devices[device_count++].bytes = calloc(1, size);
}

static u8 *device_byte(va_t va, unsigned int size, enum device *kind, u64 *offset)
{
	for (u32 i = 0; i < device_count; i++)
		if (va >= devices[i].va && va - devices[i].va + size <= devices[i].size) {
			*kind = devices[i].kind;
			*offset = va - devices[i].va;
			return devices[i].bytes + *offset;
		}
	fail_msg("device access at %lx, where nothing is", (unsigned long)va);
	return NULL;
}

/* GICv3: a set register, 0x80 above it the clear register of the same state. */
static bool is_set_clear(enum device kind, u64 offset)
{
	return kind == DEVICE_GIC && offset >= 0x100 && offset < 0x400;
}

/* What the device does itself is no access. */
static void device_acts(va_t va, bool write)
{
	static bool acting;

	if (!machine_on_mmio || acting)
		return;
	acting = true;
	machine_on_mmio(va, write);
	acting = false;
}

u64 host_mmio_read(va_t va, unsigned int size)
{
	enum device kind;
	u64 offset, value = 0;
	const u8 *at = device_byte(va, size, &kind, &offset);

	assert_int_equal(va % size, 0);
	device_acts(va, false);
	if (is_set_clear(kind, offset) && (offset & 0x80))
		at -= 0x80;
	memcpy(&value, at, size);
	return value;
}

static void set_clear(u8 *at, u64 offset, u32 value)
{
	u32 bits;

	at -= offset & 0x80;
	memcpy(&bits, at, 4);
	bits = offset & 0x80 ? bits & ~value : bits | value;
	memcpy(at, &bits, 4);
}

void host_mmio_write(va_t va, u64 value, unsigned int size)
{
	enum device kind;
	u64 offset;
	u8 *at = device_byte(va, size, &kind, &offset);

	assert_int_equal(va % size, 0);
	device_writes++;
	note(" mmio(%lx)=%lx ", (unsigned long)va, (unsigned long)value);
	if (va == machine_unwritable)
		return;
	if (is_set_clear(kind, offset))
		set_clear(at, offset, (u32)value);
	else
		memcpy(at, &value, size);
	if (va == EL2_VA_UART && text_used + 1 < sizeof(text) && value != '\r') {
		text[text_used++] = (char)value;
		text[text_used] = 0;
	}
	device_acts(va, true);
}

u32 phys32(va_t va)
{
	return (u32)host_mmio_read(va, 4);
}

u64 phys64(va_t va)
{
	return host_mmio_read(va, 8);
}

void phys32_set(va_t va, u32 value)
{
	enum device kind;
	u64 offset;

	memcpy(device_byte(va, 4, &kind, &offset), &value, 4);
}

u32 phys_writes(void)
{
	return device_writes;
}

struct guarded guarded_read32(va_t va)
{
	if (machine_unreadable && va >= machine_unreadable && va < machine_unreadable + 0x10000) {
		if (machine_unreadable_for && --machine_unreadable_for == 0)
			machine_unreadable = 0;
		return (struct guarded){0, 0};
	}
	return (struct guarded){host_mmio_read(va, 4), 1};
}

struct guarded guarded_write(va_t va, u32 value, u32 width)
{
	if (machine_unwritable_for) {
		machine_unwritable_for--;
		return (struct guarded){0, 0};
	}
	host_mmio_write(va, value & MASK(8 * width), width);
	return (struct guarded){0, 1};
}

const char *uart_text(void)
{
	return text;
}

va_t sgi_page(u32 core)
{
	return host_core(core)->gicr_va + 0x1000;
}

static void devices_forget(void)
{
	while (device_count)
		free(devices[--device_count].bytes);
}

void machine_reset(u32 lrs)
{
	devices_forget();
	register_count = 0;
	lr_count = lrs;
	iar_at = iar_end = 0;
	text_used = 0;
	text[0] = 0;
	machine_firmware = NULL;
	machine_on_mmio = NULL;
	machine_on_wfi = NULL;
	machine_on_time = NULL;
	machine_time_step = 0;
	machine_unreadable = machine_unwritable = 0;
	machine_unwritable_for = 0;
	machine_active = 0;
	memset(machine_lr, 0, sizeof(machine_lr));
	machine_device(EL2_VA_GICD, 0x10000, DEVICE_GIC);
	machine_device(EL2_VA_UART, 0x1000, DEVICE_MEMORY);
	for (u32 i = 0; i < this_cell->cores.count; i++) {
		machine_device(host_core(i)->gicr_va, 0x1000, DEVICE_MEMORY);
		machine_device(sgi_page(i), 0x1000, DEVICE_GIC);
	}
	reg_set("ICH_VTR_EL2", 4 << 26 | (lrs - 1)); /* 5 preemption bits */
	reg_set("ICC_CTLR_EL1", 4 << 8);	     /* 5 priority bits */
	reg_set("cntfrq_el0", 62500000);
	reg_set("dczid_el0", 4);
	reg_set("ctr_el0", 4 << 16); /* 64-byte lines */
	journal_clear();
}
