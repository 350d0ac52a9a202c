// SPDX-License-Identifier: Apache-2.0
/*
 * interrupts.c - what arrives by itself: from the interrupt to the guest's handler, and whether its end costs
 * anything more.
 */
#include <stdio.h>

#include "bench.h"
#include "core.h"
#include "counter.h"
#include "gic.h"
#include "hypercall_call.h"
#include "mmio.h"
#include "pci.h"
#include "timer.h"
#include "uart.h"

#define SGI	      1u
#define SOON_TICKS    1000u
#define UART_IMSC     0x038
#define UART_ICR      0x044
#define UART_TX	      UINT32_C(0x20)
#define UART_ALL      UINT32_C(0x7ff)
#define EDU_VENDOR    0x1234u
#define EDU_DEVICE    0x11e8u
#define EDU_SIZE      UINT64_C(0x100000)
#define EDU_STATUS    0x24 /* QEMU, docs/specs/edu.rst */
#define EDU_RAISE     0x60
#define EDU_ACK	      0x64
#define MSI_CONTROL   0x00 /* PCI Express, 7.7.1, of a function with 64-bit messages */
#define MSI_ENABLE    UINT32_C(0x10000)
#define MSI_ADDRESS   0x04
#define MSI_DATA      0x0c
#define MPIDR_TARGET  UINT64_C(0xf)
#define SETTLE_YIELDS 100u

static volatile uint64_t handled_at; /* the counter, in the handler */
static volatile bool handled;
static uint64_t uart, edu;

static void timer_handler(uint32_t intid)
{
	(void)intid;
	handled_at = counter();
	timer_stop();
	handled = true;
}

static void spi_handler(uint32_t intid)
{
	(void)intid;
	handled_at = counter();
	mmio_write32(uart + UART_IMSC, 0);
	mmio_write32(uart + UART_ICR, UART_ALL);
	handled = true;
}

static void timer_raise(void)
{
	timer_set(timer_now() + SOON_TICKS);
}

/* With a character sent the UART has reason to interrupt, and does when that is let through. The device is
 * the cell's own: no exit. */
static void spi_raise(void)
{
	uart_put('.');
	mmio_write32(uart + UART_IMSC, UART_TX);
}

static void msi_handler(uint32_t intid)
{
	(void)intid;
	handled_at = counter();
	mmio_write32(edu + EDU_ACK, mmio_read32(edu + EDU_STATUS));
	handled = true;
}

static void msi_raise(void)
{
	mmio_write32(edu + EDU_RAISE, 1);
}

/* Interrupts are masked on entry and on return. `end`: what EL2 did from the handler on. */
static void measure(struct series *arrival, struct series *end, void (*raise)(void))
{
	counter_start(COUNT_EL2);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		uint64_t before;

		handled = false;
		window_open();
		irq_enable();
		before = counter();
		raise();
		while (!handled)
			core_yield();
		irq_disable();
		series_add(end, counter() - handled_at);
		window_close();
		series_add(arrival, handled_at - before);
	}
	series_tell(arrival);
	series_tell(end);
	windows_tell(arrival->name);
}

void timer_measure(const struct guest *guest)
{
	struct series arrival = {.name = "timer"}, end = {.name = "timer.end"};

	gic_take(guest->timer_intid, false, timer_handler);
	measure(&arrival, &end, timer_raise);
	gic_disable(guest->timer_intid);
}

void spi_measure(const struct guest *guest)
{
	struct series arrival = {.name = "spi"}, end = {.name = "spi.end"};

	uart = guest->uart.base;
	mmio_write32(uart + UART_IMSC, 0);
	gic_take(guest->uart_intid, guest->uart_edge, spi_handler);
	measure(&arrival, &end, spi_raise);
	gic_disable(guest->uart_intid);
}

/* The device's message is sent while the register is written: no exit but that of the interrupt. */
void msi_measure(const struct guest *guest)
{
	struct series arrival = {.name = "msi"}, end = {.name = "msi.end"};
	struct pci_function function = {0};
	uint64_t address;
	uint32_t intid, msi;
	bool found = false;

	while (!found && pci_next(guest, &function))
		found = function.vendor == EDU_VENDOR && function.device == EDU_DEVICE;
	edu = found ? pci_bar(&function, 0, EDU_SIZE) : 0;
	msi = edu ? pci_capability(&function, PCI_CAPABILITY_MSI, 0) : 0;
	if (!msi || !pci_message(&function, 0, &address, &intid)) {
		printf("bench: wrong there is no function that sends messages\n");
		return;
	}
	pci_enable(&function);
	gic_take(intid, true, msi_handler);
	pci_write32(&function, msi + MSI_ADDRESS, (uint32_t)address);
	pci_write32(&function, msi + MSI_ADDRESS + 4, (uint32_t)(address >> 32));
	pci_write32(&function, msi + MSI_DATA, intid);
	pci_write32(&function, msi + MSI_CONTROL, pci_read32(&function, msi + MSI_CONTROL) | MSI_ENABLE);
	measure(&arrival, &end, msi_raise);
}

/* The receiver of SGIs, the cell's second core: what it found, by its own counter. */
static struct {
	uint64_t at; /* the handler's */
	bool handled;
	uint64_t arrival, end;
	uint64_t ready, taken;
} volatile sibling;

static void sgi_handler(uint32_t intid)
{
	(void)intid;
	sibling.at = counter();
	sibling.handled = true;
}

static void sibling_run(unsigned core)
{
	(void)core;
	counter_start(COUNT_EL2);
	gic_take(SGI, true, sgi_handler);
	for (;;) {
		const uint64_t armed = counter();

		sibling.handled = false;
		sibling.ready = 1;
		wait_interrupt();
		irq_enable();
		barrier_isb();
		irq_disable();
		if (!sibling.handled)
			continue;
		sibling.arrival = sibling.at - armed;
		sibling.end = counter() - sibling.at;
		barrier_dsb();
		sibling.taken++;
	}
}

/* The others have nothing left to do but to sleep. */
static void others_settle(void)
{
	for (unsigned i = 0; i < SETTLE_YIELDS; i++)
		core_yield();
}

void sgi_measure(const struct guest *guest)
{
	struct series sum = {.name = "sgi"}, sender = {.name = "sgi.sender"};
	struct series receiver = {.name = "sgi.receiver"}, end = {.name = "sgi.end"};
	const uint64_t target = guest->mpidr[1];

	if (core_on(guest, 1, sibling_run) != 0) {
		printf("bench: wrong the second core does not start\n");
		return;
	}
	while (!sibling.ready)
		core_yield();
	counter_start(COUNT_EL2);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		const uint64_t taken = sibling.taken;
		uint64_t before, sent;

		others_settle();
		window_open();
		before = counter();
		gic_send_sgi(SGI, target, (uint16_t)(1u << (target & MPIDR_TARGET)));
		sent = counter() - before;
		while (sibling.taken == taken)
			core_yield();
		window_close();
		series_add(&sender, sent);
		series_add(&receiver, sibling.arrival);
		series_add(&sum, sent + sibling.arrival);
		series_add(&end, sibling.end);
	}
	series_tell(&sum);
	series_tell(&sender);
	series_tell(&receiver);
	series_tell(&end);
	windows_tell(sum.name);
}

/* The receiver is the peer's core; it tells by its channel what it found. */
void doorbell_measure(const struct guest *guest)
{
	struct series sum = {.name = "doorbell"}, sender = {.name = "doorbell.sender"};
	struct series receiver = {.name = "doorbell.receiver"}, end = {.name = "doorbell.end"};
	const struct guest_channel *bell = guest_channel_find(guest, "bell");
	volatile struct peer_replies *replies = peer_replies(guest);

	if (!bell || !replies) {
		printf("bench: wrong there is no peer\n");
		return;
	}
	while (!replies->ready)
		core_yield();
	counter_start(COUNT_EL2);
	for (unsigned i = 0; i < REPETITIONS; i++) {
		const uint64_t rung = replies->doorbells;
		int64_t status;
		uint64_t before, sent;

		others_settle();
		window_open();
		before = counter();
		status = hypercall_doorbell(bell->index);
		sent = counter() - before;
		if (status != HYPERCALL_OK)
			printf("bench: wrong the doorbell is refused\n");
		while (replies->doorbells == rung)
			core_yield();
		window_close();
		series_add(&sender, sent);
		series_add(&receiver, replies->value);
		series_add(&sum, sent + replies->value);
		series_add(&end, replies->after);
	}
	series_tell(&sum);
	series_tell(&sender);
	series_tell(&receiver);
	series_tell(&end);
	windows_tell(sum.name);
}
