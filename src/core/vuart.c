/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vuart.c - the emulated PL011 of a cell without a UART (Arm DDI 0183, chapter 3). Output goes to the
 * cell's log ring, which the health cell reads; input comes from the cell's order, which the service core
 * writes. The transmit FIFO is always empty. The interrupt is an edge: made pending whenever the masked
 * status rises from zero.
 */
#include "core.h"
#include "mmio.h"

enum {
	DR = 0x000,
	FR = 0x018,
	IBRD = 0x024,
	FBRD = 0x028,
	LCR_H = 0x02c,
	CR = 0x030,
	IFLS = 0x034,
	IMSC = 0x038,
	RIS = 0x03c,
	MIS = 0x040,
	ICR = 0x044,
	ID_FIRST = 0xfe0
};

#define FR_RXFE	   BIT(4)
#define FR_TXFE	   BIT(7)
#define INT_RX	   BIT(4)
#define INT_TX	   BIT(5)
#define INT_RT	   BIT(6)
#define INT_ALL	   0x7ff
#define CR_RESET   0x300 /* TXE and RXE */
#define IFLS_RESET 0x12

static const volatile struct order *order(void)
{
	return (const volatile struct order *)this_cell->orders_va + this_cell->index;
}

static bool input_waiting(const struct vuart *uart)
{
	return order()->input_head != uart->input_tail;
}

/* The oldest bytes are gone where the guest was slower than the sender by more than the ring. */
static u8 input_take(struct vuart *uart)
{
	const u64 head = order()->input_head;
	u8 byte;

	if (head - uart->input_tail > ORDER_INPUT_BYTES)
		uart->input_tail = head - ORDER_INPUT_BYTES;
	byte = order()->input[uart->input_tail % ORDER_INPUT_BYTES];
	uart->input_tail++;
	return byte;
}

static u32 status(const struct vuart *uart)
{
	return uart->ris | (input_waiting(uart) ? INT_RX | INT_RT : 0);
}

static void output(u8 byte)
{
	struct log_ring *ring = (struct log_ring *)this_cell->log_va;
	const u64 head = ring->head;

	ring->data[head % LOG_RING_BYTES] = byte;
	arch_publish();
	*(volatile u64 *)&ring->head = head + 1;
}

void vuart_restart(void)
{
	const struct log_ring *ring = (const struct log_ring *)this_cell->log_va;

	cell_state()->vuart = (struct vuart){.input_tail = order()->input_head};
	/* What the last life began to print ends here. */
	if (ring && ring->head && ring->data[(ring->head - 1) % LOG_RING_BYTES] != '\n')
		output('\n');
}

/* The last registers of the page; 0 for all that is none of them. */
static u64 identification(u64 offset)
{
	static const u8 id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
	const u64 n = (offset - ID_FIRST) / 4; /* huge below the first */

	return n < ARRAY_SIZE(id) ? id[n] : 0;
}

static u64 vuart_read(struct vuart *uart, u64 offset)
{
	switch (offset) {
	case DR:
		return input_waiting(uart) ? input_take(uart) : 0;
	case FR:
		return FR_TXFE | (input_waiting(uart) ? 0 : FR_RXFE);
	case IBRD:
		return uart->ibrd;
	case FBRD:
		return uart->fbrd;
	case LCR_H:
		return uart->lcr_h;
	case CR:
		return uart->cr ^ CR_RESET;
	case IFLS:
		return uart->ifls ^ IFLS_RESET;
	case IMSC:
		return uart->imsc;
	case RIS:
		return status(uart);
	case MIS:
		return status(uart) & uart->imsc;
	default:
		return identification(offset);
	}
}

/* CR and IFLS are kept as differences from their reset values, so that zeroed state is reset state. */
static void vuart_write(struct vuart *uart, u64 offset, u32 value)
{
	switch (offset) {
	case DR:
		output((u8)value);
		uart->ris |= INT_TX; /* sent at once: the FIFO falls below its mark */
		break;
	case IBRD:
		uart->ibrd = value & 0xffff;
		break;
	case FBRD:
		uart->fbrd = value & 0x3f;
		break;
	case LCR_H:
		uart->lcr_h = value & 0xff;
		break;
	case CR:
		uart->cr = (value & 0xffff) ^ CR_RESET;
		break;
	case IFLS:
		uart->ifls = (value & 0x3f) ^ IFLS_RESET;
		break;
	case IMSC:
		uart->imsc = value & INT_ALL;
		break;
	case ICR:
		uart->ris &= ~value;
		break;
	default:
		break;
	}
}

/* [impl->swr~emulated-uart~1] */
void vuart_access(struct access *access)
{
	struct cell_state *state = cell_state();
	struct vuart *uart = &state->vuart;
	u32 before, after;

	if (access->size == 8 || (access->offset & 3)) {
		access->value = 0;
		return;
	}
	lock_take(&state->console_lock);
	before = status(uart) & uart->imsc;
	if (access->write)
		vuart_write(uart, access->offset, (u32)access->value);
	else
		access->value = vuart_read(uart, access->offset);
	after = status(uart) & uart->imsc;
	lock_release(&state->console_lock);
	if (access->write && after && (!before || access->offset == ICR))
		arch_spi_raise(this_cell->uart_intid);
}
