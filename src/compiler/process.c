/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - files into memory, and programs run without a shell or temporary files.
 *
 * Both pipes of a child are drained with poll, so that neither side waits for the other.
 */
#include "process.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_STEP 65536u

/* Takes what a pipe has to give. False: it has ended. */
static bool drain(int fd, struct bytes *into)
{
	uint8_t *const data = realloc(into->data, into->size + READ_STEP + 1);
	ssize_t got;

	if (!data)
		abort();
	into->data = data;
	got = read(fd, into->data + into->size, READ_STEP);
	if (got < 0 && errno == EINTR)
		return true;
	if (got > 0)
		into->size += (size_t)got;
	into->data[into->size] = 0;
	return got > 0;
}

static void collect(int output_fd, int error_fd, struct bytes *output, struct bytes *errors)
{
	struct pollfd fds[2] = {{output_fd, POLLIN, 0}, {error_fd, POLLIN, 0}};
	struct bytes *const into[2] = {output, errors};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, into[i]))
				fds[i].fd = -1;
		}
	}
}

static void become(const char *const argv[], int output_fd, int error_fd)
{
	const int null_fd = open("/dev/null", O_RDONLY);

	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(output_fd, 1) < 0 || dup2(error_fd, 2) < 0)
		_exit(127);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

int process_run(const char *const argv[], struct bytes *output, struct bytes *errors)
{
	int outputs[2], failures[2], status;
	pid_t child;

	*output = *errors = (struct bytes){.path = argv[0]};
	if (pipe(outputs) < 0)
		return -1;
	if (pipe(failures) < 0) {
		close(outputs[0]);
		close(outputs[1]);
		return -1;
	}
	child = fork();
	if (child == 0) {
		close(outputs[0]);
		close(failures[0]);
		become(argv, outputs[1], failures[1]);
	}
	close(outputs[1]);
	close(failures[1]);
	if (child > 0)
		collect(outputs[0], failures[0], output, errors);
	close(outputs[0]);
	close(failures[0]);
	if (child < 0)
		return -1;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return WEXITSTATUS(status);
}

static const char *read_all(int fd, uint64_t limit, struct bytes *file)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return strerror(errno);
	if (S_ISDIR(status.st_mode))
		return "it is a folder";
	if (!S_ISREG(status.st_mode))
		return "it is no regular file";
	if ((uint64_t)status.st_size > limit)
		return text_format("it has %s, more than the %s that can be right",
				   text_of_size((uint64_t)status.st_size), text_of_size(limit));
	file->data = memory_new((size_t)status.st_size + 1, 1);
	while (file->size < (size_t)status.st_size) {
		const ssize_t got = read(fd, file->data + file->size, (size_t)status.st_size - file->size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerror(errno);
		if (got == 0)
			return "it shrank while it was read";
		file->size += (size_t)got;
	}
	return NULL;
}

const char *file_read(const char *path, uint64_t limit, struct bytes *file)
{
	/* Non-blocking: a FIFO without a writer must not hang the tool. */
	const int fd = open(path, O_RDONLY | O_NONBLOCK);
	const char *wrong;

	*file = (struct bytes){.path = path};
	if (fd < 0)
		return strerror(errno);
	wrong = read_all(fd, limit, file);
	close(fd);
	return wrong;
}

bool file_exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

bool folder_exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
