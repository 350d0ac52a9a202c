/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vuart.c - the emulated PL011 (Arm DDI 0183, 3.3): registers, input, interrupts.
 *
 * Robustness: unknown_offsets_and_widths, overrun_loses_the_oldest, ring_just_full_loses_nothing
 */
#include "arch.h"
#include "../../../src/core/mmio.h"

#define DR    0x00
#define RSR   0x04
#define FR    0x18
#define ILPR  0x20
#define IBRD  0x24
#define FBRD  0x28
#define LCR_H 0x2c
#define CR    0x30
#define IFLS  0x34
#define IMSC  0x38
#define RIS   0x3c
#define MIS   0x40
#define ICR   0x44
#define DMACR 0x48

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_LOG_CONSOLE);
	calls_reset();
	return 0;
}

static u64 get_sized(u64 offset, u8 size)
{
	struct access access = {.offset = offset, .size = size, .value = 0xdead};

	vuart_access(&access);
	return access.value;
}

static u64 get(u64 offset)
{
	return get_sized(offset, 4);
}

static void put(u64 offset, u64 value)
{
	struct access access = {.offset = offset, .size = 4, .value = value, .write = true};

	vuart_access(&access);
}

static void type(const char *text)
{
	for (; *text; text++) {
		host_order(1)->input[host_order(1)->input_head % ORDER_INPUT_BYTES] = (u8)*text;
		host_order(1)->input_head++;
	}
}

/* [utest->swr~emulated-uart~1] */
static void registers_at_reset(void **state)
{
	assert_int_equal(get(FR), 0x90); /* transmit and receive FIFOs empty */
	assert_int_equal(get(CR), 0x300);
	assert_int_equal(get(IFLS), 0x12);
	assert_int_equal(get(IMSC), 0);
	assert_int_equal(get(RIS) & 0x70, 0);
	assert_int_equal(get(MIS), 0);
	assert_int_equal(get(IBRD), 0);
	assert_int_equal(get(FBRD), 0);
	assert_int_equal(get(LCR_H), 0);
	assert_int_equal(get(RSR), 0);
	assert_int_equal(get(DMACR), 0);
	assert_int_equal(get(ILPR), 0);
}

/* Registers keep what is written of the bits that a PL011 has there. [utest->swr~emulated-uart~1] */
static void registers_keep_their_bits(void **state)
{
	static const struct {
		u64 offset, mask;
	} registers[] = {{IBRD, 0xffff}, {FBRD, 0x3f}, {LCR_H, 0xff},
			 {CR, 0xffff},	 {IFLS, 0x3f}, {IMSC, 0x7ff}};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		put(registers[i].offset, 0xffffffff);
		assert_int_equal(get(registers[i].offset), registers[i].mask);
		put(registers[i].offset, 0xaaaaaaaa);
		assert_int_equal(get(registers[i].offset), 0xaaaaaaaa & registers[i].mask);
		put(registers[i].offset, 0);
		assert_int_equal(get(registers[i].offset), 0);
	}
}

/* PeriphID 0x00_1_41_011 and PCellID, a byte a word (3.3.16 to 3.3.23). [utest->swr~emulated-uart~1] */
static void identification(void **state)
{
	static const u8 wanted[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	for (u32 i = 0; i < 8; i++) {
		assert_int_equal(get(0xfe0 + 4 * i), wanted[i]);
		put(0xfe0 + 4 * i, 0xff);
		assert_int_equal(get(0xfe0 + 4 * i), wanted[i]);
	}
}

/* [utest->swr~emulated-uart~1] */
static void unknown_offsets_and_widths(void **state)
{
	type("x");
	for (u64 offset = 0x4c; offset < 0xfe0; offset += 4)
		assert_int_equal(get(offset), 0);
	assert_int_equal(get(0x1000), 0);
	assert_int_equal(get(0xfffc), 0);
	assert_int_equal(get_sized(DR, 8), 0);
	assert_int_equal(get_sized(FR + 1, 1), 0);
	assert_int_equal(get_sized(DR + 2, 2), 0);
	assert_int_equal(get_sized(FR, 1), 0x80);
	assert_int_equal(get_sized(DR, 1), 'x');
	/* A byte beside a register does not write it. */
	put(IMSC, 0x10);
	vuart_access(&(struct access){.offset = IMSC + 1, .size = 1, .value = 0xff, .write = true});
	assert_int_equal(get(IMSC), 0x10);
	vuart_access(&(struct access){.offset = IMSC, .size = 8, .value = 0xff, .write = true});
	assert_int_equal(get(IMSC), 0x10);
}

/* What is written is in the log ring, the newest over the oldest, and the UART is never busy or full.
 * [utest->swr~emulated-uart~1] */
static void output_goes_to_the_log(void **state)
{
	put(DR, 'h');
	put(DR, 0x169);
	assert_int_equal(host_log()->head, 2);
	assert_memory_equal(host_log()->data, "hi", 2);
	for (u64 i = 2; i < LOG_RING_BYTES + 3; i++)
		put(DR, i);
	assert_int_equal(host_log()->head, LOG_RING_BYTES + 3);
	assert_int_equal(host_log()->data[2], (u8)(LOG_RING_BYTES + 2));
	assert_int_equal(host_log()->data[3], 3);
	assert_int_equal(get(FR) & 0x28, 0); /* never busy, never full */
}

/* Input is read once and in order, and flags and raw interrupts say as long as there is some.
 * [utest->swr~emulated-uart~1] */
static void input_in_order(void **state)
{
	type("abc");
	assert_int_equal(get(FR) & 0x10, 0);
	assert_int_equal(get(RIS) & 0x50, 0x50);
	assert_int_equal(get(DR), 'a');
	assert_int_equal(get(DR), 'b');
	assert_int_equal(get(FR) & 0x10, 0);
	assert_int_equal(get(DR), 'c');
	assert_int_equal(get(FR) & 0x10, 0x10);
	assert_int_equal(get(RIS) & 0x50, 0);
	assert_int_equal(get(DR), 0);
	type("d");
	assert_int_equal(get(DR), 'd');
}

/* [utest->swr~emulated-uart~1] */
static void overrun_loses_the_oldest(void **state)
{
	for (u32 i = 0; i < 3 * ORDER_INPUT_BYTES + 7; i++)
		type((char[]){(char)('0' + i % 10), 0});
	for (u32 i = 2 * ORDER_INPUT_BYTES + 7; i < 3 * ORDER_INPUT_BYTES + 7; i++)
		assert_int_equal(get(DR), '0' + i % 10);
	assert_int_equal(get(FR) & 0x10, 0x10);
}

/* As much input as the ring holds is read whole. [utest->swr~emulated-uart~1] */
static void ring_just_full_loses_nothing(void **state)
{
	for (u32 i = 0; i < ORDER_INPUT_BYTES; i++)
		type((char[]){(char)('A' + i % 26), 0});
	for (u32 i = 0; i < ORDER_INPUT_BYTES; i++)
		assert_int_equal(get(DR), 'A' + i % 26);
	assert_int_equal(get(FR) & 0x10, 0x10);
}

/* A cause that waits raises the interrupt when it is unmasked, and only then. [utest->swr~emulated-uart~1] */
static void unmasking_raises_what_waits(void **state)
{
	type("x");
	assert_int_equal(call_count("raise"), 0);
	put(IMSC, 0x10);
	assert_int_equal(call_count("raise(200)"), 1);
	assert_int_equal(get(MIS), 0x10);
	put(IMSC, 0x50); /* asserted already: no second edge */
	assert_int_equal(call_count("raise"), 1);
	get(DR);
	assert_int_equal(get(MIS), 0);
}

/* The transmit interrupt is raised by each byte that is sent, once it was cleared, and not before the first.
 * [utest->swr~emulated-uart~1] */
static void transmit_interrupts(void **state)
{
	put(IMSC, 0x20);
	assert_int_equal(get(RIS) & 0x20, 0); /* a transition, not a level: nothing sent yet */
	assert_int_equal(call_count("raise"), 0);
	put(DR, 'x');
	assert_int_equal(get(MIS), 0x20);
	assert_int_equal(call_count("raise(200)"), 1);
	put(ICR, 0x20);
	assert_int_equal(get(RIS) & 0x20, 0);
	assert_int_equal(call_count("raise"), 1);
	put(DR, 'y');
	assert_int_equal(call_count("raise"), 2);
}

/* The interrupt is an edge for the GIC: acknowledging one cause must not lose another.
 * [utest->swr~emulated-uart~1] */
static void clearing_one_cause_raises_the_other(void **state)
{
	put(IMSC, 0x30);
	type("x");
	put(DR, 'y');
	calls_reset();
	put(ICR, 0x20);
	assert_int_equal(get(MIS), 0x10);
	assert_int_equal(call_count("raise(200)"), 1);
}

/* No read of a register raises the interrupt. [utest->swr~emulated-uart~1] */
static void reads_raise_nothing(void **state)
{
	put(IMSC, 0x30);
	put(DR, 'y');
	type("abc");
	calls_reset();
	for (u64 offset = 0; offset < 0x50; offset += 4)
		get(offset);
	assert_int_equal(call_count("raise"), 0);
}

/* A new life begins at reset, and on a line of its own: what the last one began to print is not its own.
 * [utest->swr~emulated-uart~1] */
static void new_life_new_line(void **state)
{
	type("left over");
	vuart_restart();
	assert_int_equal(host_log()->head, 0); /* nothing was printed */
	put(IMSC, 0x10);
	put(DR, 'a');
	vuart_restart();
	assert_int_equal(host_log()->head, 2);
	assert_memory_equal(host_log()->data, "a\n", 2);
	assert_int_equal(get(IMSC), 0);
	assert_int_equal(get(FR) & 0x10, 0x10); /* no input of before */
	vuart_restart();
	assert_int_equal(host_log()->head, 2);
	host_cell()->log_va = 0; /* a cell with a UART of its own */
	vuart_restart();
	assert_int_equal(host_log()->head, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_life_new_line, boot),
		cmocka_unit_test_setup(registers_at_reset, boot),
		cmocka_unit_test_setup(registers_keep_their_bits, boot),
		cmocka_unit_test_setup(identification, boot),
		cmocka_unit_test_setup(unknown_offsets_and_widths, boot),
		cmocka_unit_test_setup(output_goes_to_the_log, boot),
		cmocka_unit_test_setup(input_in_order, boot),
		cmocka_unit_test_setup(overrun_loses_the_oldest, boot),
		cmocka_unit_test_setup(ring_just_full_loses_nothing, boot),
		cmocka_unit_test_setup(unmasking_raises_what_waits, boot),
		cmocka_unit_test_setup(transmit_interrupts, boot),
		cmocka_unit_test_setup(clearing_one_cause_raises_the_other, boot),
		cmocka_unit_test_setup(reads_raise_nothing, boot),
	};

	return cmocka_run_group_tests_name("vuart", tests, NULL, NULL);
}
