#include "engine/given_table.h"

#include "engine/given.h"
#include "source/table.h"

enum { POLL_MS = 5000, TIMEOUT_MS = 5000, A_DAY_MS = 86400000 };

static struct md_str text_or(const char *given, const char *otherwise)
{
	return md_str_z(given && *given ? given : otherwise);
}

static struct md_str path_in_folder(struct md_ctx *cx, const char *prefix, const char *path, const char *folder)
{
	if (path[0] == '/' || !folder)
		return md_str_fmt(cx->arena, "%s%s", prefix, path);
	return md_str_fmt(cx->arena, "%s%s/%s", prefix, folder, path);
}

static struct md_str place_file_url(struct md_ctx *cx, const char *url, const char *folder)
{
	static const char start[] = "sqlite:";
	if (strncmp(url, start, strlen(start)) != 0)
		return md_str_z(url);
	return path_in_folder(cx, start, url + strlen(start), folder);
}

static struct md_str optional_path(struct md_ctx *cx, const char *path, const char *folder)
{
	return path && *path ? path_in_folder(cx, "", path, folder) : MD_NOSTR;
}

/* -1: no such word. */
static int read_verify(const char *word)
{
	static const char *const words[] = { [MD_TLS_FULL] = "full", [MD_TLS_CA] = "ca", [MD_TLS_NONE] = "none" };
	if (!word)
		return MD_TLS_FULL;
	for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

/* What tls of a connection in the configuration refuses too. NULL: nothing. */
static const char *find_wrong_tls(const multidb_table *t, int verify)
{
	if (verify < 0)
		return "expected tls_verify full, ca or none";
	if (t->tls_ca && verify == MD_TLS_NONE)
		return "tls_ca has no use where tls_verify is none";
	if (!t->tls_ca && verify == MD_TLS_CA)
		return "expected tls_ca, because tls_verify ca trusts every server of that authority";
	return !t->tls_cert == !t->tls_key ? NULL : "expected tls_cert and tls_key, or neither";
}

static int read_tls(struct md_ctx *cx, const multidb_table *t, const char *folder, struct md_tls *out)
{
	int verify = read_verify(t->tls_verify);
	const char *wrong = find_wrong_tls(t, verify);
	if (wrong)
		return md_fail(cx, MD_MISUSE, "multidb_table cannot be used: %s", wrong);
	*out = (struct md_tls){ .verify = (enum md_tls_verify)verify,
		                .ca = optional_path(cx, t->tls_ca, folder),
		                .cert = optional_path(cx, t->tls_cert, folder),
		                .key = optional_path(cx, t->tls_key, folder) };
	return 0;
}

static int64_t number_or(int64_t given, int64_t otherwise)
{
	return given ? given : otherwise;
}

void *md_given_table_source(struct md_ctx *cx, const multidb_table *given, const char *base_dir, int64_t *poll_ms)
{
	multidb_table t;
	struct md_tls tls;
	if (md_read_given(cx, "multidb_table", &t, sizeof t, given))
		return NULL;
	if (!t.url || t.timeout_ms < 0 || t.timeout_ms > A_DAY_MS) {
		md_fail(cx, MD_MISUSE, "multidb_table cannot be used: expected %s",
		        t.url ? "timeout_ms from 0 to 86400000" : "url");
		return NULL;
	}
	if (read_tls(cx, &t, base_dir, &tls))
		return NULL;
	struct md_table_options o = { .url = place_file_url(cx, t.url, base_dir),
		                      .table = text_or(t.table, "multidb_config"),
		                      .name = text_or(t.name_column, "name"),
		                      .version = text_or(t.version_column, "version"),
		                      .document = text_or(t.document_column, "document"),
		                      .metadata = text_or(t.metadata_name, "metadata"),
		                      .roles = text_or(t.roles_name, "roles"),
		                      .timeout_ms = number_or(t.timeout_ms, TIMEOUT_MS) };
	bool has_tls = t.tls_verify || t.tls_ca || t.tls_cert;
	o.tls = has_tls ? &tls : NULL;
	*poll_ms = t.poll_ms < 0 ? 0 : number_or(t.poll_ms, POLL_MS);
	if (md_check_memory(cx))
		return NULL;
	return md_table_source_new(cx, &o);
}
