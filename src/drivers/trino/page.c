/* One reply of Trino's protocol. Accepts a whole JSON object with an id, stats.state and, as they apply, nextUri, columns, data, error; everything
 * else (a page of a proxy, a body cut short, members of another type) is refused. Promises: a page that is the last one and is not FINISHED
 * is told apart, so that an answer can't end early. */
#include "drivers/trino/page.h"

/* A member that must have a type where it is there; NULL is the same as absent. */
static bool member(const struct md_json *object, const char *key, enum md_json_type t, const struct md_json **out)
{
	*out = md_json_get(object, key);
	if (*out && md_json_type(*out) == MD_JSON_NULL)
		*out = NULL;
	return !*out || md_json_type(*out) == t;
}

static bool text_member(const struct md_json *object, const char *key, struct md_str *out)
{
	const struct md_json *v;
	if (!member(object, key, MD_JSON_STRING, &v))
		return false;
	*out = v ? md_json_text(v) : MD_NOSTR;
	return true;
}

const char *md_trino_page_read(struct md_arena *a, struct md_str body, struct md_trino_page *out)
{
	const struct md_json *root, *stats, *error;
	struct md_json_error at;
	struct md_str state;
	memset(out, 0, sizeof *out);
	if (md_json_parse(a, body, &root, &at))
		return "it is not JSON";
	if (md_json_type(root) != MD_JSON_OBJECT)
		return "it is not a JSON object";
	if (!text_member(root, "id", &out->id) || !out->id.n)
		return "it names no query";
	if (!member(root, "stats", MD_JSON_OBJECT, &stats) || !stats || !text_member(stats, "state", &state))
		return "it tells no state";
	if (!text_member(root, "nextUri", &out->next))
		return "nextUri is not a string";
	if (!member(root, "columns", MD_JSON_ARRAY, &out->columns) || !member(root, "data", MD_JSON_ARRAY, &out->data))
		return "columns or data are not arrays";
	if (!member(root, "error", MD_JSON_OBJECT, &error))
		return "error is not an object";
	out->failed = error != NULL;
	if (error && (!text_member(error, "errorName", &out->error_name) || !text_member(error, "message", &out->error_message)))
		return "error can't be read";
	out->finished = md_str_eq(state, MD_STR("FINISHED"));
	return NULL;
}
