/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_state.h - which of two images starts, and who this machine is: in storage that the health cell alone
 * has, NOR flash or a boot partition of an eMMC.
 *
 *   struct boot_copy      twice, each at the start of an erase block of its own. The health cell writes a
 * whole new one over the copy that doesn't count; the record that counts stays as it is. The loader's boot
 * command writes attempts into the copy that counts: it clears bits, and never erases struct boot_identity in
 * an erase block of its own; written in the factory, by the machine never
 *
 * Words are little-endian but for the CRCs, which are big-endian, as U-Boot's `crc32` writes them. Erased
 * storage reads as ones; programming clears bits.
 */
#ifndef BULKHEAD_BOOT_STATE_H
#define BULKHEAD_BOOT_STATE_H

#include <stddef.h>
#include <stdint.h>

#define BOOT_MAGIC	     0x53424842u /* "BHBS" */
#define BOOT_FORMAT	     2u
#define BOOT_COPIES	     2u
#define BOOT_SLOTS	     2u /* a, b */
#define BOOT_DIGEST	     32u
#define BOOT_ATTEMPTS	     32u
#define BOOT_ERASED	     0xffffffffu
#define BOOT_COUNTER_UNKNOWN 0xffffu

enum boot_status { BOOT_EMPTY, BOOT_TRIAL, BOOT_GOOD, BOOT_STATUS_COUNT };
/* So often the loader starts what is of that status, in one record's time. */
#define BOOT_TRIES_TRIAL 1u
#define BOOT_TRIES_GOOD	 3u

struct boot_record {
	uint32_t magic;
	uint32_t format;
	uint32_t sequence;			 /* from 1 on; the valid copy with the higher one counts */
	uint32_t floor;				 /* least counter of an image that may start */
	uint32_t primary;			 /* slot that is tried first */
	uint32_t status[BOOT_SLOTS];		 /* enum boot_status */
	uint32_t counter[BOOT_SLOTS];		 /* of the image in the slot; BOOT_COUNTER_UNKNOWN */
	uint8_t digest[BOOT_SLOTS][BOOT_DIGEST]; /* SHA-256 of the slot's FIT; all 0xff: any that is signed */
	uint32_t reserved[6];			 /* 0 */
	uint32_t crc; /* CRC-32 (IEEE 802.3) of the bytes before, big-endian; written last */
};

/* One word an attempt: the image's counter << 16 | enum boot_reason << 8 | BOOT_TRIED_*. */
#define BOOT_TRIED_A 0x0au
#define BOOT_TRIED_B 0x0bu
/* No attempt, but the health cell's word behind a confirmed record: which slot runs isn't known. */
#define BOOT_TRIED_UNKNOWN	 0xffffff00u
#define BOOT_TRIED_SLOT(word)	 ((word) & 0xffu)
#define BOOT_TRIED_REASON(word)	 ((word) >> 8 & 0xffu)
#define BOOT_TRIED_COUNTER(word) ((word) >> 16)

enum boot_reason {
	BOOT_UNREADABLE = 1, /* no FIT there, or one larger than the partition or the staging area */
	BOOT_DIGEST_WRONG,   /* its SHA-256 isn't the record's */
	BOOT_BOARD_WRONG,    /* for another board */
	BOOT_TOO_OLD,	     /* its counter is below the floor */
	BOOT_SIGNATURE,	     /* refused by bootm, which came back */
	BOOT_STARTED = 0xff  /* not refused: what didn't run on wasn't confirmed */
};

/* An eMMC has no bits to clear: the attempts' sector of 512 bytes is written as a whole, and has no record in
 * it that a power cut could damage. */
#define BOOT_SECTOR 512u

/* Of an eMMC's boot partition, which has no erase blocks: what stands there in place of one. Copies and
 * identity are so far apart that what the card writes at once never has two of them in it. */
#define BOOT_EMMC_BLOCK 0x8000u

struct boot_copy {
	struct boot_record record;
	uint8_t unused[BOOT_SECTOR - sizeof(struct boot_record)]; /* 0xff */
	uint32_t attempts[BOOT_ATTEMPTS];
};

#define IDENTITY_MAGIC	       0x44494842u /* "BHID" */
#define IDENTITY_FORMAT	       1u
#define IDENTITY_SERIAL	       32u
#define IDENTITY_MACS_MAX      16u
#define IDENTITY_MAC	       6u
#define IDENTITY_ADDRESSES_MAX 8u
#define IDENTITY_ADDRESS       32u

struct boot_identity {
	uint32_t magic;
	uint32_t format;
	char serial[IDENTITY_SERIAL]; /* A-Z a-z 0-9 . _ -, at least one; NUL padded */
	uint8_t seed[32];   /* Ed25519 private key (RFC 8032, 5.1.5), by which the event log is signed */
	uint8_t public[32]; /* its public key */
	uint32_t mac_count;
	uint8_t macs[IDENTITY_MACS_MAX][IDENTITY_MAC];
	uint32_t address_count;
	char addresses[IDENTITY_ADDRESSES_MAX][IDENTITY_ADDRESS]; /* "10.0.2.15/24", NUL padded */
	uint8_t reserved[44];					  /* 0 */
	uint32_t crc;						  /* as above */
};

/* What the health cell leaves in the crash-audit area when it resets the machine since the image that runs
 * was tried and not confirmed in time: crash_dump.detail = BOOT_UNCONFIRMED | slot. */
#define BOOT_UNCONFIRMED      UINT64_C(0x4e4f434642484200)
#define BOOT_UNCONFIRMED_MASK UINT64_C(0xffffffffffffff00)

_Static_assert(sizeof(struct boot_record) == 128, "layout");
_Static_assert(offsetof(struct boot_record, status) == 20, "layout");
_Static_assert(offsetof(struct boot_record, counter) == 28, "layout");
_Static_assert(offsetof(struct boot_record, digest) == 36, "layout");
_Static_assert(offsetof(struct boot_record, reserved) == 100, "layout");
_Static_assert(offsetof(struct boot_record, crc) == 124, "layout");
_Static_assert(sizeof(struct boot_copy) == 640, "layout");
_Static_assert(offsetof(struct boot_copy, attempts) == BOOT_SECTOR, "layout");
_Static_assert(sizeof(struct boot_identity) == 512, "layout");
_Static_assert(offsetof(struct boot_identity, seed) == 40, "layout");
_Static_assert(offsetof(struct boot_identity, public) == 72, "layout");
_Static_assert(offsetof(struct boot_identity, mac_count) == 104, "layout");
_Static_assert(offsetof(struct boot_identity, address_count) == 204, "layout");
_Static_assert(offsetof(struct boot_identity, addresses) == 208, "layout");
_Static_assert(offsetof(struct boot_identity, reserved) == 464, "layout");
_Static_assert(offsetof(struct boot_identity, crc) == 508, "layout");

#endif
