/* Encodes rows as JSON objects, which the caller puts on lines or into an array, and as CSV (RFC
 * 4180). */
#ifndef MD_EXECUTOR_ENCODE_H
#define MD_EXECUTOR_ENCODE_H

#include "executor/cell_json.h"
#include "validation/bound.h"

struct md_encoder {
	const struct md_bound *bound;
	struct md_str *keys; /* per output: its name as a JSON key with the colon */
	bool numbers_as_text;
};

int md_encoder_init(struct md_encoder *e, struct md_arena *a, const struct md_bound *bound); /* -1: out of memory */
void md_encode_object(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells); /* {"id":1,…} */
void md_encode_csv_header(const struct md_encoder *e, struct md_buf *b);
void md_encode_csv_row(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells);

#endif
