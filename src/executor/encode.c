#include "executor/encode.h"

int md_encoder_init(struct md_encoder *e, struct md_arena *a, const struct md_bound *bound)
{
	*e = (struct md_encoder){ .bound = bound, .numbers_as_text = bound->number_strings };
	e->keys = md_new_n(a, struct md_str, bound->n_outputs);
	for (uint32_t i = 0; e->keys && i < bound->n_outputs; i++) {
		struct md_buf b = { .arena = a };
		md_json_quote(&b, bound->outputs[i].name);
		md_buf_char(&b, ':');
		e->keys[i] = md_buf_view(&b);
		if (b.failed)
			return -1;
	}
	return e->keys ? 0 : -1;
}

void md_encode_object(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells)
{
	for (uint32_t i = 0; i < e->bound->n_outputs; i++) {
		struct md_jw w = { .b = b };
		md_buf_char(b, i ? ',' : '{');
		md_buf_str(b, e->keys[i]);
		md_cell_json(&w, md_output_type(&e->bound->outputs[i]), &cells[i], e->numbers_as_text);
	}
	md_buf_str(b, e->bound->n_outputs ? MD_STR("}") : MD_STR("{}"));
}

/* Quotes the field where RFC 4180 asks for it. An empty text is quoted too: an empty field is
 * NULL. */
static void write_csv_field(struct md_buf *b, struct md_str s)
{
	bool needs_quotes = s.n == 0;
	for (size_t i = 0; i < s.n && !needs_quotes; i++)
		needs_quotes = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!needs_quotes) {
		md_buf_str(b, s);
		return;
	}

	md_buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			md_buf_char(b, '"');
		md_buf_char(b, s.p[i]);
	}
	md_buf_char(b, '"');
}

void md_encode_csv_header(const struct md_encoder *e, struct md_buf *b)
{
	for (uint32_t i = 0; i < e->bound->n_outputs; i++) {
		md_buf_str(b, i ? MD_STR(",") : MD_NOSTR);
		write_csv_field(b, e->bound->outputs[i].name);
	}
	md_buf_lit(b, "\r\n");
}

void md_encode_csv_row(const struct md_encoder *e, struct md_buf *b, const struct md_cell *cells)
{
	for (uint32_t i = 0; i < e->bound->n_outputs; i++) {
		md_buf_str(b, i ? MD_STR(",") : MD_NOSTR);
		if (cells[i].form != MD_CELL_NULL && cells[i].form != MD_CELL_NOT_FINITE)
			write_csv_field(b, cells[i].text);
	}
	md_buf_lit(b, "\r\n");
}
