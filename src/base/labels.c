#include "base/labels.h"

#include "base/buf.h"

enum { MOST_SHOWN = 20 };

bool md_labels_are_same(const struct md_labels *a, const struct md_labels *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!md_str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

const char *md_labels_expected(struct md_arena *a, const struct md_labels *l)
{
	struct md_buf b = { .arena = a };
	md_buf_lit(&b, "one of ");
	for (uint32_t i = 0; i < l->n && i < MOST_SHOWN; i++) {
		if (i)
			md_buf_lit(&b, ", ");
		md_buf_str(&b, l->v[i]);
	}
	if (l->n > MOST_SHOWN)
		md_buf_fmt(&b, " and %u others", (unsigned)(l->n - MOST_SHOWN));
	return md_buf_text(&b).p;
}

uint32_t md_labels_without(const struct md_labels *l, const uint32_t *without, uint32_t n, struct md_str *out)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		bool is_left_out = false;
		for (uint32_t k = 0; k < n && !is_left_out; k++)
			is_left_out = without[k] == i;
		if (!is_left_out)
			out[kept++] = l->v[i];
	}
	return kept;
}
