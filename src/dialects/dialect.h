/* What differs between the SQL of four engines, as one small const table each: pure text, no I/O. generic.c has what all of them share. A fifth
 * engine is one more table. What a table does not say is the same everywhere. */
#ifndef MD_DIALECTS_DIALECT_H
#define MD_DIALECTS_DIALECT_H

#include "base/buf.h"
#include "base/value.h"
#include "resolve/stmt.h"

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
	MD_PLACES,
	MD_PLACE_BARE = MD_PLACES /* selected, LIKE, IS NULL: alike everywhere */
};

struct md_dialect {
	struct md_str name;        /* as md_sql_name */
	char quote;                /* around identifiers; doubled inside them */
	char escape;               /* doubled inside them too: a backslash where it escapes, elsewhere the quote again */
	bool offset_first;         /* OFFSET m LIMIT n */
	struct md_str no;          /* the constant false */
	struct md_around in, not_in; /* around the one parameter that holds a whole list, after the column */
	uint32_t list_elements;    /* lists up to so long are one parameter an element, IN (…); 0: never */
	bool semi_joins, semi_joins_in_on; /* no correlated sub-queries at all, none in ON: exists conditions are semi-joins there */
	struct md_str like_end;    /* after a pattern */
	struct md_str left_join_end; /* at the end of a statement with a left join */
	struct md_str lost_array[3]; /* an array of a left-joined table: words before a column that the join compares, between it and the array, behind it;
	                              * empty: the array is NULL in a row without a match, as everything is */
	struct md_str lost_array_end; /* after left_join_end where these words stand */
	struct md_str hidden_array_end; /* the same without a left join: an array that is hidden on some rows */
	uint32_t decimal_digits;   /* most digits of a decimal parameter; 0: any number */
	struct md_around column[MD_PLACES][MD_TYPES]; /* around a column in a place, by its type; for strings only where pcolumn.collate */
	struct md_around foreign_clickhouse[MD_TYPES]; /* around a column with that mark, wherever it stands, instead */
	void (*param)(struct md_buf *b, uint32_t number, const struct md_value *v); /* the place of parameter `number` (from 1) */
	void (*literal)(struct md_buf *b, const struct md_value *v); /* md_stmt.literal */
};

extern const struct md_dialect md_dialect_postgres, md_dialect_clickhouse, md_dialect_trino, md_dialect_sqlite;
const struct md_dialect *md_dialect_of(enum md_sql sql);

/* Operators are spelled alike by all four, with a space on either side: " = ", " NOT BETWEEN ". Empty where an operator is not one word. */
extern const struct md_str md_op_words[MD_OPS];

/* An identifier in quotes, at most 2 n + 2 bytes; gives back the place behind it. The only place that quotes one: any bytes become exactly
 * one identifier. */
char *md_quote_ident(char *to, const struct md_dialect *d, struct md_str name);

/* Digits of a decimal before and after the point, leading zeros not counted; of a list the most of each. */
struct md_digits {
	size_t whole, fraction;
};
struct md_digits md_decimal_digits(const struct md_value *v);

/* trino.c: a parameter as the typed literal that EXECUTE IMMEDIATE … USING takes. Any text stays inside its quotes. Takes scratch from the buffer's arena
 * (the heap when it has none) for bytes; a value of bytes that is not base64 counts as empty. */
void md_trino_literal(struct md_buf *b, const struct md_value *v);

#endif
