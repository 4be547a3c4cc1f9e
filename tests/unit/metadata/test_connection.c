/* connection: urls and where they come from, pools; no message ever shows a url. */
#include "documents.h"

#include <unistd.h>

#define ON(engine, rest) "[{\"id\":\"d\",\"engine\":\"" engine "\",\"connection\":{" rest "}}]"
#define URL(engine, url) ON(engine, "\"url\":" url)
#define AT "INVALID_CONNECTION /databases/0/connection"
#define NO_TABLES .tables = "[]"

static const struct md_connection *first(const struct loaded *l)
{
	assert_non_null(l->s);
	return &l->s->databases[0].connection;
}

static void defaults(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = URL("postgres", "\"postgres://u@h/d\"") });
	const struct md_connection *c = first(&l);
	assert_true(c->present);
	assert_true(md_str_eqz(c->url, "postgres://u@h/d"));
	assert_int_equal(c->pool.max, 8);
	assert_int_equal(c->pool.min, 0);
	assert_int_equal(c->pool.acquire_timeout_ms, 2000);
	assert_int_equal(c->pool.idle_ms, 0);
	assert_int_equal(c->pool.max_lifetime_ms, 0);
	assert_int_equal(c->statement_timeout_ms, 0);
	unload(&l);
	load_sections(&l, &(struct sections){ NO_TABLES });
	assert_false(first(&l)->present);
	assert_int_equal(first(&l)->url.n, 0);
	unload(&l);
}

static void given(void **state)
{
	(void)state;
	struct loaded l;
	struct sections sections = {
		NO_TABLES,
		.databases = ON("postgres", "\"url\":\"postgresql://h\",\"statementTimeoutMs\":5,"
		                            "\"pool\":{\"max\":2,\"min\":2,\"acquireTimeoutMs\":7,\"idleMs\":8,"
		                            "\"maxLifetimeMs\":9,\"mode\":\"session\"}"),
	};
	load_sections(&l, &sections);
	const struct md_connection *c = first(&l);
	assert_int_equal(c->pool.max, 2);
	assert_int_equal(c->pool.min, 2);
	assert_int_equal(c->pool.acquire_timeout_ms, 7);
	assert_int_equal(c->pool.idle_ms, 8);
	assert_int_equal(c->pool.max_lifetime_ms, 9);
	assert_int_equal(c->statement_timeout_ms, 5);
	unload(&l);
}

static void schemes(void **state)
{
	(void)state;
	PROBLEMS("", NO_TABLES, .databases = URL("clickhouse", "\"https://u:p@h:1/d\""));
	PROBLEMS("", NO_TABLES, .databases = URL("sqlite", "\"sqlite:a.db\""));
	PROBLEMS("", NO_TABLES, .more = ",\"trino\":{\"enabled\":true,\"connection\":{\"url\":\"http://u@h:1\"}}");
	PROBLEMS("", NO_TABLES, .caches = "[{\"id\":\"r\",\"engine\":\"redis\",\"connection\":{\"url\":\"redis://h\"},"
	                                  "\"tables\":[]}]");
	PROBLEMS("", NO_TABLES, .caches = "[{\"id\":\"r\",\"engine\":\"redis\",\"tables\":[]}]");
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("postgres", "\"http://h\""));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("postgres", "\"host=h\""));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("clickhouse", "\"postgres://h\""));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("sqlite", "\"a.db\""));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("sqlite", "\"sqlite:\""));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("sqlite", "\"sqlite:a\\u0000b\""));
	PROBLEMS("INVALID_CONNECTION /trino/connection/url", NO_TABLES, .more = ",\"trino\":{\"enabled\":true,"
		"\"connection\":{\"url\":\"trino://h\"}}");
	PROBLEMS("INVALID_CONNECTION /caches/0/connection/url", NO_TABLES,
	         .caches = "[{\"id\":\"r\",\"engine\":\"redis\",\"connection\":{\"url\":\"http://h\"},\"tables\":[]}]");
}

static void none_of_their_own(void **state)
{
	(void)state;
	PROBLEMS(AT, NO_TABLES, .databases = URL("iceberg", "\"http://h\""));
	PROBLEMS("INVALID_CONNECTION /caches/0/connection", NO_TABLES,
	         .caches =
	                 "[{\"id\":\"r\",\"engine\":\"memory\",\"connection\":{\"url\":\"redis://h\"},\"tables\":[]}]");
	PROBLEMS("INVALID_CONNECTION /trino/connection", NO_TABLES,
	         .more = ",\"trino\":{\"enabled\":true,\"engine\":\"embedded\",\"connection\":{\"url\":\"http://h\"}}");
	PROBLEMS("", NO_TABLES, .more = ",\"trino\":{\"enabled\":true,\"engine\":\"embedded\"}");
}

static void shapes(void **state)
{
	(void)state;
	PROBLEMS(AT, NO_TABLES, .databases = ON("postgres", ""));
	PROBLEMS(AT, NO_TABLES,
	         .databases = "[{\"id\":\"d\",\"engine\":\"postgres\",\"connection\":\"postgres://h\"}]");
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("postgres", "7"));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("postgres", "{}"));
	PROBLEMS(AT "/url", NO_TABLES, .databases = URL("postgres", "{\"env\":\"A\",\"file\":\"b\"}"));
	PROBLEMS(AT "/url/env", NO_TABLES, .databases = URL("postgres", "{\"env\":1}"));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/url/envv env; " AT "/url", NO_TABLES,
	         .databases = URL("postgres", "{\"envv\":\"A\"}"));
	PROBLEMS(AT "/pool/max; " AT "/pool/min; " AT "/pool/acquireTimeoutMs; " AT "/pool/idleMs; "
	         AT "/pool/maxLifetimeMs; " AT "/pool/mode; " AT "/statementTimeoutMs", NO_TABLES,
	         .databases = ON("postgres", "\"url\":\"postgres://h\",\"statementTimeoutMs\":-1,\"pool\":{\"max\":0,"
	                                     "\"min\":9,\"acquireTimeoutMs\":0,"
	                                     "\"idleMs\":0,\"maxLifetimeMs\":\"x\",\"mode\":\"statement\"}"));
	PROBLEMS(AT "/pool", NO_TABLES, .databases = ON("postgres", "\"url\":\"postgres://h\",\"pool\":8"));
}

static void from_environment(void **state)
{
	(void)state;
	struct loaded l;
	static const char databases[] = URL("postgres", "{\"env\":\"MULTIDB_TEST_URL\"}");
	unsetenv("MULTIDB_TEST_URL");
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = databases }); /* planning alone needs no secret */
	assert_true(first(&l)->present);
	assert_int_equal(first(&l)->url.n, 0);
	unload(&l);
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = databases, .resolve = true });
	assert_null(l.s);
	assert_true(md_str_eqz(l.err.problems.v[0].pointer, "/databases/0/connection/url/env"));
	assert_non_null(strstr(md_str_dup(&l.arena, l.err.problems.v[0].message).p, "MULTIDB_TEST_URL"));
	unload(&l);
	setenv("MULTIDB_TEST_URL", "", 1);
	PROBLEMS(AT "/url/env", NO_TABLES, .databases = databases, .resolve = true);
	setenv("MULTIDB_TEST_URL", "postgres://from-env", 1);
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = databases, .resolve = true });
	assert_true(md_str_eqz(first(&l)->url, "postgres://from-env"));
	unload(&l);
	setenv("MULTIDB_TEST_URL", "mysql://from-env", 1);
	PROBLEMS(AT "/url/env", NO_TABLES, .databases = databases, .resolve = true);
}

static char *temporary(const char *name, const char *text)
{
	static char folder[] = "/tmp/multidb-metadata-XXXXXX";
	static bool made;
	char *path = NULL;
	if (!made)
		made = mkdtemp(folder) != NULL;
	assert_true(made && asprintf(&path, "%s/%s", folder, name) > 0);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

/* Files and sqlite paths are relative to the folder of the configuration. */
static void from_file(void **state)
{
	(void)state;
	struct loaded l;
	char *secret = temporary("secret", "sqlite:data/a.db\n"), *empty = temporary("empty", " \n");
	char *config = temporary("multidb.json",
	                         "{\"databases\":" URL("sqlite", "{\"file\":\"secret\"}") ",\"tables\":[]}");
	memset(&l, 0, sizeof l);
	l.cx = (struct md_ctx){ .arena = &l.arena, .err = &l.err };
	l.s = md_metadata_load_file(&l.cx, config, &(struct md_load_options){ .resolve_secrets = true });
	char expected[256], folder[128];
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(config, '/') - config), config);
	snprintf(expected, sizeof expected, "sqlite:%s/data/a.db", folder);
	assert_true(md_str_eqz(first(&l)->url, expected));
	unload(&l);
	load_text(&l, "{\"databases\":" URL("sqlite", "{\"file\":\"empty\"}") ",\"tables\":[]}",
	          &(struct md_load_options){ .resolve_secrets = true, .base_dir = folder });
	assert_null(l.s);
	assert_true(md_str_eqz(l.err.problems.v[0].pointer, "/databases/0/connection/url/file"));
	unload(&l);
	load_text(&l, "{\"databases\":" URL("sqlite", "{\"file\":\"missing\"}") ",\"tables\":[]}",
	          &(struct md_load_options){ .resolve_secrets = true, .base_dir = folder });
	assert_null(l.s);
	assert_non_null(strstr(md_str_dup(&l.arena, l.err.problems.v[0].message).p, "missing': No such file"));
	unload(&l);
	unlink(secret);
	unlink(empty);
	unlink(config);
	rmdir(folder);
	free(secret);
	free(empty);
	free(config);
}

static void sqlite_paths(void **state)
{
	(void)state;
	static const char *const cases[][3] = { { "sqlite:a.db", "/etc", "sqlite:/etc/a.db" },
		                                { "sqlite:/b/a.db", "/etc", "sqlite:/b/a.db" },
		                                { "sqlite:a.db", NULL, "sqlite:a.db" },
		                                { "sqlite::memory:", "/etc", "sqlite::memory:" } };
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded l;
		char text[256];
		snprintf(text, sizeof text, "{\"databases\":" URL("sqlite", "\"%s\"") ",\"tables\":[]}", cases[i][0]);
		load_text(&l, text, &(struct md_load_options){ .base_dir = cases[i][1] });
		assert_true(md_str_eqz(first(&l)->url, cases[i][2]));
		unload(&l);
	}
}

static void missing_file(void **state)
{
	(void)state;
	struct loaded l;
	memset(&l, 0, sizeof l);
	l.cx = (struct md_ctx){ .arena = &l.arena, .err = &l.err };
	assert_null(md_metadata_load_file(&l.cx, "/nowhere/multidb.json", NULL));
	assert_int_equal(l.err.code, MD_METADATA_LOAD_FAILED);
	assert_non_null(strstr(md_str_dup(&l.arena, l.err.message).p, "/nowhere/multidb.json"));
	unload(&l);
}

#define PG(rest) ON("postgres", "\"url\":\"postgres://h\"," rest)

static void transactions(void **state)
{
	(void)state;
	struct loaded l;
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = PG("\"pool\":{\"mode\":\"transaction\"}") });
	assert_true(first(&l)->pool.transaction);
	unload(&l);
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = PG("\"pool\":{\"mode\":\"session\"}") });
	assert_false(first(&l)->pool.transaction);
	assert_null(first(&l)->native);
	assert_null(first(&l)->tls);
	unload(&l);
}

/* What nothing could honour is refused. */
static void only_where_it_is_honoured(void **state)
{
	(void)state;
#define ALL_THREE "\"pool\":{\"mode\":\"transaction\"},\"nativeContext\":{\"role\":\"r\"},\"tls\":{}"
#define TWO(at) "INVALID_CONNECTION " at "/connection/pool/mode; INVALID_CONNECTION " at "/connection/nativeContext"
#define THREE(at) TWO(at) "; INVALID_CONNECTION " at "/connection/tls"
	PROBLEMS("", NO_TABLES, .databases = PG(ALL_THREE));
	PROBLEMS(TWO("/databases/0"), NO_TABLES, .databases = ON("clickhouse", "\"url\":\"http://h\"," ALL_THREE));
	PROBLEMS(THREE("/databases/0"), NO_TABLES, .databases = ON("sqlite", "\"url\":\"sqlite:x\"," ALL_THREE));
	PROBLEMS(TWO("/trino"), NO_TABLES,
	         .more = ",\"trino\":{\"enabled\":true,\"connection\":{\"url\":\"http://h\"," ALL_THREE "}}");
	PROBLEMS(THREE("/caches/0"), NO_TABLES,
	         .caches = "[{\"id\":\"r\",\"engine\":\"redis\",\"connection\":{\"url\":\"redis://h\"," ALL_THREE
	                   "},\"tables\":[]}]");
}

static void native_context(void **state)
{
	(void)state;
	struct loaded l;
#define NATIVE(text) PG("\"nativeContext\":" text)
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = NATIVE("{\"role\":\"app\","
		"\"settings\":{\"app.tenant_id\":\"tenantId\","
	                                                                     "\"_x.Y1.z\":{\"roles\":\"user\"},"
	                                                                     "\"a.b\":{\"roles\":\"service\"}}}") });
	const struct md_native *n = first(&l)->native;
	static const char *const names[] = { "app.tenant_id", "_x.Y1.z", "a.b" };
	assert_true(md_str_eqz(n->role, "app"));
	assert_int_equal(n->n_settings, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(md_str_eqz(n->settings[i].name, names[i]));
		assert_int_equal(n->settings[i].source, i); /* VALUE, USER_ROLES, SERVICE_ROLES */
	}
	assert_true(md_str_eqz(n->settings[0].context_key, "tenantId"));
	unload(&l);
	PROBLEMS("", NO_TABLES, .databases = NATIVE("{\"role\":\"app\"}"));
	PROBLEMS("", NO_TABLES, .databases = NATIVE("{\"settings\":{\"a.b\":\"c\"}}"));
	PROBLEMS(AT "/nativeContext", NO_TABLES, .databases = NATIVE("{}"));
	PROBLEMS(AT "/nativeContext", NO_TABLES, .databases = NATIVE("{\"settings\":{}}"));
	PROBLEMS(AT "/nativeContext", NO_TABLES, .databases = NATIVE("\"app\""));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/nativeContext/roles role; " AT "/nativeContext", NO_TABLES,
	         .databases = NATIVE("{\"roles\":\"app\"}"));
	PROBLEMS(AT "/nativeContext/role", NO_TABLES, .databases = NATIVE("{\"role\":\"\"}"));
	PROBLEMS(AT "/nativeContext/role", NO_TABLES, .databases = NATIVE("{\"role\":\"none\"}"));
	PROBLEMS(AT "/nativeContext/role", NO_TABLES, .databases = NATIVE("{\"role\":\"a\\u0000b\"}"));
	PROBLEMS(AT "/nativeContext/settings", NO_TABLES, .databases = NATIVE("{\"settings\":[\"a.b\"]}"));
#define SETTING "/nativeContext/settings/"
	static const char *const no_settings[] = { "role", "row_security", "transaction_read_only",
		                                   ".a",   "a.",           "a..b",
		                                   "1.a",  "a.1",          "a b.c",
		                                   "a.b;", "\u00e4.b",     "" };
	for (unsigned i = 0; i < sizeof no_settings / sizeof *no_settings; i++) {
		char databases[300], expected[100];
		snprintf(databases, sizeof databases, NATIVE("{\"settings\":{\"%s\":\"k\"}}"), no_settings[i]);
		snprintf(expected, sizeof expected, AT SETTING "%s", i == 10 ? "ä.b" : no_settings[i]);
		PROBLEMS(expected, NO_TABLES, .databases = databases);
	}
	PROBLEMS(AT SETTING "a.b; " AT SETTING "a.c; " AT SETTING "a.d/roles; " AT SETTING "a.e", NO_TABLES,
	         .databases = NATIVE("{\"settings\":{\"a.b\":\"\",\"a.c\":7,\"a.d\":{\"roles\":\"all\"},\"a.e\":{}}}"));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/nativeContext/settings/A.B", NO_TABLES,
	         .databases = NATIVE("{\"settings\":{\"a.b\":\"x\",\"A.B\":\"y\"}}")); /* one setting to the server */
}

static void too_many_settings(void **state)
{
	(void)state;
	for (int n = 32; n <= 33; n++) {
		char databases[2000] = "[{\"id\":\"d\",\"engine\":\"postgres\","
		                       "\"connection\":{\"url\":\"postgres://h\",\"nativeContext\":{\"settings\":{";
		for (int i = 0; i < n; i++)
			snprintf(databases + strlen(databases), 40, "%s\"a.b%d\":\"k\"", i ? "," : "", i);
		strcat(databases, "}}}}]");
		PROBLEMS(n == 33 ? AT "/nativeContext/settings" : "", NO_TABLES, .databases = databases);
	}
	char name[80], databases[300];
	for (int n = 63; n <= 64; n++) {
		memset(name, 'a', (size_t)n);
		name[1] = '.';
		name[n] = '\0';
		snprintf(databases, sizeof databases, NATIVE("{\"settings\":{\"%s\":\"k\"}}"), name);
		char expected[200];
		snprintf(expected, sizeof expected, AT SETTING "%s", name);
		PROBLEMS(n == 64 ? expected : "", NO_TABLES, .databases = databases);
	}
}

static void encrypted(void **state)
{
	(void)state;
	struct loaded l;
#define ENCRYPTED(text) PG("\"tls\":" text)
	load_sections(&l, &(struct sections){ NO_TABLES, .databases = ENCRYPTED("{}") });
	assert_int_equal(first(&l)->tls->verify, MD_TLS_FULL);
	assert_int_equal(first(&l)->tls->ca.n + first(&l)->tls->cert.n + first(&l)->tls->key.n, 0);
	unload(&l);
	load_text(&l, "{\"databases\":" ENCRYPTED("{\"verify\":\"ca\",\"ca\":\"ca.pem\",\"cert\":\"/c.pem\","
	                                          "\"key\":\"k.pem\"}") ",\"tables\":[]}",
	          &(struct md_load_options){ .base_dir = "/etc/m" });
	const struct md_tls *t = first(&l)->tls;
	assert_int_equal(t->verify, MD_TLS_CA);
	assert_string_equal(t->ca.p, "/etc/m/ca.pem"); /* NUL-terminated */
	assert_string_equal(t->cert.p, "/c.pem");
	assert_string_equal(t->key.p, "/etc/m/k.pem");
	unload(&l);
	PROBLEMS("", NO_TABLES, .databases = ENCRYPTED("{\"verify\":\"none\"}"));
	PROBLEMS("", NO_TABLES, .databases = ENCRYPTED("{\"ca\":\"nowhere.pem\"}")); /* planning alone needs no file */
	PROBLEMS(AT "/tls/ca", NO_TABLES, .databases = ENCRYPTED("{\"ca\":\"nowhere.pem\"}"), .resolve = true);
	PROBLEMS(AT "/tls", NO_TABLES, .databases = ENCRYPTED("true"));
	PROBLEMS(AT "/tls", NO_TABLES, .databases = ENCRYPTED("{\"verify\":\"ca\"}"));
	PROBLEMS(AT "/tls", NO_TABLES, .databases = ENCRYPTED("{\"cert\":\"c\"}"));
	PROBLEMS(AT "/tls", NO_TABLES, .databases = ENCRYPTED("{\"key\":\"k\"}"));
	PROBLEMS(AT "/tls/ca", NO_TABLES, .databases = ENCRYPTED("{\"verify\":\"none\",\"ca\":\"c\"}"));
	PROBLEMS(AT "/tls/verify full", NO_TABLES, .databases = ENCRYPTED("{\"verify\":\"ful\"}"));
	PROBLEMS("UNKNOWN_KEY /databases/0/connection/tls/cafile", NO_TABLES,
	         .databases = ENCRYPTED("{\"cafile\":\"c\"}"));
	PROBLEMS(AT "/tls/ca; " AT "/tls/cert; " AT "/tls/key", NO_TABLES, .databases = ENCRYPTED("{\"ca\":\"\","
		"\"cert\":1,\"key\":\"a\\u0000\"}"));
}

static void contains_no_secret(struct md_str s)
{
	struct md_arena a = { .at = NULL };
	assert_null(strstr(md_str_dup(&a, s).p, "hunter2"));
	md_arena_free(&a);
}

/* Wherever a url is written by mistake. */
static void nothing_shown(void **state)
{
	(void)state;
	static const char *const databases[] = {
		URL("postgres", "\"mysql://u:hunter2@h\""),
		URL("sqlite", "\"postgres://u:hunter2@h\""),
		URL("postgres", "[\"postgres://u:hunter2@h\"]"),
		URL("postgres", "{\"url\":\"postgres://u:hunter2@h\"}"),
		URL("postgres", "{\"env\":\"MULTIDB_TEST_URL\"}"),
		ON("postgres", "\"urll\":\"postgres://u:hunter2@h\""),
		ON("postgres", "\"url\":\"postgres://h\",\"pool\":\"hunter2\""),
		ON("postgres", "\"url\":\"postgres://h\",\"pool\":{\"mode\":\"hunter2\"}"),
		"[{\"id\":\"d\",\"engine\":\"postgres\",\"connection\":\"postgres://u:hunter2@h\"}]",
		"[{\"id\":\"d\",\"engine\":\"iceberg\",\"connection\":\"postgres://u:hunter2@h\"}]",
	};
	setenv("MULTIDB_TEST_URL", "mysql://u:hunter2@h", 1);
	for (unsigned i = 0; i < sizeof databases / sizeof *databases; i++) {
		struct loaded l;
		load_sections(&l, &(struct sections){ NO_TABLES, .databases = databases[i], .resolve = true });
		assert_null(l.s);
		contains_no_secret(l.err.message);
		for (uint32_t p = 0; p < l.err.problems.n; p++) {
			contains_no_secret(l.err.problems.v[p].message);
			for (unsigned f = 0; f < MD_DETAIL_COUNT; f++)
				contains_no_secret(md_detail(&l.err.problems.v[p].details, f));
		}
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),       cmocka_unit_test(given),
		cmocka_unit_test(schemes),        cmocka_unit_test(none_of_their_own),
		cmocka_unit_test(shapes),         cmocka_unit_test(from_environment),
		cmocka_unit_test(from_file),      cmocka_unit_test(sqlite_paths),
		cmocka_unit_test(missing_file),   cmocka_unit_test(nothing_shown),
		cmocka_unit_test(transactions),   cmocka_unit_test(only_where_it_is_honoured),
		cmocka_unit_test(native_context), cmocka_unit_test(too_many_settings),
		cmocka_unit_test(encrypted)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
