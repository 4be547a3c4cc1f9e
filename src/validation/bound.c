/* A bound definition as text: the definition as it is written, with the way of each join in
 * brackets, then outputs. For tests and debugging only. */
#include "query/query.h"
#include "validation/bound.h"

static void append_join_way(struct md_buf *b, const void *arg, uint32_t join)
{
	const struct md_bound *bound = arg;
	uint32_t ref = join + 1;
	const struct md_ref *r = &bound->refs[ref];
	if (!r->relation)
		return;
	const char *way = r->from_side ? "key to foreign key" : "foreign key to key";
	md_buf_fmt(b, " (t%u to t%u along %.*s, %s)", ref, r->parent, MD_FMT(r->relation->names[0]), way);
}

static void dump_output(struct md_buf *b, const struct md_bound_output *o)
{
	struct md_str column = o->use.column ? o->use.column->api_name : MD_STR("*");
	const char *what = "";
	if (o->agg)
		what = "aggregate of ";
	else if (o->group)
		what = "group ";
	md_buf_fmt(b, "out %.*s = %st%u.%.*s\n", MD_FMT(o->name), what, o->use.ref, MD_FMT(column));
}

void md_bound_dump(struct md_buf *b, const struct md_query *q, const struct md_bound *bound)
{
	md_query_dump(b, q, append_join_way, bound);
	for (uint32_t i = 0; i < bound->n_outputs; i++)
		dump_output(b, &bound->outputs[i]);
}
