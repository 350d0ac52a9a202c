// SPDX-License-Identifier: Apache-2.0
/*
 * syntax.c - explains a syntax error by the word at which dtc stopped, the one before it, and the nodes that
 * are open there. Called by dtc_errors.c.
 */
#include "syntax.h"

#include "text.h"
#include "tokens.h"

#include <ctype.h>
#include <string.h>

#define SHOWN 32 /* letters of a word, at the most */

struct spot {
	const struct bytes *file;
	struct token token, before, before_that;
	size_t depth;	  /* open nodes */
	size_t innermost; /* where the last of them begins */
	bool included;
	bool numbers; /* between < and > */
};

static char letter(const struct spot *spot, struct token token)
{
	return token.kind == TOKEN_END ? '\0' : (char)spot->file->data[token.start];
}

static const char *shown(const struct spot *spot, struct token token)
{
	const size_t length = token.end - token.start;

	return text_format("%.*s%s", (int)(length < SHOWN ? length : SHOWN),
			   (const char *)spot->file->data + token.start, length > SHOWN ? "..." : "");
}

/* Where `token` stands, seen from the spot: nothing where it is the same line. */
static const char *in_line(const struct spot *spot, size_t at)
{
	const int line = token_place(spot->file, at).line;

	return line == token_place(spot->file, spot->token.start).line ? ""
								       : text_format(" in line %d", line);
}

static struct spot find_spot(const struct bytes *file, bool included, size_t at)
{
	struct spot spot = {.file = file, .included = included};
	size_t open[64];

	for (spot.token = token_at(file, 0); spot.token.end <= at && spot.token.kind != TOKEN_END;
	     spot.token = token_at(file, spot.token.end)) {
		const char sign = spot.token.kind == TOKEN_SIGN ? letter(&spot, spot.token) : '\0';

		if (sign == '{' && spot.depth < sizeof(open) / sizeof(open[0]))
			open[spot.depth] = spot.token.start;
		if (sign == '{' || (sign == '}' && spot.depth))
			spot.depth += sign == '{' ? 1 : -(size_t)1;
		if (sign == '<' || sign == '>' || sign == ';')
			spot.numbers = sign == '<';
		spot.before_that = spot.before;
		spot.before = spot.token;
	}
	if (spot.depth && spot.depth <= sizeof(open) / sizeof(open[0]))
		spot.innermost = open[spot.depth - 1];
	return spot;
}

/* Of the line on which the spot lies: what another tool would have made of a '#'. */
static const char *of_hash(const struct spot *spot)
{
	static const char *const words[] = {"include", "define", "undef", "ifdef", "ifndef",
					    "if",      "else",	 "endif", "pragma"};
	const char *const text = (const char *)spot->file->data;
	size_t start = spot->token.start;

	while (start && text[start - 1] != '\n')
		start--;
	start += strspn(text + start, " \t");
	if (text[start] != '#')
		return NULL;
	start++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t length = strlen(words[i]);

		if (!strncmp(text + start, words[i], length) &&
		    !isalnum((unsigned char)text[start + length]) && text[start + length] != '-')
			return "no C preprocessor runs here: a file is taken in by /include/ \"FILE\"";
	}
	return isspace((unsigned char)text[start]) ? "a comment stands behind // or between /* and */" : NULL;
}

static const char *of_end(const struct spot *spot)
{
	if (spot->depth)
		return text_format("%zu '};' %s missing: the node that begins in line %d is still open",
				   spot->depth, spot->depth == 1 ? "is" : "are",
				   token_place(spot->file, spot->innermost).line);
	return letter(spot, spot->before) == '}' ? "a ';' is missing after the last '}'"
						 : "there is no root node: / { ... };";
}

/* Where a value is due. */
static const char *of_value(const struct spot *spot)
{
	const char first = letter(spot, spot->token);

	if (spot->token.kind == TOKEN_WORD) {
		const char *const word = shown(spot, spot->token);
		const bool number = strspn(word, "0123456789") == strlen(word) || !strncmp(word, "0x", 2);

		return number ? text_format("a number stands between < and >: <%s>", word)
			      : text_format("text stands in quotes: \"%s\"", word);
	}
	return first == '\''  ? "text stands in double quotes"
	       : first == ';' ? "a value is missing before it"
			      : NULL;
}

static const char *behind_text(const struct spot *spot)
{
	const char first = letter(spot, spot->token);
	const char *const before = (const char *)spot->file->data + spot->before.start;

	if (spot->before.kind == TOKEN_TEXT && (memchr(before, ';', spot->before.end - spot->before.start) ||
						memchr(before, '\n', spot->before.end - spot->before.start)))
		return text_format("the text before it lacks its closing quote: it begins with %s",
				   shown(spot, spot->before));
	if (spot->token.kind == TOKEN_TEXT || first == '<' || first == '[')
		return "values are parted by ','";
	return text_format("a ';' is missing after the value before it%s", in_line(spot, spot->before.start));
}

static const char *behind_word(const struct spot *spot)
{
	const char first = letter(spot, spot->token);
	const char *const word = shown(spot, spot->before);

	if (spot->token.kind == TOKEN_TEXT || first == '<' || first == '[')
		return text_format("a '=' is missing after '%s'", word);
	if (spot->token.kind == TOKEN_WORD)
		return text_format("behind the name '%s'%s comes '=', ';' or '{'; a name has no blanks", word,
				   in_line(spot, spot->before.start));
	return first == '}' || spot->token.kind == TOKEN_DIRECTIVE
		       ? text_format("a ';' is missing after '%s'", word)
		       : NULL;
}

static const char *by_word_before(const struct spot *spot)
{
	const char before = letter(spot, spot->before), first = letter(spot, spot->token);

	if (spot->numbers)
		return "between < and > stand numbers and &labels, parted by blanks";
	if (before == '=' || before == ',')
		return of_value(spot);
	if (spot->before.kind == TOKEN_TEXT || before == '>' || before == ']')
		return behind_text(spot);
	if (before == '}')
		return text_format("a ';' is missing after the '}' before it%s",
				   in_line(spot, spot->before.start));
	if (before == ':')
		return text_format("'%s:' is a label: a value stands behind '='",
				   shown(spot, spot->before_that));
	if (first == ';' && (before == ';' || before == '{'))
		return "it ends nothing: one ';' is enough";
	return spot->before.kind == TOKEN_WORD ? behind_word(spot) : NULL;
}

static const char *hint_of(const struct spot *spot)
{
	const char *const hash = of_hash(spot);

	if (hash)
		return hash;
	if (!spot->included && !token_is(spot->file, token_at(spot->file, 0), "/dts-v1/"))
		return "a device-tree source begins with /dts-v1/;";
	if (letter(spot, spot->token) == '}' && !spot->depth && !spot->included)
		return "no node is open here";
	if (token_is(spot->file, spot->token, "/include/"))
		return "the file's name stands in quotes: /include/ \"FILE\"";
	return by_word_before(spot);
}

const char *syntax_explain(const struct bytes *file, bool included, int line, int column)
{
	const char *hint;
	struct spot spot;
	size_t at = 0;

	for (; at < file->size && line > 1; at++)
		line -= file->data[at] == '\n';
	spot = find_spot(file, included, at + (size_t)(column > 0 ? column - 1 : 0));
	if (spot.token.kind == TOKEN_OPEN_COMMENT)
		return "a comment begins here that has no end: */ is missing";
	if (spot.token.kind == TOKEN_OPEN_TEXT)
		return "text begins here that has no end: a quote is missing";
	if (letter(&spot, spot.token) & 0x80)
		return "unexpected letter: outside of quotes stand ASCII letters, digits and ,._+-";
	hint = hint_of(&spot);
	if (spot.token.kind == TOKEN_END)
		return text_format("the file ends too early: %s", hint && !spot.depth ? hint : of_end(&spot));
	return text_format("unexpected '%s'%s%s", shown(&spot, spot.token), hint ? ": " : "",
			   hint ? hint : "");
}
