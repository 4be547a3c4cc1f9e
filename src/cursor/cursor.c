/* Sort values as bytes, and back. What is read back was sealed here for the same order, so that its
 * values have the types of that order. */
#include "cursor/cursor.h"

enum { IS_NULL, IS_VALUE };

static void put_number(struct md_buf *b, uint32_t n)
{
	unsigned char bytes[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		                   (unsigned char)n };
	md_buf_add(b, bytes, sizeof bytes);
}

static bool get_number(struct md_str *s, uint32_t *n)
{
	if (s->n < 4)
		return false;
	*n = 0;
	for (unsigned i = 0; i < 4; i++)
		*n = *n << 8 | (unsigned char)s->p[i];
	*s = (struct md_str){ s->p + 4, s->n - 4 };
	return true;
}

static bool get_value(struct md_str *s, struct md_sort_value *v)
{
	uint32_t n;
	if (!s->n || s->p[0] > IS_VALUE)
		return false;
	v->null = s->p[0] == IS_NULL;
	*s = (struct md_str){ s->p + 1, s->n - 1 };
	if (v->null)
		return true;
	if (!get_number(s, &n) || n > s->n)
		return false;
	v->text = (struct md_str){ s->p, n };
	*s = (struct md_str){ s->p + n, s->n - n };
	return true;
}

static bool read_values(struct md_arena *a, struct md_str plain, struct md_position *out)
{
	uint32_t n, i = 0;
	if (!get_number(&plain, &n) || n > plain.n)
		return false;
	struct md_sort_value *v = md_new_n(a, struct md_sort_value, n);
	while (v && i < n && get_value(&plain, &v[i]))
		i++;
	*out = (struct md_position){ v, n };
	return v && i == n;
}

static void report_no_cursor(struct md_ctx *cx, const struct md_ring *r, struct md_str given)
{
	struct md_at up = { .key = MD_STR("page") };
	const char *lasting =
		r && r->lasting ? ""
				: "; without server.cursorKeys a cursor lasts no longer than the process that gave it";
	static const char expected[] = "meta.page.endCursor of an earlier page of the same query, asked with the same "
	                               "roles and context values";
	md_report(cx, MD_INVALID_PAGE, MD_AT_KEY(&up, MD_STR("after")),
	          MD_DETAILS(.expected = MD_STR(expected),
	                     .actual = md_str_fmt(cx->arena, "a text of %zu bytes", given.n)),
	          "page.after is no cursor of this query for this caller%s", lasting);
}

int md_cursor_open(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                   struct md_str after, const struct md_position **out)
{
	struct md_position *position = md_alloc(cx->arena, sizeof *position);
	struct md_str plain;
	*out = NULL;
	if (!position)
		return md_out_of_memory(cx);
	enum md_unsealed rc = r && r->n ? md_unseal(cx, r, binding, after, &plain) : MD_SEAL_BROKEN;
	if (rc == MD_UNSEAL_FAILED)
		return -1;
	if (rc == MD_UNSEALED && read_values(cx->arena, plain, position))
		*out = position;
	else
		report_no_cursor(cx, r, after);
	return md_check_memory(cx);
}

int md_cursor_make(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                   const struct md_position *position, struct md_str *out)
{
	struct md_buf plain = { .arena = cx->arena }, text = { .arena = cx->arena };
	put_number(&plain, position->n);
	for (uint32_t i = 0; i < position->n; i++) {
		const struct md_sort_value *v = &position->v[i];
		md_buf_char(&plain, v->null ? IS_NULL : IS_VALUE);
		if (v->null)
			continue;
		put_number(&plain, (uint32_t)v->text.n);
		md_buf_str(&plain, v->text);
	}
	if (plain.failed)
		return md_out_of_memory(cx);
	if (md_seal(cx, r, binding, md_buf_view(&plain), &text))
		return -1;
	*out = md_buf_text(&text);
	return out->p ? 0 : md_out_of_memory(cx);
}
