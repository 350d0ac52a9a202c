// SPDX-License-Identifier: Apache-2.0
/*
 * test_igbvf.c - the driver of a virtual function, with a device whose physical function may be silent, give
 * a MAC or none, be reset, or forget.
 *
 * Robustness: nobody_answers, in_reset, a_refused_mac, a_busy_mailbox, the_ways_to_be_lost,
 * a_stray_ring, a_stray_ring_and_no_end
 */
#include "test.h"

#include "mmio.h"
#include "nic.h"
#include "proofs.h"

#define HZ	   UINT64_C(1000) /* a tick is a millisecond */
#define BASE	   UINT64_C(0x10000000)
#define CONTROL	   0x0000u
#define STATUS	   0x0008u
#define MEMORY	   0x0800u
#define MAILBOX	   0x0c40u
#define RECEIVE_ON 0x2828u
#define RECEIVE_AT 0x2818u
#define SEND_LOW   0x3800u
#define SEND_HIGH  0x3804u
#define SEND_AT	   0x3818u
#define SEND_ON	   0x3828u
#define FOREIGN	   UINT64_C(0x1234567000)
#define QUEUE_ON   (1u << 25)
#define REQUEST	   0x01u
#define TAKEN	   0x02u
#define OURS	   0x04u
#define THEIRS	   0x08u
#define CAME	   0x10u
#define ANSWER	   0x20u
#define IN_RESET   0x40u
#define FRESH	   0x80u
#define ON_LOOK	   (CAME | ANSWER | FRESH)

enum owner { SILENT, GIVES_MAC, GIVES_NONE, REFUSES };

static uint32_t words[0x4000 / 4];
static enum owner owner;
static bool deaf; /* no queue comes up */
static unsigned resets, leaves, macs;
static uint64_t now;
static uint8_t mac[NIC_MAC_BYTES];
static const uint8_t own[NIC_MAC_BYTES] = {2, 0, 10, 0, 2, 15},
		     given[NIC_MAC_BYTES] = {0x52, 0x54, 0, 1, 2, 3};

static void say(uint32_t word, const uint8_t *of)
{
	words[MEMORY / 4] = word;
	memcpy(&words[MEMORY / 4 + 1], of, NIC_MAC_BYTES);
	words[MAILBOX / 4] |= CAME;
}

static void physical(void)
{
	const uint32_t what = words[MEMORY / 4];

	words[MAILBOX / 4] |= ANSWER;
	leaves += what == 1;
	macs += what == 2;
	if (owner == SILENT)
		return;
	if (what == 1)
		say(owner == GIVES_MAC ? 0x80000001 : 0x40000001, given);
	else if (what == 2) {
		assert_memory_equal(&words[MEMORY / 4 + 1], own, NIC_MAC_BYTES);
		say(owner == REFUSES ? 0x60000002 : 0xa0000002, own);
	}
}

uint32_t mmio_read32(uint64_t address)
{
	const uint32_t at = (uint32_t)(address - BASE), value = words[at / 4];

	assert_true(at < sizeof(words) && at % 4 == 0);
	if (at == MAILBOX)
		words[at / 4] &= ~ON_LOOK;
	return value;
}

void mmio_write32(uint64_t address, uint32_t value)
{
	const uint32_t at = (uint32_t)(address - BASE);

	assert_true(at < sizeof(words) && at % 4 == 0);
	if (at == CONTROL) {
		resets++;
		words[RECEIVE_ON / 4] = words[SEND_ON / 4] = 0;
	} else if (at == MAILBOX) {
		words[at / 4] &= ~OURS;
		if (value & OURS && !(words[at / 4] & THEIRS))
			words[at / 4] |= OURS;
		if (value & REQUEST)
			physical();
	} else if (!deaf || at != SEND_ON) {
		words[at / 4] = value;
	}
}

void pci_enable(const struct pci_function *function)
{
}

uint64_t pci_bar(const struct pci_function *function, uint32_t bar, uint64_t size)
{
	return bar == 0 && size == sizeof(words) ? BASE : 0;
}

bool pci_msix_start(struct pci_function *function)
{
	return true;
}

bool pci_msix_take(const struct pci_function *function, uint32_t vector, uint32_t number,
		   irq_handler *handler)
{
	return vector == 0 && number == 0;
}

static bool wanted, granted, is_over;
static unsigned begun, strayed, ended;
static bool reset_first; /* the function was reset before the announcement's end */

bool proofs_dma_wanted(uint64_t *address)
{
	*address = FOREIGN;
	return wanted;
}

bool proofs_dma_begin(void)
{
	begun++;
	assert_int_equal(words[SEND_AT / 4], 0);
	assert_int_equal(words[SEND_ON / 4], QUEUE_ON);
	wanted = false;
	return granted;
}

bool proofs_dma_is_over(void)
{
	strayed += words[SEND_AT / 4] == 1 && words[SEND_LOW / 4] == (uint32_t)FOREIGN &&
		   words[SEND_HIGH / 4] == FOREIGN >> 32 && words[SEND_ON / 4] == QUEUE_ON;
	return is_over;
}

void proofs_dma_end(void)
{
	ended++;
	reset_first = words[SEND_ON / 4] == 0;
}

static enum nic_state steps(unsigned count)
{
	enum nic_state state = NIC_WAITING;

	for (unsigned i = 0; i < count; i++, now += 2)
		state = nic_igbvf.step(now, HZ, mac);
	return state;
}

/* The driver's state is the process's: each test begins with a device that was reset, and time goes on. */
static int start(void **state)
{
	struct pci_function function = {0};

	memset(words, 0, sizeof(words));
	words[MAILBOX / 4] = IN_RESET;
	owner = SILENT;
	assert_null(nic_igbvf.start(&function, own, NULL));
	assert_int_equal(steps(1000), NIC_WAITING);
	resets = leaves = macs = begun = strayed = ended = 0;
	wanted = is_over = deaf = false;
	granted = true;
	return 0;
}

static void up_with(enum owner as, const uint8_t *due)
{
	owner = as;
	words[MAILBOX / 4] &= ~IN_RESET;
	words[STATUS / 4] = 2;
	assert_int_equal(steps(1000), NIC_LINK_UP);
	assert_memory_equal(mac, due, NIC_MAC_BYTES);
	assert_int_equal(words[RECEIVE_AT / 4], 63);
}

/* Where the physical function gives a MAC the link comes up with that. [utest->swr~health-net-igbvf~1] */
static void a_mac_is_given(void **state)
{
	up_with(GIVES_MAC, given);
	assert_int_equal(leaves, 1);
	assert_int_equal(macs, 0);
}

/* Where the physical function gives no MAC it is told one, with which the link comes up.
 * [utest->swr~health-net-igbvf~1] */
static void a_mac_is_told(void **state)
{
	up_with(GIVES_NONE, own);
	assert_int_equal(macs, 1);
}

/* [utest->swr~health-net-back~1] */
static void the_link(void **state)
{
	up_with(GIVES_MAC, given);
	words[STATUS / 4] = 0;
	assert_int_equal(steps(60), NIC_LINK_DOWN);
	words[STATUS / 4] = 2;
	assert_int_equal(steps(60), NIC_LINK_UP);
	assert_int_equal(leaves, 1);
}

/* Asked about once a second, each time after a reset. */
/* [utest->swr~health-net-back~1] */
static void nobody_answers(void **state)
{
	words[MAILBOX / 4] = 0;
	assert_int_equal(steps(5000), NIC_WAITING);
	assert_in_range(leaves, 8, 11);
	assert_in_range(resets, 8, 11);
	up_with(GIVES_MAC, given);
}

/* Nothing is asked while the physical function is being reset. */
/* [utest->swr~health-net-back~1] */
static void in_reset(void **state)
{
	assert_int_equal(steps(2000), NIC_WAITING);
	assert_int_equal(leaves, 0);
}

/* While the physical function refuses the MAC the NIC waits; it comes up with one that is given.
 * [utest->swr~health-net-igbvf~1] */
static void a_refused_mac(void **state)
{
	owner = REFUSES;
	words[MAILBOX / 4] = 0;
	assert_int_equal(steps(100), NIC_WAITING);
	assert_true(macs > 0);
	up_with(GIVES_MAC, given);
}

/* The mailbox is the other's at the moment: asked later. */
/* [utest->swr~health-net-back~1] */
static void a_busy_mailbox(void **state)
{
	owner = GIVES_MAC;
	words[MAILBOX / 4] = THEIRS;
	assert_int_equal(steps(200), NIC_WAITING);
	assert_int_equal(leaves, 0);
	words[MAILBOX / 4] = 0;
	up_with(GIVES_MAC, given);
}

static void reset_and_back(void)
{
	const unsigned before = resets;

	assert_int_equal(steps(60), NIC_WAITING);
	assert_true(resets > before);
	up_with(GIVES_MAC, given);
	assert_int_equal(steps(500), NIC_LINK_UP);
}

/* In reset when looked at; fresh from one; its driver knows us no more; the queues are off without a word. */
/* [utest->swr~health-net-back~1] */
static void the_ways_to_be_lost(void **state)
{
	up_with(GIVES_MAC, given);
	words[MAILBOX / 4] |= IN_RESET;
	reset_and_back();
	owner = SILENT;
	words[MAILBOX / 4] |= FRESH;
	reset_and_back();
	owner = SILENT;
	say(0x00000100, given);
	reset_and_back();
	owner = SILENT;
	words[RECEIVE_ON / 4] &= ~QUEUE_ON;
	reset_and_back();
	owner = SILENT;
	words[SEND_ON / 4] = 0;
	reset_and_back();
}

/* A word of one that knows us is no reason to start anew. */
/* [utest->swr~health-net-back~1] */
static void a_word(void **state)
{
	up_with(GIVES_MAC, given);
	say(0x20000100, given);
	assert_int_equal(steps(200), NIC_LINK_UP);
	assert_int_equal(leaves, 1);
}

/* Where a DMA is to be refused: of its ring of frames to send, with the physical function's leave, before any
 * is sent; then it starts anew, with rings of its own. [utest->swr~health-proofs~1] */
static void a_stray_ring(void **state)
{
	wanted = true;
	owner = GIVES_MAC;
	words[MAILBOX / 4] &= ~IN_RESET;
	assert_int_equal(steps(20), NIC_WAITING);
	assert_int_equal(leaves, 1);
	assert_true(begun == 1 && strayed > 0);
	assert_int_equal(words[RECEIVE_ON / 4], 0);
	ended = 0;
	is_over = true;
	up_with(GIVES_MAC, given);
	assert_true(ended == 1 && reset_first);
	assert_int_equal(leaves, 2);
	assert_int_not_equal(words[SEND_LOW / 4], (uint32_t)FOREIGN);
	assert_int_equal(words[SEND_AT / 4], 0);
}

/* It takes too long: ended with the reset. [utest->swr~health-proofs~1] */
static void a_stray_ring_and_no_end(void **state)
{
	wanted = true;
	owner = GIVES_MAC;
	words[MAILBOX / 4] &= ~IN_RESET;
	assert_int_equal(steps(400), NIC_WAITING);
	ended = 0;
	up_with(GIVES_MAC, given);
	assert_true(begun == 1 && ended == 1 && reset_first);
}

/* The physical function gives leave, and keeps the queue off: nothing is announced.
 * [utest->swr~health-proofs~1] */
static void no_stray_ring(void **state)
{
	wanted = deaf = true;
	owner = GIVES_MAC;
	words[MAILBOX / 4] &= ~IN_RESET;
	assert_int_equal(steps(2000), NIC_WAITING);
	assert_int_equal(begun, 0);
	deaf = granted = false;
	up_with(GIVES_MAC, given);
	assert_true(begun == 1 && strayed == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_mac_is_given, start),
		cmocka_unit_test_setup(a_mac_is_told, start),
		cmocka_unit_test_setup(the_link, start),
		cmocka_unit_test_setup(nobody_answers, start),
		cmocka_unit_test_setup(in_reset, start),
		cmocka_unit_test_setup(a_refused_mac, start),
		cmocka_unit_test_setup(a_busy_mailbox, start),
		cmocka_unit_test_setup(the_ways_to_be_lost, start),
		cmocka_unit_test_setup(a_word, start),
		cmocka_unit_test_setup(a_stray_ring, start),
		cmocka_unit_test_setup(a_stray_ring_and_no_end, start),
		cmocka_unit_test_setup(no_stray_ring, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
