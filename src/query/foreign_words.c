/* See foreign_words.h. Asked only about a word that is already known to be wrong, so a plain search
 * is fast enough. */
#include "query/foreign_words.h"

#include <stdio.h>

static const struct {
	enum md_word_place place;
	const char *word, *hint;
} words[] = {
#define MD_FOREIGN(place, word, hint) { MD_WORD_IN_##place, word, hint },
#include "query/foreign_words.def"
#undef MD_FOREIGN
};

enum { LONGEST_WORD = 32 };

/* In lower case, without $ _ - unless nothing else is left. The length; 0: longer than any word of
 * the table. */
static size_t normalize_word(struct md_str word, char out[LONGEST_WORD])
{
	size_t n = 0;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		bool is_separator = c == '$' || c == '_' || (c == '-' && i + 1 < word.n && i > 0);
		if (is_separator)
			continue;
		if (n == LONGEST_WORD)
			return 0;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	return n;
}

struct md_str md_foreign_word_hint(enum md_word_place place, struct md_str word)
{
	char text[LONGEST_WORD];
	struct md_str normal = { text, normalize_word(word, text) };
	for (size_t i = 0; i < sizeof words / sizeof *words && normal.n; i++)
		if (words[i].place == place && md_str_eqz(normal, words[i].word))
			return md_str_z(words[i].hint);
	return MD_NOSTR;
}

struct md_str md_suggestion_beside(struct md_str hint, struct md_str near)
{
	char quoted[2 * LONGEST_WORD];
	int n = snprintf(quoted, sizeof quoted, "\"%.*s\"", MD_FMT(near));
	if (!hint.p)
		return near;
	bool is_named = (size_t)n < sizeof quoted && memmem(hint.p, hint.n, quoted, (size_t)n);
	return is_named ? near : MD_NOSTR;
}
