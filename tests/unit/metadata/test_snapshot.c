/* A loaded document, member by member, and the lookups. */
#include "documents.h"

static struct loaded l;

/* The concept's orders on two roles, a renamed replica, a partial one, two caches. */
static const struct sections concept_like = {
	.databases = "[{\"id\":\"pg\",\"engine\":\"postgres\",\"trinoCatalog\":\"pg_main\",\"collation\":\"C\"},"
	             "{\"id\":\"ch\",\"engine\":\"clickhouse\"},"
	             "{\"id\":\"lite\",\"engine\":\"sqlite\"},{\"id\":\"ice\",\"engine\":\"iceberg\","
	             "\"trinoCatalog\":\"ice\"}]",
	.tables = "[" USERS "," ORDERS_WITH(",\"relations\":[{\"column\":\"userId\","
	                                    "\"references\":{\"table\":\"users\",\"column\":\"id\"},"
	                                    "\"type\":\"many-to-one\"}]") "]",
	.syncs = "[{\"sourceTable\":\"orders-id\",\"targetDatabase\":\"ch\",\"targetPhysicalName\":\"default.orders\","
	         "\"method\":\"debezium\","
	         "\"estimatedLag\":\"seconds\"},"
	         "{\"sourceTable\":\"orders-id\",\"targetDatabase\":\"ice\",\"targetPhysicalName\":\"w.orders\","
	         "\"method\":\"debezium\","
	         "\"estimatedLag\":\"realtime\",\"columns\":{\"id\":\"order_id\"}},"
	         "{\"sourceTable\":\"users-id\",\"targetDatabase\":\"lite\",\"targetPhysicalName\":\"users\","
	         "\"method\":\"debezium\","
	         "\"estimatedLag\":\"hours\",\"columns\":[\"email\"]}]",
	.caches = "[{\"id\":\"r\",\"engine\":\"redis\",\"tables\":[{\"tableId\":\"users-id\","
	          "\"keyPattern\":\"u:{id}:{age}!\",\"ttl\":300}]},"
	          "{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"users-id\",\"keyPattern\":\"{id}\","
	          "\"columns\":[\"id\",\"age\"],\"fill\":\"cdc\"}]}]",
	.roles = "[{\"id\":\"admin\",\"tables\":\"*\"},{\"id\":\"reader\",\"tables\":[{\"tableId\":\"orders-id\","
	         "\"allowedColumns\":[\"id\",\"total\"],"
	         "\"filters\":[{\"column\":\"userId\",\"operator\":\"in\",\"valueFrom\":\"context\","
	         "\"contextKey\":\"users\"},"
	         "{\"column\":\"note\",\"operator\":\"is_null\"}]}]},"
	         "{\"id\":\"wide\",\"tables\":[{\"tableId\":\"users-id\",\"allowedColumns\":\"*\"},"
	         "{\"tableId\":\"orders-id\",\"allowedColumns\":"
	         "[\"id\",\"userId\",\"total\",\"note\",\"tags\",\"blob\"]}]},{\"id\":\"none\",\"tables\":[]}]",
	.more = ",\"policy\":{\"anonymous\":\"all\",\"preferReplica\":true,\"debug\":\"all\","
	        "\"sqlOnly\":[\"wide\",\"none\"],\"logValues\":true},\"limits\":{\"joins\":3,\"streamRows\":9},"
	        "\"trino\":{\"enabled\":true,"
	        "\"sessionProperties\":{\"join_distribution_type\":\"BROADCAST\",\"ch.x\":1.50,\"on\":true}}",
};

static const struct md_table *table(const char *name)
{
	const struct md_table *t = md_table_find(l.s, md_str_z(name));
	assert_non_null(t);
	return t;
}

static void databases(void **state)
{
	(void)state;
	assert_int_equal(l.s->n_databases, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(l.s->databases[i].index, i);
		assert_int_equal(md_map_get(&l.s->database_by_id, l.s->databases[i].id), i);
	}
	assert_int_equal(l.s->databases[3].engine, MD_ICEBERG);
	assert_true(md_str_eqz(l.s->databases[0].trino_catalog, "pg_main"));
	assert_int_equal(l.s->databases[1].trino_catalog.n, 0);
	assert_true(l.s->databases[0].collation_c);
	assert_false(l.s->databases[1].collation_c);
}

static void tables(void **state)
{
	(void)state;
	const struct md_table *t = table("orders");
	assert_int_equal(l.s->n_tables, 2);
	assert_int_equal(t->index, 1);
	assert_true(md_str_eqz(t->id, "orders-id"));
	assert_ptr_equal(t->database, &l.s->databases[0]);
	assert_int_equal(t->name.n, 2);
	assert_true(md_str_eqz(t->name.parts[0], "public"));
	assert_true(md_str_eqz(t->name.parts[1], "orders"));
	assert_true(md_str_eqz(t->name.whole, "public.orders"));
	assert_int_equal(t->n_columns, 6);
	assert_int_equal(t->n_key, 1);
	assert_ptr_equal(t->key[0], &t->columns[0]);
	const struct md_column *tags = md_column_find(t, MD_STR("tags"));
	assert_ptr_equal(tags, &t->columns[4]);
	assert_true(tags->type.array && tags->type.base == MD_STRING && !tags->nullable && !tags->indexed &&
	            tags->index == 4);
	assert_null(md_column_find(t, MD_STR("Tags")));
	assert_null(md_table_find(l.s, MD_STR("orders-id"))); /* ids are not API names */
	assert_null(md_table_find(l.s, MD_NOSTR));
}

static void syncs(void **state)
{
	(void)state;
	const struct md_table *orders = table("orders"), *users = table("users");
	assert_int_equal(l.s->n_syncs, 3);
	assert_int_equal(orders->n_syncs, 2);
	assert_int_equal(users->n_syncs, 1);
	const struct md_sync *whole = orders->syncs[0], *renamed = orders->syncs[1], *part = users->syncs[0];
	assert_int_equal(whole->lag, MD_SECONDS);
	assert_int_equal(md_lag_ms[whole->lag], 60000);
	assert_true(md_str_eqz(whole->method, "debezium"));
	assert_true(md_str_eqz(whole->physical_columns[2], "total"));
	assert_int_equal(renamed->index, 1);
	assert_int_equal(renamed->lag, MD_REALTIME);
	assert_true(md_str_eqz(renamed->physical_columns[0], "order_id"));
	assert_null(renamed->physical_columns[1].p);
	assert_true(md_str_eqz(part->physical_columns[1], "email"));
	assert_null(part->physical_columns[0].p);
	assert_true(md_str_eqz(part->database->id, "lite"));
}

static void caches(void **state)
{
	(void)state;
	const struct md_cached_table *first = table("users")->cached, *second = &l.s->caches[1].tables[0];
	assert_null(table("orders")->cached);
	assert_ptr_equal(first->cache, &l.s->caches[0]);
	assert_false(first->cache->memory);
	assert_true(second->cache->memory && second->cache->index == 1);
	assert_int_equal(first->ttl_s, 300);
	assert_int_equal(second->ttl_s, 0);
	assert_true(first->fill);
	assert_false(second->fill);
	assert_int_equal(first->columns[0], 7);
	assert_int_equal(second->columns[0], 5);
	assert_int_equal(first->n_key, 3);
	assert_true(md_str_eqz(first->key[0].literal, "u:"));
	assert_true(md_str_eqz(first->key[0].column->api_name, "id"));
	assert_true(md_str_eqz(first->key[1].literal, ":"));
	assert_true(md_str_eqz(first->key[1].column->api_name, "age"));
	assert_true(md_str_eqz(first->key[2].literal, "!"));
	assert_null(first->key[2].column);
	assert_int_equal(second->n_key, 1);
	assert_int_equal(second->key[0].literal.n, 0);
}

static const struct md_grant *grant(const char *role, const char *name)
{
	const struct md_role *r = md_role_find(l.s, md_str_z(role));
	assert_non_null(r);
	return md_grant_find(l.s, r, table(name));
}

static void grants(void **state)
{
	(void)state;
	assert_null(md_role_find(l.s, MD_STR("Admin")));
	assert_true(grant("admin", "users")->all_columns && grant("admin", "users")->columns[0] == 7);
	assert_ptr_equal(grant("admin", "orders")->table, table("orders"));
	assert_int_equal(grant("admin", "orders")->n_filters, 0);
	assert_null(grant("reader", "users"));
	assert_null(grant("none", "users"));
	assert_null(grant("none", "orders"));
	const struct md_grant *g = grant("reader", "orders");
	assert_false(g->all_columns);
	assert_int_equal(g->columns[0], 5);
	assert_int_equal(g->n_filters, 2);
	assert_int_equal(g->filters[0].op, MD_RLS_IN);
	assert_ptr_equal(g->filters[0].column, md_column_find(table("orders"), MD_STR("userId")));
	assert_true(md_str_eqz(g->filters[0].context_key, "users"));
	assert_int_equal(g->filters[1].op, MD_RLS_IS_NULL);
	assert_int_equal(g->filters[1].context_key.n, 0);
	assert_true(grant("wide", "users")->all_columns);
	assert_true(grant("wide", "orders")->all_columns); /* a list of all is all */
}

static void settings(void **state)
{
	(void)state;
	assert_true(l.s->policy.anonymous_all && l.s->policy.prefer_replica);
	assert_false(l.s->policy.uniform_errors || l.s->policy.visible_keys);
	assert_true(l.s->policy.debug.all && l.s->policy.log_values && !l.s->policy.sql_only.all);
	assert_int_equal(l.s->policy.sql_only.roles[0], 1 << 2 | 1 << 3);
	assert_true(l.s->trino.enabled && !l.s->trino.embedded && !l.s->trino.connection.present);
	static const char *const properties[][2] = { { "join_distribution_type", "BROADCAST" },
		                                     { "ch.x", "1.50" },
		                                     { "on", "true" } };
	assert_int_equal(l.s->trino.n_session, 3);
	for (int i = 0; i < 3; i++) {
		assert_true(md_str_eqz(l.s->trino.session[i].name, properties[i][0]));
		assert_true(md_str_eqz(l.s->trino.session[i].value, properties[i][1]));
	}
	const struct md_limits *m = &l.s->limits;
	assert_int_equal(m->joins, 3);
	assert_int_equal(m->stream_rows, 9);
	assert_int_equal(m->body_bytes, 1048576);
	assert_int_equal(m->json_depth, 32);
	assert_int_equal(m->filter_nodes, 256);
	assert_int_equal(m->exists_depth, 6);
	assert_int_equal(m->in_list, 10000);
	assert_int_equal(m->ids, 10000);
	assert_int_equal(m->columns, 256);
	assert_int_equal(m->wildcards, 8);
	assert_int_equal(m->batch, 50);
	assert_int_equal(m->rows, 100000);
	assert_int_equal(m->deadline_ms, 30000);
}

static void the_least(void **state)
{
	(void)state;
	struct loaded least;
	load_text(&least, "{\"databases\":[],\"tables\":[]}", NULL);
	assert_non_null(least.s);
	assert_false(least.s->trino.enabled || least.s->policy.anonymous_all || least.s->policy.log_values);
	assert_false(least.s->policy.debug.all || least.s->policy.debug.roles || least.s->policy.sql_only.all);
	assert_null(md_table_find(least.s, MD_STR("t")));
	assert_null(md_role_find(least.s, MD_STR("r")));
	assert_true(least.s->generation != l.s->generation);
	unload(&least);
}

/* The last of several references frees; ASan sees whether it does so once. */
static void references(void **state)
{
	(void)state;
	struct loaded one;
	load_sections(&one, &concept_like);
	struct md_snapshot *s = one.s;
	assert_ptr_equal(md_snapshot_ref(s), s);
	md_snapshot_unref(s);
	md_arena_free(&one.arena); /* it needs nothing of the request that loaded it */
	assert_non_null(md_table_find(s, MD_STR("orders")));
	md_snapshot_unref(s);
	md_snapshot_unref(NULL);
}

/* Loads a document without tables and with roles that come apart from it. */
static const char *load_apart(struct loaded *to, const char *inside, const char *roles)
{
	static char got[256];
	char text[256];
	struct md_load_options o = { .roles = md_str_z(roles) };
	snprintf(text, sizeof text, "{\"databases\":[],\"tables\":[]%s}", inside);
	load_text(to, text, &o);
	problems_text(to, got, sizeof got);
	return got;
}

static void roles_apart(void **state)
{
	struct loaded apart;
	(void)state;
	assert_string_equal(load_apart(&apart, "", "[{\"id\":\"a\",\"tables\":\"*\"}]"), "");
	assert_non_null(md_role_find(apart.s, MD_STR("a")));
	unload(&apart);
	assert_string_equal(load_apart(&apart, "", "[{\"id\":\"a\",\"tables\":1}]"), "INVALID_ROLE /roles/0/tables");
	unload(&apart);
	assert_string_equal(load_apart(&apart, "", "{}"), "INVALID_ROLE /roles");
	unload(&apart);
	assert_string_equal(load_apart(&apart, ",\"roles\":[]", "[]"), "INVALID_ROLE /roles");
	unload(&apart);
	load_apart(&apart, "", "[{]");
	assert_null(apart.s);
	assert_int_equal(apart.err.code, MD_ROLE_LOAD_FAILED);
	assert_true(md_str_eqz(apart.err.message, "the roles are not JSON: line 1, column 3: "
	                      "unexpected character, expected a string for object key"));
	unload(&apart);
}

static void schema(void **state)
{
	(void)state;
	assert_int_equal(md_config_schema[0], '{');
	assert_non_null(strstr(md_config_schema, "https://json-schema.org/draft/2020-12/schema"));
	assert_non_null(strstr(md_config_schema, "\"pattern\": \"^[^.\\\\u0000]+(\\\\.[^.\\\\u0000]+)*$\""));
}

static int open_it(void **state)
{
	(void)state;
	return load_sections(&l, &concept_like) ? 0 : -1;
}

static int close_it(void **state)
{
	(void)state;
	unload(&l);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(databases), cmocka_unit_test(tables),
		                            cmocka_unit_test(syncs),     cmocka_unit_test(caches),
		                            cmocka_unit_test(grants),    cmocka_unit_test(settings),
		                            cmocka_unit_test(the_least), cmocka_unit_test(references),
		                            cmocka_unit_test(roles_apart), cmocka_unit_test(schema) };
	return cmocka_run_group_tests(tests, open_it, close_it);
}
