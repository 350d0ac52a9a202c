// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - takes a line "CLASS COUNT SEED" (hexadecimal numbers) from the emulated UART, attacks, and waits
 * for the next.
 */
#include "hostile.h"

#define HYPERCALL_READY UINT64_C(0xc6000002)
#define UART_DR		0x00
#define UART_FR		0x18
#define FR_RXFE		0x10u
#define LINE_MAX	64u
#define SPSR_EL1	UINT64_C(0x3c5) /* EL1h, all masked */
#define SPSR_EL0	UINT64_C(0x3c0)
#define FSC_EXTERNAL	0x10u

volatile struct report report;
static u64 random_state;

/* xorshift64*: every seed but 0 is good. */
u64 random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

u64 random_below(u64 limit)
{
	return (random_next() >> 32) % limit;
}

u64 random_value(void)
{
	switch (random_below(6)) {
	case 0:
		return 0;
	case 1:
		return ~UINT64_C(0);
	case 2:
		return UINT64_C(1) << random_below(64);
	case 3:
		return random_below(1024);
	default:
		return random_next();
	}
}

u32 random_interrupt(const u32 *words)
{
	u32 intid;

	do /* at random, then the next one */
		intid = (u32)random_below(1024);
	while (!words[intid / 32]);
	while (!(words[intid / 32] >> intid % 32 & 1))
		intid = intid / 32 * 32 + (intid + 1) % 32;
	return intid;
}

void wrong(u64 what, u64 a, u64 b, u64 c)
{
	if (report.wrong_count < WRONGS_MAX)
		report.wrongs[report.wrong_count] = (struct wrong){what, a, b, c};
	report.wrong_count++;
}

u32 try(struct regs *regs, u64 code, bool el0)
{
	u32 class;

	try_run(regs, el0 ? space_el0(code) : code, el0 ? SPSR_EL0 : SPSR_EL1);
	class = (u32)(regs->esr >> 26) & 63;
	if (class == EC_OVER && (regs->esr & 0xffff) != TRY_OVER)
		wrong(WRONG_OUTCOME, class, regs->esr, regs->far);
	report.classes[class]++;
	if (was_external(regs))
		report.external++;
	return class;
}

bool was_external(const struct regs *regs)
{
	const u32 class = (u32)(regs->esr >> 26) & 63;

	return class >= 0x20 && class <= 0x25 && class != 0x22 && class != 0x23 &&
	       (regs->esr & 0x3f) == FSC_EXTERNAL;
}

void hostile_lost(u64 esr, u64 elr, u64 far)
{
	report.lost[0] = esr;
	report.lost[1] = elr;
	report.lost[2] = far;
	report.state = STATE_LOST;
	for (;;)
		__asm__ volatile("wfi");
}

u64 now(void)
{
	return sysreg_read("cntvct_el0");
}

static char byte_get(void)
{
	const u64 frequency = sysreg_read("cntfrq_el0");

	/* Each look is an exit: a thousand a second are enough. */
	while (read32(plan.uart + UART_FR) & FR_RXFE)
		for (u64 until = now() + frequency / 1000; now() < until;)
			;
	return (char)read32(plan.uart + UART_DR);
}

static void line_get(char *line)
{
	u32 length = 0;
	char c;

	while ((c = byte_get()) != '\n' && c != '\r')
		if (length < LINE_MAX - 1)
			line[length++] = c;
	line[length] = 0;
}

static u64 number(const char **at)
{
	u64 value = 0;

	while (**at == ' ')
		(*at)++;
	for (; **at && **at != ' '; (*at)++)
		value = value << 4 | (u64)(**at <= '9' ? **at - '0' : (**at | 0x20) - 'a' + 10);
	return value;
}

static void attack(char class, u64 count)
{
	switch (class) {
	case 's':
		attack_sysregs(count);
		break;
	case 'c':
		attack_calls(count);
		break;
	case 'p':
		attack_pages(count);
		break;
	case 'f':
		attack_fetches(count);
		break;
	case 'i':
		attack_storms(count);
		break;
	case 'l':
		attack_life(count);
		break;
	default:
		wrong(WRONG_OUTCOME, (u64) class, 0, 0);
		break;
	}
}

static void say(const char *text)
{
	while (*text)
		write8(plan.uart + UART_DR, (u8)*text++);
}

void hostile_main(void)
{
	struct regs regs = {{HYPERCALL_READY}, 0, 0, 0};
	char line[LINE_MAX] = {0};

	try(&regs, (u64)(uintptr_t)calls + 8, false);
	report.state = STATE_IDLE;
	say("hostile: up\n");
	for (;;) {
		const char *at = line + 1;

		line_get(line);
		report.attack = (u64)line[0];
		report.wanted = number(&at);
		report.seed = number(&at);
		random_state = report.seed | UINT64_C(1) << 63;
		report.state = STATE_RUNNING;
		attack(line[0], report.wanted);
		report.state = STATE_DONE;
	}
}

/* What the compiler calls by itself. */
void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((u8 *)to)[i] = (u8)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}
