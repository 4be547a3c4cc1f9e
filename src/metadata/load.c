/* The configuration document to a snapshot. Accepts one JSON object. Refuses text that is not JSON
 * (with the place), and everything wrong in it at once: each problem has a code, a JSON Pointer,
 * the names of what the pointer leads to and, where a name is near, a suggestion. Promises:
 * nothing is kept of the text or of the request's arena; a failure leaves nothing allocated. Takes
 * time linear in the text. */
#include "metadata/read.h"

#include "base/sys.h"

#include <errno.h>
#include <stdio.h>

enum { LARGEST_DOCUMENT = 256 * 1024 * 1024, MOST_GUESSES = 400 * 1000 };

static const char *const root_keys[] = { "databases", "tables", "caches", "externalSyncs", "roles",
	                                 "trino",     "limits", "policy", "server",        "$schema" };
enum {
	ROOT_DATABASES,
	ROOT_TABLES,
	ROOT_CACHES,
	ROOT_SYNCS,
	ROOT_ROLES,
	ROOT_TRINO,
	ROOT_LIMITS,
	ROOT_POLICY,
	ROOT_SERVER,
	ROOT_SCHEMA,
	ROOT_KEYS
};

/* The roles of the document, or those that came apart from it. */
static const struct md_json *choose_roles(struct loader *l, const struct md_json *inside)
{
	if (l->roles && inside)
		md_report(l->cx, MD_INVALID_ROLE, MD_AT_KEY(NULL, MD_STR("roles")), NULL,
		          "roles are given twice: expected none in the configuration, because they are loaded apart");
	return l->roles ? l->roles : inside;
}

/* A part that refers to another comes after it. -1: out of memory. */
static int load_parts(struct loader *l, const struct md_json *root)
{
	const struct md_json *m[ROOT_KEYS];
	if (!READ_OBJECT(l, MD_INVALID_TYPE, NULL, root, "the configuration", root_keys, m))
		return 0;
	load_limits(l, m[ROOT_LIMITS]);
	load_policy(l, m[ROOT_POLICY]);
	load_trino(l, m[ROOT_TRINO]);
	if (m[ROOT_SCHEMA] && md_json_type(m[ROOT_SCHEMA]) != MD_JSON_STRING)
		report_wrong(l, SPOT(MD_INVALID_TYPE, NULL, "$schema"), m[ROOT_SCHEMA], "a string");
	bool out_of_memory = load_server(l, m[ROOT_SERVER]) || load_cache_ids(l, m[ROOT_CACHES]) ||
	                     load_databases(l, m[ROOT_DATABASES]) || load_tables(l, m[ROOT_TABLES]) ||
	                     load_relations(l) || load_syncs(l, m[ROOT_SYNCS]) ||
	                     load_caches(l, m[ROOT_CACHES]) || load_roles(l, choose_roles(l, m[ROOT_ROLES])) ||
	                     load_policy_rights(l, m[ROOT_POLICY]);
	return out_of_memory ? -1 : 0;
}

/* Problems name things by the snapshot's own texts: they must outlive it. */
static void detach_problems(struct loader *l)
{
	struct md_error *e = l->cx->err;
	for (uint32_t i = 0; i < e->problems.n; i++)
		e->problems.v[i].details = md_details_dup(l->cx->arena, &e->problems.v[i].details);
}

/* Problems first: what follows is for documents without any. */
static int build_snapshot(struct loader *l, const struct md_json *root)
{
	int failed = load_parts(l, root);
	detach_problems(l);
	if (failed || l->keep->oom || md_check_memory(l->cx))
		return md_out_of_memory(l->cx);
	if (md_fail_if_problems(l->cx, MD_CONFIG_INVALID))
		return -1;
	if (load_index_tables(l) || load_index_grants(l) || load_entry_labels(l))
		return md_out_of_memory(l->cx);
	return 0;
}

static int parse_document(struct md_ctx *cx, struct md_str text, const char *path, const struct md_json **root)
{
	struct md_json_error e;
	if (md_json_parse(cx->arena, text, root, &e) == 0)
		return 0;
	if (!e.message)
		return md_out_of_memory(cx);
	return md_fail(cx, MD_METADATA_LOAD_FAILED, "%s%sthe configuration is not JSON: line %zu, column %zu: %s",
	               path ? path : "", path ? ": " : "", e.line, e.column, e.message);
}

static int parse_roles(struct md_ctx *cx, struct md_str text, const struct md_json **roles)
{
	struct md_json_error e;
	if (!text.p || md_json_parse(cx->arena, text, roles, &e) == 0)
		return 0;
	if (!e.message)
		return md_out_of_memory(cx);
	return md_fail(cx, MD_ROLE_LOAD_FAILED, "the roles are not JSON: line %zu, column %zu: %s", e.line, e.column,
	               e.message);
}

static struct md_snapshot *load_document(struct md_ctx *cx, struct md_str text, const char *path,
                                         const struct md_load_options *opt)
{
	struct md_arena keep = { .at = NULL };
	const struct md_json *root, *roles = NULL;
	if (parse_document(cx, text, path, &root) || (opt && parse_roles(cx, opt->roles, &roles)))
		return NULL;
	struct loader l = { .cx = cx, .keep = &keep, .s = md_snapshot_new(&keep), .guesses = MOST_GUESSES,
		          .resolve_secrets = opt && opt->resolve_secrets, .base_dir = opt ? opt->base_dir : NULL,
		          .roles = roles };
	if (l.s ? build_snapshot(&l, root) : md_out_of_memory(cx)) {
		md_arena_free(&keep);
		return NULL;
	}
	md_snapshot_seal(l.s, &keep);
	return l.s;
}

struct md_snapshot *md_metadata_load(struct md_ctx *cx, struct md_str text, const struct md_load_options *opt)
{
	return load_document(cx, text, NULL, opt);
}

/* The folder part of a path; NULL: the working directory (or out of memory, which the arena
 * records). */
static const char *folder_of(struct md_arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	return slash == path ? "/" : md_str_dup(a, (struct md_str){ path, (size_t)(slash - path) }).p;
}

struct md_snapshot *md_metadata_load_file(struct md_ctx *cx, const char *path, const struct md_load_options *opt)
{
	struct md_str text;
	struct md_load_options o = opt ? *opt : (struct md_load_options){ .base_dir = NULL };
	if (md_read_file(cx->arena, path, LARGEST_DOCUMENT, &text)) {
		if (errno == ENOMEM)
			md_out_of_memory(cx);
		else
			md_fail(cx, MD_METADATA_LOAD_FAILED, "can't read the configuration '%s': %s", path,
			        strerror(errno));
		return NULL;
	}
	if (!o.base_dir)
		o.base_dir = folder_of(cx->arena, path);
	return load_document(cx, text, path, &o);
}
