// SPDX-License-Identifier: Apache-2.0
/*
 * diff.c - compares the facts of two images and prints what differs: see diff.h.
 */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "facts.h"

#define EXIT_SAME	0
#define EXIT_DIFFERENT	1
#define EXIT_UNREADABLE 2

struct difference {
	const struct fact *fact;     /* of either image: kind, subject, what */
	const char *word, *was, *is; /* NULL: wasn't, isn't there */
};

struct differences {
	struct difference *list;
	size_t count;
};

static bool side_open(struct audit *audit, const char *path, struct blob *image)
{
	if (!image_map(path, image))
		return false;
	if (audit_read(audit, *image) != READ_ALL) {
		fprintf(stderr, "%s: no image that can be compared: `bulkhead audit` says more\n", path);
		return false;
	}
	if (audit->report.total)
		fprintf(stderr, "%s: it isn't sound, so it may differ in more: `bulkhead audit` says why\n",
			path);
	return true;
}

static bool moves(enum fact_kind kind)
{
	return kind == FACT_CORE || kind == FACT_DEVICE || kind == FACT_INTERRUPT || kind == FACT_PLACE;
}

static const char *word_of(const struct fact *a, const struct fact *b)
{
	if (!a)
		return "added";
	if (!b)
		return "removed";
	if (a->kind == FACT_MEMORY)
		return b->size > a->size ? "grown" : "shrunk";
	return moves(a->kind) ? "moved" : "changed";
}

static void note(struct differences *differences, const struct fact *a, const struct fact *b)
{
	differences->list = memory_grow(differences->list, differences->count, sizeof(differences->list[0]));
	differences->list[differences->count++] = (struct difference){.fact = a ? a : b,
								      .word = word_of(a, b),
								      .was = a ? a->value : NULL,
								      .is = b ? b->value : NULL};
}

static bool has_cell(const struct facts *facts, const struct fact *of)
{
	for (size_t i = 0; i < facts->count; i++)
		if (facts->list[i].kind == FACT_CELL && !strcmp(facts->list[i].subject, of->subject))
			return true;
	return false;
}

/* A cell that came or went is told once, with its memory. */
static bool goes_without_saying(const struct fact *fact, const struct facts *other)
{
	return fact->cell && fact->kind != FACT_MEMORY && !has_cell(other, fact);
}

static void compare(struct differences *differences, const struct facts *a, const struct facts *b)
{
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		/* Where one list has ended, what is left of the other comes before it. */
		const int order = i == a->count	  ? 1
				  : j == b->count ? -1
						  : facts_order(&a->list[i], &b->list[j]);

		if (order == 0 && strcmp(a->list[i].value, b->list[j].value) != 0)
			note(differences, &a->list[i], &b->list[j]);
		if (order < 0 && !goes_without_saying(&a->list[i], b))
			note(differences, &a->list[i], NULL);
		if (order > 0 && !goes_without_saying(&b->list[j], a))
			note(differences, NULL, &b->list[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

static void print_line(const struct difference *difference)
{
	report_put_clean(difference->fact->subject, stdout);
	if (difference->fact->what) {
		fputs(": ", stdout);
		report_put_clean(difference->fact->what, stdout);
	}
	printf(": %s: ", difference->word);
	if (difference->was)
		report_put_clean(difference->was, stdout);
	if (difference->was && difference->is)
		fputs(" -> ", stdout);
	if (difference->is)
		report_put_clean(difference->is, stdout);
	putchar('\n');
}

static void put_or_null(const char *text)
{
	if (text)
		report_put_json(text, stdout);
	else
		fputs("null", stdout);
}

static void print_json(const struct diff_options *options, const struct differences *differences, bool same)
{
	fputs("{\n  \"images\": [", stdout);
	report_put_json(options->images[0], stdout);
	fputs(", ", stdout);
	report_put_json(options->images[1], stdout);
	printf("],\n  \"same\": %s,\n  \"changes\": [", same ? "true" : "false");
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *const difference = &differences->list[i];

		printf("%s\n    {\"kind\": \"%s\", \"change\": \"%s\", \"subject\": ", i ? "," : "",
		       fact_kind_name(difference->fact->kind), difference->word);
		report_put_json(difference->fact->subject, stdout);
		fputs(", \"what\": ", stdout);
		put_or_null(difference->fact->what);
		fputs(", \"was\": ", stdout);
		put_or_null(difference->was);
		fputs(", \"is\": ", stdout);
		put_or_null(difference->is);
		putchar('}');
	}
	fputs(differences->count ? "\n  ]\n}\n" : "]\n}\n", stdout);
}

/* [impl->swr~diff~1] */
static int tell(const struct diff_options *options, const struct differences *differences, bool bytes_same)
{
	const bool same = bytes_same && !differences->count;

	if (options->json) {
		print_json(options, differences, same);
	} else {
		for (size_t i = 0; i < differences->count; i++)
			print_line(&differences->list[i]);
		if (!differences->count && !bytes_same)
			puts("the images' bytes differ, though nothing that is compared here does");
	}
	return same ? EXIT_SAME : EXIT_DIFFERENT;
}

int diff_main(const struct diff_options *options)
{
	struct audit audits[2] = {0};
	struct blob images[2] = {0};
	struct facts facts[2] = {0};
	struct differences differences = {0};
	int status = EXIT_UNREADABLE;

	if (side_open(&audits[0], options->images[0], &images[0]) &&
	    side_open(&audits[1], options->images[1], &images[1])) {
		facts_find(&facts[0], &audits[0]);
		facts_find(&facts[1], &audits[1]);
		compare(&differences, &facts[0], &facts[1]);
		status = tell(options, &differences,
			      images[0].size == images[1].size &&
				      !memcmp(images[0].data, images[1].data, images[0].size));
	}
	free(differences.list);
	for (int i = 0; i < 2; i++) {
		facts_free(&facts[i]);
		audit_close(&audits[i]);
		image_unmap(&images[i]);
	}
	return status;
}
