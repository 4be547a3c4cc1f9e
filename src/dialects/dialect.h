/* What differs between the SQL of four engines, as one small const table each: pure text, no I/O.
 * generic.c has what all of them share. A fifth engine is one more table. What a table does not say
 * is the same everywhere. */
#ifndef MD_DIALECTS_DIALECT_H
#define MD_DIALECTS_DIALECT_H

#include "base/buf.h"
#include "base/value.h"
#include "dialects/facts.h"
#include "query/words.h"

/* A constant piece of SQL. */
#define MD_WORD(lit) { (lit), sizeof(lit) - 1 }

struct md_around {
	struct md_str before, after;
};

/* Where a column stands, as far as some engine writes it differently there. */
enum md_place {
	MD_PLACE_EQUAL,  /* = <> IN, join keys */
	MD_PLACE_RANGE,  /* < > <= >= BETWEEN */
	MD_PLACE_ORDER,  /* ORDER BY */
	MD_PLACE_KEY,    /* a semi-join's key, as the type that both its sides have in common */
	MD_PLACE_GROUP,  /* compared for equality: GROUP BY, DISTINCT, in an aggregate; selected beside these */
	MD_PLACE_SORTED, /* ORDER BY of a grouped value: an output's name, or what stands in GROUP BY */
	MD_PLACES,
	MD_PLACE_BARE = MD_PLACES /* selected, LIKE, IS NULL: alike everywhere */
};

/* Marks in a template, a constant piece of SQL with holes. */
#define MD_COLUMN "\1"       /* the column (also of both sides, one after the other) */
#define MD_FIRST "\2"        /* the operand; of a distance the text */
#define MD_SECOND "\3"       /* of a distance the number */
#define MD_FIRST_BARE "\4"   /* the operand without a cast: it takes the type of what stands beside it */
#define MD_ELEMENT "\5"      /* around an element of an array: md_dialect.element */
#define MD_ELEMENT_END "\6"
/* the same, as characters */
enum { MD_HOLE_COLUMN = 1, MD_HOLE_FIRST, MD_HOLE_SECOND, MD_HOLE_FIRST_BARE, MD_HOLE_ELEMENT, MD_HOLE_ELEMENT_END };

/* Characters whose simple case folding is not their lower case letter, and what they fold to
 * (Unicode; no other character has that). */
#define MD_UNLIKE_LOWER \
	"\u017f\u00b5\u0345\u1fbe\u03d0\u03f5\u03d1\u03f0\u03d6\u03f1\u03c2\u03d5" \
	"\u1c80\u1c81\u1c82\u1c83\u1c84\u1c85\u1c86\u1c87\u1c88\u1e9b"
#define MD_FOLDED \
	"s\u03bc\u03b9\u03b9\u03b2\u03b5\u03b8\u03ba\u03c0\u03c1\u03c3\u03c6" \
	"\u0432\u0434\u043e\u0441\u0442\u0442\u044a\u0463\ua64b\u1e61"

/* An edit distance is measured up to so many characters of a cell; a longer one is further away
 * than validation allows to ask for. */
#define MD_DISTANCE_CHARS "255"

enum md_number_class { MD_NUMBER_WHOLE /* int, bigint */, MD_NUMBER_DECIMAL, MD_NUMBER_FLOAT, MD_NUMBERS };
enum { MD_BUCKETS = MD_MINUTE + 1 };

struct md_dialect {
	struct md_str name;        /* as md_dialect_name */
	struct md_dialect_facts facts;
	char quote;                /* around identifiers; doubled inside them */
	/* doubled inside them too: a backslash where it escapes, elsewhere the quote again */
	char escape;
	bool offset_first;         /* OFFSET m LIMIT n */
	struct md_str no;          /* the constant false */
	struct md_around in, not_in; /* around the one parameter that holds a whole list, after the column */
	uint32_t list_elements;    /* lists up to so long are one parameter an element, IN (…); 0: never */
	/* no correlated sub-queries at all, none in ON: exists conditions are semi-joins there */
	bool semi_joins, semi_joins_in_on;
	enum {
		MD_NAN_COMPARES,
		MD_NAN_LARGEST /* sorts above every value, compares with none */,
		MD_NAN_BESIDE_NULL /* sorts between NULLs and values */
	} nan;
	bool row_comparison;       /* an index serves (a, b) > (x, y) */
	struct md_str like_end;    /* after a pattern */
	struct md_str left_join_end; /* at the end of a statement with a left join */
	/* an array of a left-joined table: words before a column that the join compares, between it
	 * and the array, behind it; empty: the array is NULL in a row without a match, as
	 * everything is */
	struct md_str lost_array[3];
	struct md_str lost_array_end; /* after left_join_end where these words stand */
	struct md_str hidden_array_end; /* the same without a left join: an array that is hidden on some rows */
	uint32_t decimal_digits;   /* most digits of a decimal parameter; 0: any number */
	/* around a column in a place, by its type; for strings only where pcolumn.collate */
	struct md_around column[MD_PLACES][MD_TYPES];
	struct md_around foreign_clickhouse[MD_TYPES]; /* around a column with that mark, wherever it stands, instead */
	/* templates of operators that are more than a word between column and operand; empty: a
	 * word */
	struct md_str op[MD_OPS];
	uint32_t like_bytes;       /* LIKE and NOT LIKE stay words for patterns up to so long, whatever op says */
	/* but not for patterns with these bytes: characters that begin so are taken for each other;
	 * empty: none are */
	struct md_str like_mistakes;
	struct md_around element[MD_TYPES];
	/* Templates: a number's whole part and its fraction, as types that compare exactly across
	 * int, bigint, decimal and float, NULL where the column is. Fraction empty: the whole part
	 * holds it. Whole part empty: the column itself. A float counts as the decimal that it is
	 * shown as. */
	struct md_str whole[MD_TYPES], fraction[MD_TYPES];
	struct md_str first_moment; /* template: a date as a timestamp; empty: the column itself */
	/* around a column that all rows of a group have alike, in HAVING; empty where it may stand
	 * there by itself */
	struct md_around one_of_group;
	/* around a column: how many values, min, max; NULL over no rows */
	struct md_around distinct_count, least, greatest;
	/* templates: exact but of floats, an average rounded to ten places; NULL over no rows */
	struct md_str sum[MD_NUMBERS], avg[MD_NUMBERS];
	/* templates: the start of the bucket, UTC; a date's are year to week */
	struct md_str date_bucket[MD_BUCKETS], timestamp_bucket[MD_BUCKETS];
	/* around an output's name in ORDER BY where it is an array of a left-joined table */
	struct md_around lost_array_sorted;
	/* the place of parameter `number` (from 1) */
	void (*param)(struct md_buf *b, uint32_t number, const struct md_value *v);
	void (*literal)(struct md_buf *b, const struct md_value *v); /* md_stmt.literal */
};

#define MD_ENGINE(id, word, dialect, ...) extern const struct md_dialect md_dialect_##dialect;
#include "metadata/engines.def"
#undef MD_ENGINE
const struct md_dialect *md_dialect_of(enum md_dialect_id id);

/* Operators that all dialects spell in the same way, with a space on either side: " = ", " NOT
 * BETWEEN ". Empty where an operator is not one word. */
extern const struct md_str md_op_words[MD_OPS];

/* An identifier in quotes, at most 2 n + 2 bytes; returns the place behind it. The only place
 * that quotes one: any bytes become exactly one identifier. */
char *md_quote_ident(char *to, const struct md_dialect *d, struct md_str name);

/* Digits of a decimal before and after the point, leading zeros not counted; of a list the most of
 * each. */
struct md_digits {
	size_t whole, fraction;
};
struct md_digits md_decimal_digits(const struct md_value *v);

/* trino.c: a parameter as the typed literal that EXECUTE IMMEDIATE … USING takes. Any text stays
 * inside its quotes. Takes scratch from the buffer's arena (the heap when it has none) for bytes; a
 * value of bytes that is not base64 counts as empty. */
void md_trino_literal(struct md_buf *b, const struct md_value *v);

#endif
