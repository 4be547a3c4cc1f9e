/* Words of other query languages where multidb has another word (foreign_words.def): what to write
 * instead. */
#ifndef MD_QUERY_FOREIGN_WORDS_H
#define MD_QUERY_FOREIGN_WORDS_H

#include "base/str.h"

/* Where a word stands: a key of an object of the definition, or a word in a value. */
enum md_word_place {
	MD_WORD_IN_DEFINITION,
	MD_WORD_IN_FILTER,
	MD_WORD_IN_JOIN,
	MD_WORD_IN_ORDER,
	MD_WORD_IN_GROUP,
	MD_WORD_IN_AGGREGATION,
	MD_WORD_IN_PAGE,
	MD_WORD_IN_COUNT,
	MD_WORD_IN_LAG,
	MD_WORD_IN_OPERATOR,
	MD_WORD_IN_COLUMNS,
	MD_WORD_IN_FUNCTION,
	MD_WORD_IN_DIRECTION,
};

/* A sentence that says what to write instead; .p NULL where the word is not in the table. Static
 * text. Ignores the case of letters and the characters $ _ -, in which other languages differ. */
struct md_str md_foreign_word_hint(enum md_word_place place, struct md_str word);

/* `near`, a suggestion made from the spelling alone, unless a hint says to write something else. */
struct md_str md_suggestion_beside(struct md_str hint, struct md_str near);

#endif
