/* columns[].values: the labels of a column of type enum, in their order. Refuses a list that is
 * missing or empty, a label that is no text or is listed twice, and a list where the type is
 * another one. */
#include "metadata/read.h"

static void read_label(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_labels *labels,
                       struct md_str *to)
{
	if (!read_text(l, SPOT(MD_INVALID_TYPE, at, NULL), v, true, to))
		return;
	if (md_map_put(&labels->places, *to, labels->n) != MD_NONE)
		md_report(l->cx, MD_INVALID_TYPE, at, MD_DETAILS(.actual = *to), "value '%.*s' is listed twice",
		          MD_FMT(*to));
	labels->n++;
}

static const struct md_labels *read_labels(struct loader *l, const struct md_at *at, const struct md_json *v)
{
	struct md_json_iter it;
	size_t n = md_json_size(v);
	struct md_labels *labels = md_new(l->keep, struct md_labels);
	struct md_str *texts = md_new_n(l->keep, struct md_str, n);
	if (!labels || !texts || md_map_init(&labels->places, l->keep, n))
		return NULL;
	labels->v = texts;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++)
		read_label(l, MD_AT_IDX(at, i), v, labels, &texts[labels->n]);
	return labels;
}

const struct md_labels *load_enum_values(struct loader *l, const struct md_at *up, const struct md_json *v,
                                         struct md_type type)
{
	const struct config_spot *spot = SPOT(MD_INVALID_TYPE, up, "values");
	if (type.base == MD_TYPES)
		return NULL; /* the type is reported: it may have been meant to be enum */
	if (type.base != MD_ENUM && v)
		report_wrong(l, spot, v, "values only where type is enum");
	if (type.base != MD_ENUM || !read_array(l, spot, v, true))
		return NULL;
	if (md_json_size(v) == 0)
		report_wrong(l, spot, v, "at least one value");
	return read_labels(l, MD_AT_KEY(up, MD_STR("values")), v);
}
