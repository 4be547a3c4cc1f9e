#include "sample.h"

#include "admin/demo.h"

#include <stdio.h>
#include <stdlib.h>

static char dir[64];

const char *sample_make(void)
{
	char error[256];
	snprintf(dir, sizeof dir, "%s/multidb-sample-XXXXXX", "/tmp");
	if (!mkdtemp(dir))
		return NULL;
	if (md_demo_make(dir, error, sizeof error)) {
		fprintf(stderr, "%s\n", error);
		return NULL;
	}
	return dir;
}

void sample_remove(void)
{
	md_demo_remove(dir);
}

multidb_engine *sample_open(void)
{
	char path[128];
	multidb_engine *e;
	multidb_error *error;
	snprintf(path, sizeof path, "%s/multidb.json", dir);
	if (multidb_engine_open_file(path, NULL, &e, &error) == 0)
		return e;
	fprintf(stderr, "%s\n", multidb_error_json(error));
	multidb_error_free(error);
	return NULL;
}

multidb_engine *sample_open_with(const char *member, const char *value)
{
	multidb_options o = { .size = sizeof(multidb_options), .base_dir = dir };
	multidb_error *error = NULL;
	multidb_engine *e = NULL;
	char *config = sample_config(member, value);
	if (config && multidb_engine_open_text(config, strlen(config), &o, &e, &error))
		fprintf(stderr, "%s\n", multidb_error_json(error));
	multidb_error_free(error);
	free(config);
	return e;
}

char *sample_config(const char *member, const char *value)
{
	struct md_arena a = { 0 };
	struct md_buf b = { 0 };
	struct md_jw w = { .b = &b };
	const struct md_json *root;
	struct md_json_error e;
	struct md_json_iter it;
	struct md_str key;
	if (md_json_parse(&a, md_str_z(md_sample_config), &root, &e))
		return NULL;
	md_jw_obj(&w);
	md_json_iter(&it, root);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		struct md_buf text = { .arena = &a };
		if (member && md_str_eqz(key, member))
			continue;
		md_json_dump(&text, v);
		md_jw_key(&w, key);
		md_jw_raw(&w, md_buf_view(&text));
	}
	if (member) {
		md_jw_key(&w, md_str_z(member));
		md_jw_raw(&w, md_str_z(value));
	}
	md_jw_obj_end(&w);
	md_buf_char(&b, '\0');
	md_arena_free(&a);
	return b.p;
}

static char *report_refusal(multidb_query *q)
{
	struct md_buf b = { 0 };
	md_buf_char(&b, '!');
	md_buf_str(&b, md_str_z(multidb_error_json(multidb_query_error(q))));
	md_buf_char(&b, '\0');
	return b.p;
}

char *sample_ask(multidb_query *q, multidb_mode mode, multidb_format format, const char *definition,
                 const char *context)
{
	struct md_buf b = { 0 };
	const char *bytes;
	size_t n;
	int rc;
	if (multidb_query_prepare(q, mode, definition, strlen(definition), context, context ? strlen(context) : 0))
		return report_refusal(q);
	if (mode != MULTIDB_RUN && mode != MULTIDB_COUNT) {
		const char *json = multidb_result_json(q);
		return json ? strdup(json) : report_refusal(q);
	}
	if (multidb_query_start(q, format))
		return report_refusal(q);
	while ((rc = multidb_query_next(q, &bytes, &n)) > 0)
		md_buf_add(&b, bytes, n);
	if (rc < 0) {
		md_buf_free(&b);
		return report_refusal(q);
	}
	md_buf_char(&b, '\0');
	return b.p;
}

static const struct md_json *find_child(const struct md_json *v, struct md_str name)
{
	struct md_json_iter it;
	struct md_str key;
	size_t index = 0, want = 0;
	for (size_t i = 0; i < name.n; i++)
		want = want * 10 + (size_t)(name.p[i] - '0');
	md_json_iter(&it, v);
	for (const struct md_json *m; (m = md_json_next(&it, &key)); index++)
		if (md_json_type(v) == MD_JSON_OBJECT ? md_str_eq(key, name) : index == want)
			return m;
	return NULL;
}

const char *json_at(struct md_arena *a, const char *json, const char *pointer)
{
	const struct md_json *v;
	struct md_json_error e;
	struct md_buf b = { .arena = a };
	if (!json || md_json_parse(a, md_str_z(json), &v, &e))
		return "(not JSON)";
	while (v && *pointer == '/') {
		size_t n = strcspn(++pointer, "/");
		v = find_child(v, (struct md_str){ pointer, n });
		pointer += n;
	}
	if (!v)
		return "(none)";
	md_json_dump(&b, v);
	md_buf_char(&b, '\0');
	return b.p;
}
