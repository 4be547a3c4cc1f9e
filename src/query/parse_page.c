/* page: {first, after?}. Refuses everything that is wrong in it with INVALID_PAGE. parse.c
 * refuses what a page can't be combined with, except count mode: validation does, because an
 * application can ask for a count of any definition. */
#include "query/private.h"

/* One row more is read, to know whether there is a next page. */
#define FIRST_RANGE "a whole number from 1 to 9223372036854775806"

static void read_first(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	uint64_t n;
	(void)node;
	if (!md_json_uint(v, &n) || n == 0 || n >= INT64_MAX)
		md_parse_wrong(p, MD_INVALID_PAGE, at, FIRST_RANGE, v);
	else
		p->q->page_first = (int64_t)n;
}

static void read_after(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	if (!md_json_string(v, &p->q->page_after) || !p->q->page_after.n)
		md_parse_wrong_with(p, MD_INVALID_PAGE, at, "meta.page.endCursor of the page before", v,
		                    MD_DETAILS(.hint = MD_STR("leave \"after\" out for the first page")));
}

void md_parse_page(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const struct md_member members[] = { MD_MEMBER("first", read_first), MD_MEMBER("after", read_after) };
	if (md_json_type(v) != MD_JSON_OBJECT) {
		md_parse_wrong(p, MD_INVALID_PAGE, at, "an object {first, after}", v);
		return;
	}
	p->q->page_given = true;
	uint32_t seen = md_parse_object(p, MD_MEMBERS(members, MD_WORD_IN_PAGE), node, v, at);
	if (!(seen & (1 | MD_KEYS_UNKNOWN)))
		md_parse_missing(p, MD_INVALID_PAGE, at, "first", FIRST_RANGE);
}
