/* Rows to bytes: JSON objects, one a line or in an array, and CSV (RFC 4180). One encoder for every strategy and database. */
#ifndef MD_EXECUTOR_ENCODE_H
#define MD_EXECUTOR_ENCODE_H

#include "executor/entry.h"
#include "validation/bound.h"

struct md_encoder {
	const struct md_bound *bound;
	struct md_str *keys;   /* per output: "name": ready to be copied */
	bool numbers_as_text;
};

int md_encoder_init(struct md_encoder *e, struct md_arena *a, const struct md_bound *bound);  /* -1: memory is out */
void md_encode_object(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells); /* {"id":1,…} */
void md_encode_csv_header(const struct md_encoder *e, struct md_buf *b);
void md_encode_csv_row(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells);

#endif
