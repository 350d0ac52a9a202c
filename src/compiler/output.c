// SPDX-License-Identifier: Apache-2.0
/*
 * output.c - writes the files of a build: see output.h.
 *
 * A signal that ends the tool takes the temporaries with it, and comes before the first or after the last of
 * the renames.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit.h"
#include "text.h"

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

static const struct outputs *unfinished; /* only changed while endings are held */

static void endings_hold(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ENDINGS; i++)
		sigaddset(&set, endings[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* Only what a signal's handler may call. A folder with something in it stays. */
static void remove_unfinished(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		unlink(outputs->files[i].temporary);
	for (size_t i = outputs->made_count; i-- > 0;)
		rmdir(outputs->made[i]);
}

static void on_ending(int number)
{
	if (unfinished)
		remove_unfinished(unfinished);
	signal(number, SIG_DFL);
	raise(number); /* comes when this returns */
}

static void endings_watch(const struct outputs *outputs)
{
	endings_hold(true);
	unfinished = outputs;
	for (size_t i = 0; i < ENDINGS; i++)
		if (signal(endings[i], on_ending) == SIG_IGN)
			signal(endings[i], SIG_IGN); /* nohup, a shell's background */
	endings_hold(false);
}

static bool refuse(struct outputs *outputs, const char *path, const char *what)
{
	diag_error(file_place(path), "%s: %s", what, strerror(errno));
	output_abandon(outputs);
	return false;
}

/* True, too, where it is there already. */
static bool make_folder(struct outputs *outputs, const char *path)
{
	int error;

	endings_hold(true);
	error = mkdir(path, 0777) ? errno : 0;
	if (!error) {
		outputs->made = memory_grow(outputs->made, outputs->made_count, sizeof(*outputs->made));
		outputs->made[outputs->made_count++] = text_format("%s", path);
	}
	endings_hold(false);
	errno = error;
	return !error || error == EEXIST;
}

bool output_open(struct outputs *outputs, const char *folder)
{
	char *path = text_format("%s", folder);

	*outputs = (struct outputs){.folder = folder};
	endings_watch(outputs);
	/* Each leading part in turn: an existing one is no error. */
	for (char *at = path + 1;; at++) {
		const char kept = *at;

		if (kept != '/' && kept != '\0')
			continue;
		*at = '\0';
		if (!make_folder(outputs, path))
			return refuse(outputs, path, "cannot be made");
		*at = kept;
		if (kept == '\0')
			break;
	}
	free(path);
	return true;
}

static bool write_all(int file, const uint8_t *data, size_t size)
{
	while (size) {
		const ssize_t done = write(file, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		size -= (size_t)done;
	}
	return true;
}

bool output_add(struct outputs *outputs, const char *name, const void *data, size_t size)
{
	struct output_file *added;
	int file;

	endings_hold(true);
	outputs->files = memory_grow(outputs->files, outputs->count, sizeof(*outputs->files));
	added = &outputs->files[outputs->count++];
	*added = (struct output_file){.name = text_format("%s", name),
				      .path = text_format("%s/%s", outputs->folder, name),
				      .temporary = text_format("%s/.%s.new", outputs->folder, name),
				      .size = size};
	endings_hold(false);
	digest_of(data, size, added->digest);

	file = open(added->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0)
		return refuse(outputs, added->path, "cannot be written");
	if (!write_all(file, data, size)) {
		const int cause = errno;

		close(file);
		errno = cause;
		return refuse(outputs, added->path, "cannot be written");
	}
	/* A network or quota error may show at the close only. */
	if (close(file))
		return refuse(outputs, added->path, "cannot be written");
	return true;
}

/* [impl->swr~compile-whole-or-nothing~1] */
bool output_commit(struct outputs *outputs)
{
	endings_hold(true);
	for (size_t i = 0; i < outputs->count; i++)
		if (rename(outputs->files[i].temporary, outputs->files[i].path))
			return refuse(outputs, outputs->files[i].path, "cannot be written");
	unfinished = NULL;
	endings_hold(false);
	return true;
}

void output_abandon(struct outputs *outputs)
{
	endings_hold(true);
	remove_unfinished(outputs);
	unfinished = NULL;
	endings_hold(false);
}
