/* The one place where canonical text becomes a JSON value. */
#include "executor/cell_json.h"

/* [1,null,2] with each number in quotes. Elements of numeric arrays contain no comma, bracket or
 * quote. */
static void write_quoted_numbers(struct md_jw *w, struct md_str array)
{
	md_jw_arr(w);
	for (size_t i = 1; i + 1 < array.n;) {
		size_t end = i;
		while (end + 1 < array.n && array.p[end] != ',')
			end++;
		struct md_str element = { array.p + i, end - i };
		if (md_str_eq(element, MD_STR("null")))
			md_jw_null(w);
		else
			md_jw_str(w, element);
		i = end + 1;
	}
	md_jw_arr_end(w);
}

void md_cell_json(struct md_jw *w, struct md_type t, const struct md_cell *c, bool numbers_as_text)
{
	bool quote_numbers = numbers_as_text && (t.base == MD_BIGINT || t.base == MD_DECIMAL);
	if (c->form == MD_CELL_NULL || c->form == MD_CELL_NOT_FINITE) {
		md_jw_null(w);
	} else if (c->form == MD_CELL_TEXT || (quote_numbers && !t.array)) {
		md_jw_str(w, c->text);
	} else if (quote_numbers) {
		write_quoted_numbers(w, c->text);
	} else if (c->form == MD_CELL_BARE) {
		md_jw_raw(w, c->text);
	} else {
		md_jw_raw(w, MD_STR("\""));
		md_buf_str(w->b, c->text);
		md_buf_char(w->b, '"');
	}
}
