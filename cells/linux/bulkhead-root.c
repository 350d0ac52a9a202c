// SPDX-License-Identifier: Apache-2.0
/*
 * bulkhead-root.c - opens the root file system of a slot so that each block is verified as it is read
 * (dm-verity), and prints the device to mount. `root/open` runs it, from the initramfs.
 *
 *   bulkhead-root BLOCKS:SALT:HASH DEVICE...   the first DEVICE whose hash tree has that root hash
 *
 * BLOCKS of 4096 bytes; SALT, HASH: 64 hexadecimal digits. They come from the signed FIT, and everything that
 * is used of the device is covered by HASH: the superblock, which isn't, is not read. A block that is not
 * what it was ends in a panic of this Linux from then on, so that its cell is seen to be down.
 *
 * Exit status: 0 opened, 1 not (said why), 2 wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CONTROL	     "/dev/mapper/control"
#define NAME	     "root"
#define BLOCK	     4096u
#define SECTOR	     512u
#define DIGITS	     64u /* of a SHA-256 */
#define BLOCKS_MAX   (UINT64_C(1) << 40)
#define PROBING	     ""
#define FROM_NOW_ON  "1 panic_on_corruption"
#define VERITY_TABLE "1 %s %s 4096 4096 %" PRIu64 " %" PRIu64 " sha256 %s %s %s"

struct root {
	uint64_t blocks;
	char salt[DIGITS + 1], hash[DIGITS + 1];
};

struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[1024];
};

static bool read_digits(const char *text, char end, char digits[DIGITS + 1])
{
	if (strspn(text, "0123456789abcdef") != DIGITS || text[DIGITS] != end)
		return false;
	memcpy(digits, text, DIGITS);
	digits[DIGITS] = '\0';
	return true;
}

static bool read_root(const char *text, struct root *root)
{
	char *end;

	errno = 0;
	root->blocks = strtoull(text, &end, 10);
	return !errno && text[0] >= '1' && text[0] <= '9' && root->blocks <= BLOCKS_MAX && *end == ':' &&
	       read_digits(end + 1, ':', root->salt) && read_digits(end + 1 + DIGITS + 1, '\0', root->hash);
}

/* Linux, include/uapi/linux/dm-ioctl.h: version 4.0 has all of it. */
static bool command(int control, unsigned long what, struct request *request, uint32_t flags)
{
	request->head.version[0] = 4;
	request->head.version[1] = request->head.version[2] = 0;
	request->head.data_size = sizeof(*request);
	request->head.data_start = offsetof(struct request, target);
	request->head.flags = flags;
	strcpy(request->head.name, NAME);
	return ioctl(control, what, request) == 0;
}

static void remove_device(int control)
{
	struct request request = {0};

	command(control, DM_DEV_REMOVE, &request, 0);
}

/* The device's minor number; negative: errno says why. */
static int create(int control, const struct root *root, const char *device, const char *options)
{
	struct request request = {0};
	uint64_t number;

	if (!command(control, DM_DEV_CREATE, &request, 0))
		return -1;
	number = request.head.dev;
	request = (struct request){.head.target_count = 1,
				   .target = {.length = root->blocks * (BLOCK / SECTOR)}};
	strcpy(request.target.target_type, "verity");
	/* One block for the superblock between data and tree. */
	snprintf(request.parameters, sizeof(request.parameters), VERITY_TABLE, device, device, root->blocks,
		 root->blocks + 1, root->hash, root->salt, options);
	if (!command(control, DM_TABLE_LOAD, &request, DM_READONLY_FLAG)) {
		remove_device(control);
		return -1;
	}
	request = (struct request){0};
	if (!command(control, DM_DEV_SUSPEND, &request, 0)) { /* without the flag: resume */
		remove_device(control);
		return -1;
	}
	return (int)minor((dev_t)number);
}

/* Its first block can be read, and with it a way through the tree up to the hash. */
static bool reads(int number)
{
	static char block[BLOCK];
	char path[32];
	bool good;
	int file;

	snprintf(path, sizeof(path), "/dev/dm-%d", number);
	file = open(path, O_RDONLY | O_CLOEXEC);
	good = file >= 0 && read(file, block, sizeof(block)) == (ssize_t)sizeof(block);
	if (file >= 0)
		close(file);
	return good;
}

/* [impl->swr~linux-root~1] */
static bool open_root(int control, const struct root *root, const char *device)
{
	int number = create(control, root, device, PROBING);
	bool good;

	if (number < 0) {
		fprintf(stderr, "bulkhead-root: %s can't be opened: %s\n", device, strerror(errno));
		return false;
	}
	good = reads(number);
	remove_device(control);
	if (!good) {
		fprintf(stderr, "bulkhead-root: %s isn't the root file system of this image, or is damaged\n",
			device);
		return false;
	}
	number = create(control, root, device, FROM_NOW_ON);
	if (number < 0) {
		fprintf(stderr, "bulkhead-root: %s can't be opened: %s\n", device, strerror(errno));
		return false;
	}
	printf("/dev/dm-%d %s\n", number, device);
	return true;
}

int main(int count, char **words)
{
	struct root root;
	int control;

	if (count < 3 || !read_root(words[1], &root)) {
		fputs("usage: bulkhead-root BLOCKS:SALT:HASH DEVICE...\n", stderr);
		return 2;
	}
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0) {
		fprintf(stderr, "bulkhead-root: " CONTROL ": %s\n", strerror(errno));
		return 1;
	}
	for (int i = 2; i < count; i++)
		if (open_root(control, &root, words[i]))
			return 0;
	return 1;
}
