/* The differences between the SQL of the engines: one const table for each dialect, pure text, no
 * I/O. generic.c has what all dialects share. An empty member means that the dialect needs no words
 * of its own there. */
#ifndef MD_DIALECTS_DIALECT_H
#define MD_DIALECTS_DIALECT_H

#include "base/buf.h"
#include "base/value.h"
#include "dialects/facts.h"
#include "query/words.h"
#include "realtypes/realtypes.h"

/* A constant piece of SQL. */
#define MD_WORD(lit) { (lit), sizeof(lit) - 1 }

struct md_around {
	struct md_str before, after;
};

/* The places in a statement where some dialect writes a column differently. */
enum md_place {
	MD_PLACE_EQUAL,  /* = <>, join keys, and IN where LIST has no words of its own */
	MD_PLACE_LIST,   /* IN, NOT IN: one of a list */
	MD_PLACE_RANGE,  /* < > <= >= BETWEEN, column against column */
	MD_PLACE_ORDER,  /* ORDER BY */
	MD_PLACE_TIE,    /* ORDER BY, a key that makes it total; without words behind the column as ORDER */
	MD_PLACE_KEY,    /* a semi-join's key, as the common type of its two sides */
	MD_PLACE_GROUP,  /* compared for equality: GROUP BY, DISTINCT, countDistinct, and their outputs */
	MD_PLACE_LEAST,  /* in min and max */
	MD_PLACE_FOUND,  /* around min and max */
	MD_PLACE_SORTED, /* ORDER BY of a grouped value: an output's name, or the expression of GROUP BY */
	MD_PLACE_OUTPUT, /* selected, without groups */
	MD_PLACE_MATCH,  /* LIKE and the operators that are templates */
	MD_PLACE_NUMBER, /* calculated with: sums, averages, buckets, exact comparison of numbers */
	MD_PLACE_ADDED,  /* in sums and averages; without words of its own as NUMBER */
	MD_PLACE_BARE,   /* IS NULL, count, the right side of a join key */
	MD_PLACES
};

/* How a dialect treats the columns of some real types: the words around a column by place, and the
 * type of the parameters that it is compared with. */
struct md_sql_form {
	struct md_around column[MD_PLACES];
	/* the type of one parameter and of a list's elements, as md_dialect.param and .literal
	 * understand it; empty: by the declared type */
	struct md_str param, list;
	/* templates of = <> > < >= <= IN and NOT IN, by operator; BETWEEN is written as two of
	 * them. NULL, or empty for an operator: the words, the operator and the parameter */
	const struct md_str *compare;
	/* Templates by operator (enum md_op), NULL or empty where the column with its words, the
	 * operator and the operand stand side by side. `filter` is used where a condition that is
	 * false does the same as one that is unknown, so that an index of the column can serve it;
	 * `exact` everywhere else. */
	const struct md_str *filter, *exact;
	/* Template: what holds of the column if a relation key that equals it is MD_FIRST, such
	 * that an index of the column can serve it; empty: nothing is added to the comparison. */
	struct md_str joined;
	/* the parameter has the type that the words around the column make: it gets no words */
	bool takes_bare_values;
	/* values that the engine takes for equal may have different texts: a group shows the least
	 * of them (md_form_has_own_equality) */
	bool has_own_equality;
	/* two keys of this form need no words of MD_PLACE_KEY beside each other */
	bool joins_itself;
	/* the words can raise an error for some value, except those of MD_PLACE_KEY: they are the
	 * ones around a cell, whose value on hidden rows some engines convert too */
	bool raises;
	/* of a float: a result shows fewer digits than the engine compares, so that columns are
	 * compared as the decimal numbers that a result shows */
	bool shows_fewer_digits;
	/* bits of enum md_real_use: what the engine would do wrong, so that the planner refuses it
	 */
	uint16_t refused;
};

/* The holes of a template, which is a constant piece of SQL: one byte each. */
#define MD_COLUMN "\1"       /* the column */
#define MD_FIRST "\2"        /* the operand, or the text of a distance */
#define MD_SECOND "\3"       /* the second operand: the number of a distance */
#define MD_FIRST_BARE "\4"   /* the operand without a cast: the engine derives its type */
#define MD_ELEMENT "\5"      /* around an element of an array: md_dialect.element */
#define MD_ELEMENT_END "\6"
#define MD_NUMBERED "\7"     /* p and the number of the operand's parameter, which is one however often */
#define MD_FIRST_AGAIN "\10" /* the parameter of MD_FIRST, which stands before it */
#define MD_SECOND_AGAIN "\11"
/* The same bytes as numbers. */
enum { MD_HOLE_COLUMN = 1, MD_HOLE_FIRST, MD_HOLE_SECOND, MD_HOLE_FIRST_BARE, MD_HOLE_ELEMENT, MD_HOLE_ELEMENT_END,
       MD_HOLE_NUMBERED, MD_HOLE_FIRST_AGAIN, MD_HOLE_SECOND_AGAIN, MD_LAST_HOLE = MD_HOLE_SECOND_AGAIN };

/* Characters whose simple case folding is not their lower case letter, and what they fold to
 * (Unicode; no other character has that). */
#define MD_UNLIKE_LOWER \
	"\u017f\u00b5\u0345\u1fbe\u03d0\u03f5\u03d1\u03f0\u03d6\u03f1\u03c2\u03d5" \
	"\u1c80\u1c81\u1c82\u1c83\u1c84\u1c85\u1c86\u1c87\u1c88\u1e9b"
#define MD_FOLDED \
	"s\u03bc\u03b9\u03b9\u03b2\u03b5\u03b8\u03ba\u03c0\u03c1\u03c3\u03c6" \
	"\u0432\u0434\u043e\u0441\u0442\u0442\u044a\u0463\ua64b\u1e61"

/* An edit distance is computed only for cells of at most this many characters. The distance of a
 * longer cell is larger than any that validation accepts. */
#define MD_DISTANCE_CHARS "255"

enum md_number_class { MD_NUMBER_WHOLE /* int, bigint */, MD_NUMBER_DECIMAL, MD_NUMBER_FLOAT, MD_NUMBERS };
enum { MD_BUCKETS = MD_MINUTE + 1 };

struct md_dialect {
	struct md_str name;        /* as md_dialect_name */
	struct md_dialect_facts facts;
	char quote;                /* around identifiers; doubled inside them */
	/* a second character that is doubled inside identifiers: the backslash if it escapes, else
	 * the quote again */
	char escape;
	bool offset_first;         /* writes OFFSET m LIMIT n, otherwise LIMIT n OFFSET m */
	struct md_str no, yes;     /* the constants false and true */
	struct md_around in, not_in; /* around the one parameter that holds a whole list, after the column */
	uint32_t list_elements;    /* the longest list written as IN (…) with one parameter per element; 0: none */
	/* columns of different tables are compared as MD_PLACE_KEY has them, on both sides */
	bool compares_as_keys;
	/* behind each of two uuids, or enums, of which one may be a text and the other none: the
	 * engine has no operator for them; empty: it has */
	struct md_str common_text;
	/* exists conditions are written as semi-joins: everywhere, or only in ON, because the
	 * engine has no correlated sub-queries there */
	bool semi_joins, semi_joins_in_on;
	/* a list of related keys is a table of an EXISTS, which the engine joins or hashes: a list
	 * behind IN is searched from its start where the engine expects it not to fit its memory */
	bool lists_keys_in_from;
	enum {
		MD_NAN_COMPARES,
		MD_NAN_LARGEST /* sorts above every value, compares with none */,
		MD_NAN_BESIDE_NULL /* sorts between NULLs and values */
	} nan;
	/* of two columns that are compared, the left one's collation decides: the key that a
	 * relation references stands there */
	bool left_decides;
	bool row_comparison;       /* an index serves (a, b) > (x, y) */
	struct md_str like_end;    /* after a pattern */
	struct md_str sorted;      /* before a column in ORDER BY, so that no index of it serves the order; or empty */
	struct md_str left_join_setting; /* of every statement with a left join */
	/* makes an array of a left-joined table NULL in rows without a match: words before a column
	 * that the join compares, between that column and the array, and after the array. Empty:
	 * the engine makes such an array NULL itself */
	struct md_str lost_array[3];
	/* of a statement with lost_array, or with an array that is hidden on some rows */
	struct md_str lost_array_setting;
	struct md_str replica_settings; /* of every statement that reads a replica */
	struct md_str final;            /* behind a table: its superseded rows are left out */
	/* before columns, behind ORDER BY: of rows that are equal in them the first; empty: the
	 * engine takes row_number() */
	struct md_str first_by;
	uint32_t decimal_digits;   /* the most digits of a decimal parameter; 0: no bound */
	/* those that the tables below number: forms[MD_FORM_NONE] is never written, and
	 * forms[MD_FORM_PLAIN] adds no words */
	const struct md_sql_form *forms;
	/* can values of the type not be read, whatever the declared type? NULL: its family says */
	bool (*cannot_read)(const struct md_real_type *real);
	/* by the engine that stores the table, the declared type and the real type: the number of a
	 * column's form; MD_FORM_NONE: values of that real type are not read as the declared type
	 */
	const uint8_t (*form_of[MD_ENGINES])[MD_FAMILIES];
	/* the same for strings of a database whose texts compare by code point; NULL: the same form
	 */
	const uint8_t *form_by_code_point;
	uint8_t derived[MD_TYPES]; /* by type: the form of what is calculated from columns */
	/* templates of operators that are not one word between column and operand; empty: see
	 * md_op_words */
	struct md_str op[MD_OPS];
	uint32_t like_bytes;       /* the longest pattern of LIKE and NOT LIKE for which op is not used */
	/* op is used for patterns with these bytes, because LIKE confuses the characters that begin
	 * with them; empty: LIKE confuses none */
	struct md_str like_mistakes;
	struct md_around element[MD_TYPES];
	/* Templates: the whole part and the fraction of a number, as types that compare exactly
	 * across int, bigint, decimal and float; NULL if the column is NULL. Empty fraction:
	 * `whole` gives the complete number. Empty `whole`: the column itself. A float is compared
	 * as the decimal number that a result shows. */
	struct md_str whole[MD_TYPES], fraction[MD_TYPES];
	/* templates of an enum, whose labels are the first operand: the place of a column's label
	 * from 1, NULL where the text is no label; the label at a place, NULL where that is NULL */
	struct md_str position, label;
	struct md_str first_moment; /* template: a date as a timestamp; empty: the column itself */
	/* in HAVING, around a column that is equal on all rows of a group: an aggregate that takes
	 * one of them; empty: HAVING takes the column itself */
	struct md_around one_of_group;
	/* aggregates, around a column: number of distinct values; min and max, NULL over no rows */
	struct md_around distinct_count, least, greatest;
	/* which of a list's elements a column is equal to, from 1, by the engine's own equality;
	 * NULL where its text is one of them. Pieces around the column, the list of texts, the
	 * list and the column. Empty: the dialect has no form with its own equality */
	struct md_str id_place[5];
	/* templates: exact except for floats; an average is rounded to ten places; NULL over no
	 * rows */
	struct md_str sum[MD_NUMBERS], avg[MD_NUMBERS];
	/* templates: the start of the bucket in UTC; of a date only year to week are used */
	struct md_str date_bucket[MD_BUCKETS], timestamp_bucket[MD_BUCKETS];
	/* in ORDER BY, around the name of an output that is an array of a left-joined table */
	struct md_around lost_array_sorted;
	/* writes the placeholder of parameter `number` (from 1), in the form that the value names
	 */
	void (*param)(struct md_buf *b, uint32_t number, const struct md_value *v);
	/* tells values of one type and form apart for which `param` writes different text; NULL:
	 * they alone decide what it writes */
	uint32_t (*param_class)(const struct md_value *v);
	void (*literal)(struct md_buf *b, const struct md_value *v); /* see md_stmt.literal */
};

#define MD_ENGINE(id, word, dialect, ...) extern const struct md_dialect md_dialect_##dialect;
#include "metadata/engines.def"
#undef MD_ENGINE
const struct md_dialect *md_dialect_of(enum md_dialect_id id);

/* Operators that all dialects spell in the same way, with a space on either side: " = ", " NOT
 * BETWEEN ". Empty where an operator is not one word. */
extern const struct md_str md_op_words[MD_OPS];

/* Writes an identifier in quotes, at most 2 n + 2 bytes, and returns the end of what it wrote. No
 * other function quotes identifiers. Any bytes become exactly one identifier. */
char *md_quote_ident(char *to, const struct md_dialect *d, struct md_str name);

/* The digits of a decimal before and after the point, without leading zeros; for a list the largest
 * number of each. */
struct md_digits {
	size_t whole, fraction;
};
struct md_digits md_decimal_digits(const struct md_value *v);

/* Can LIKE and NOT LIKE be used for the pattern, or is a template needed (md_dialect.like_bytes,
 * like_mistakes)? */
bool md_like_takes(const struct md_dialect *d, struct md_str pattern);

/* trino.c: a parameter as the typed literal that EXECUTE IMMEDIATE … USING takes. Any text stays
 * inside its quotes. Takes scratch from the buffer's arena (the heap when it has none) for bytes; a
 * value of bytes that is not base64 counts as empty. */
void md_trino_literal(struct md_buf *b, const struct md_value *v);

#endif
