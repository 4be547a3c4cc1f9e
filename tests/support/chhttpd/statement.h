/* What the endpoint must know of a statement before ClickHouse sees it: whether its rows can be
 * streamed, in which format, and where the data of an INSERT begin. It reads words, strings,
 * comments and brackets, no grammar: what it takes for OTHER just runs whole. */
#ifndef CHHTTPD_STATEMENT_H
#define CHHTTPD_STATEMENT_H

#include "text.h"

enum statement_kind {
	STATEMENT_EMPTY,
	STATEMENT_READ,    /* SELECT, WITH: can be streamed */
	STATEMENT_INSERT,  /* with its data in the text, or in nothing */
	STATEMENT_SEVERAL, /* more than one: refused over HTTP */
	STATEMENT_OTHER,
};

struct statement {
	enum statement_kind kind;
	char format[64]; /* FORMAT's word, "Values" for VALUES; "" without one */
	size_t head;     /* INSERT: bytes of SQL before FORMAT or VALUES */
	size_t data;     /* INSERT: where the data begin */
	bool processes;  /* KILL, or reads system.processes: query_id is meant */
};

struct statement statement_read(const char *sql, size_t n);

/* The SQL with `query_id` replaced by where this endpoint keeps it: libchdb gives queries ids of
 * its own, ours travel as log_comment. */
void statement_own_ids(struct growing_text *out, const char *sql, size_t n);

#endif
