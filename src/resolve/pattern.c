/* Operators on texts as patterns of LIKE: contains, startsWith, endsWith and those that ignore
 * case. Promises: what the caller gave stands for itself; wildcards and backslashes are escaped. */
#include "resolve/pattern.h"

/* A pattern with % before the text, behind it, or both. */
struct text_pattern {
	enum md_op op;
	bool before, behind;
};

static struct text_pattern pattern_of(enum md_op op)
{
	switch (op) {
	case MD_OP_CONTAINS: return (struct text_pattern){ MD_OP_LIKE, true, true };
	case MD_OP_ICONTAINS: return (struct text_pattern){ MD_OP_ILIKE, true, true };
	case MD_OP_NOT_CONTAINS: return (struct text_pattern){ MD_OP_NOT_LIKE, true, true };
	case MD_OP_NOT_ICONTAINS: return (struct text_pattern){ MD_OP_NOT_ILIKE, true, true };
	case MD_OP_STARTS_WITH: return (struct text_pattern){ MD_OP_LIKE, false, true };
	case MD_OP_ISTARTS_WITH: return (struct text_pattern){ MD_OP_ILIKE, false, true };
	case MD_OP_ENDS_WITH: return (struct text_pattern){ MD_OP_LIKE, true, false };
	default: return (struct text_pattern){ MD_OP_ILIKE, true, false };
	}
}

enum md_op md_pattern_operator(enum md_op op)
{
	return pattern_of(op).op;
}

static size_t escape_pattern(char *to, struct md_str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			to[n++] = '\\';
		to[n++] = text.p[i];
	}
	return n;
}

int md_make_pattern(struct md_arena *a, enum md_op op, const struct md_value *text, struct md_value *out)
{
	struct text_pattern as = pattern_of(op);
	char *to = md_alloc(a, 2 * text->text.n + 2);
	size_t n = 0;
	if (!to)
		return -1;
	if (as.before)
		to[n++] = '%';
	n += escape_pattern(to + n, text->text);
	if (as.behind)
		to[n++] = '%';
	*out = (struct md_value){ .type = text->type, .origin = MD_FROM_PATTERN, .op = (uint8_t)op,
		                  .place = text->place, .text = { to, n } };
	return 0;
}
