/* Tables, columns, access, what comes out and under which name; nothing hidden is ever named. */
#include "fixture.h"

static void selects_all_visible_columns_by_default(void **state)
{
	(void)state;
	IS(bound_tree("admin", "{\"from\":\"regions\"}"), "from regions\nout id = t0.id\nout name = t0.name\n");
	IS(bound_tree("clerk", "{\"from\":\"orders\"}"), "from orders\nout id = t0.id\nout total = t0.total\nout "
		"status = "
	                                           "t0.status\nout createdAt = t0.createdAt\n");
	IS(used(0), "id total status createdAt");
	IS(bound_tree("clerk", "{\"from\":\"orders\",\"columns\":[\"total\",\"id\"]}"), "from orders\ncolumns total "
		"id\nout "
		"total = t0.total\nout id = t0.id\n");
	IS(used(0), "id total");
	HAS(world_log(&w), "Resolving table 'orders' → found in metadata (database: pg)");
	HAS(world_log(&w), "Column 'total' → valid (type: decimal)");
	HAS(world_log(&w), "Column 'id' → valid (type: uuid, indexed: true)");
}

static void reports_unknown_and_denied_names(void **state)
{
	(void)state;
	/* its columns are not checked */
	WRONG("clerk", "{\"from\":\"ordrs\",\"columns\":[\"x\"]}", "UNKNOWN_TABLE /from");
	IS(DETAIL(0, suggestion), "orders");
	IS(DETAIL(0, table), "ordrs");
	IS(DETAIL(0, actual), "ordrs");
	HAS(message(0), "unknown table 'ordrs', did you mean 'orders'");
	WRONG("clerk", "{\"from\":\"secrets\",\"columns\":[\"x\"]}", "ACCESS_DENIED /from");
	IS(DETAIL(0, role), "clerk");
	HAS(message(0), "table 'secrets' is not granted to role 'clerk'");
	HAS(DETAIL(0, expected), "role 'clerk'");
	WRONG("clerk", "{\"from\":\"orders\",\"columns\":[\"totel\",\"note\",\"id\"]}", "UNKNOWN_COLUMN "
		"/columns/0\nACCESS_DENIED /columns/1");
	IS(DETAIL(0, suggestion), "total");
	IS(DETAIL(0, column), "totel");
	IS(DETAIL(0, expected), "a column of 'orders'");
	IS(DETAIL(1, column), "note");
	HAS(world_log(&w), "Column 'note' → DENIED for role 'clerk' (not in allowedColumns)");
	WRONG("admin", "{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"id\"]}", "INVALID_VALUE /columns/2");
	IS(DETAIL(0, actual), "id");
	WRONG("clerk", "{\"from\":\"regions\"}", "ACCESS_DENIED /from"); /* granted, but no column of it */
	OK("clerk", "{\"from\":\"regions\",\"executeMode\":\"count\"}");
}

static void suggests_no_hidden_names(void **state)
{
	(void)state;
	WRONG("clerk", "{\"from\":\"secret\"}", "UNKNOWN_TABLE /from");
	IS(DETAIL(0, suggestion), "");
	HAS_NOT(message(0), "secrets");
	validate_text("admin", "{\"from\":\"secret\"}");
	IS(DETAIL(0, suggestion), "secrets");
	WRONG("clerk", "{\"from\":\"orders\",\"columns\":[\"notes\"]}", "UNKNOWN_COLUMN /columns/0");
	IS(DETAIL(0, suggestion), "");
	HAS_NOT(message(0), "'note'");
	validate_text("admin", "{\"from\":\"orders\",\"columns\":[\"notes\"]}");
	IS(DETAIL(0, suggestion), "note");
}

/* Everything that a caller sees of one failure. */
static const char *seen(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &w.arena };
	validate_text(role, definition);
	for (uint32_t i = 0; i < w.err.problems.n; i++) {
		struct md_problem *p = &w.err.problems.v[i];
		md_buf_fmt(&b, "%s %.*s %.*s", md_code_name(p->code), MD_FMT(p->pointer), MD_FMT(p->message));
		for (unsigned f = 0; f < MD_DETAIL_COUNT; f++)
			md_buf_fmt(&b, "|%.*s", MD_FMT(md_detail(&p->details, f)));
	}
	md_buf_fmt(&b, "%s", world_log(&w));
	md_buf_char(&b, 0);
	return b.p;
}

/* Texts with the same length in names that do and do not exist must be alike but for the name. */
static void same_but_for(const char *a, const char *b, const char *name_a, const char *name_b)
{
	size_t n = strlen(name_a);
	assert_int_equal(strlen(name_b), n);
	assert_int_equal(strlen(a), strlen(b));
	for (size_t i = 0; a[i];) {
		if (memcmp(a + i, name_a, n) == 0 && memcmp(b + i, name_b, n) == 0)
			i += n;
		else
			assert_int_equal(a[i], b[i]), i++;
	}
}

static void reports_denied_names_as_unknown_under_uniform_errors(void **state)
{
	(void)state;
	w.changed.policy.uniform_errors = true;
	same_but_for(seen("clerk", "{\"from\":\"secrets\"}"), seen("clerk", "{\"from\":\"zecretz\"}"), "secrets",
	             "zecretz");
	same_but_for(seen("clerk", "{\"from\":\"orders\",\"columns\":[\"note\"]}"),
	             seen("clerk", "{\"from\":\"orders\",\"columns\":[\"nxte\"]}"), "note", "nxte");
	same_but_for(seen("clerk", "{\"from\":\"orders\",\"filters\":[{\"column\":\"note\",\"operator\":\"=\","
	                           "\"value\":1}]}"),
	             seen("clerk", "{\"from\":\"orders\",\"filters\":[{\"column\":\"nxte\",\"operator\":\"=\","
	                           "\"value\":1}]}"), "note", "nxte");
	same_but_for(seen("clerk", "{\"from\":\"orders\",\"orderBy\":[{\"column\":\"note\",\"direction\":\"asc\"}]}"),
	             seen("clerk", "{\"from\":\"orders\",\"orderBy\":[{\"column\":\"nxte\",\"direction\":\"asc\"}]}"),
	             "note", "nxte");
	same_but_for(seen("clerk", "{\"from\":\"orders\",\"joins\":[{\"table\":\"secrets\"}]}"),
	             seen("clerk", "{\"from\":\"orders\",\"joins\":[{\"table\":\"zecretz\"}]}"), "secrets", "zecretz");
	WRONG("clerk", "{\"from\":\"items\",\"byIds\":[{\"orderId\":\"a\",\"line\":1}]}", "INVALID_BY_IDS /byIds");
	HAS(message(0), "has no primary key");
}

static void reads_cells_of_columns_that_depend_on_the_row(void **state)
{
	(void)state;
	OK("west", "{\"from\":\"customers\",\"columns\":[\"salary\"]}");
	OK("clerk,west", "{\"from\":\"customers\",\"columns\":[\"name\"]}");
	OK("clerk,west", "{\"from\":\"customers\"}");
	OK("clerk,west", "{\"from\":\"customers\",\"columns\":[\"salary\"],\"filters\":[{\"column\":\"salary\","
	                 "\"operator\":\">\",\"value\":1}],"
	                 "\"orderBy\":[{\"column\":\"salary\",\"direction\":\"asc\"}]}");
	assert_int_equal(w.bound->refs[0].cells[0],
	                 1u << md_column_find(w.bound->refs[0].table, MD_STR("salary"))->index);
 /* never NULL in the database, but where the row is not west's */
	WRONG("west", "{\"from\":\"customers\",\"filters\":[{\"column\":\"salary\",\"operator\":\"isNull\"}]}",
	      "INVALID_FILTER /filters/0/operator");
	OK("clerk,west", "{\"from\":\"customers\",\"filters\":[{\"column\":\"salary\",\"operator\":\"isNull\"}]}");
}

/* A column that can be masked can be selected, in whatever way; every other use needs its word in
 * policy.maskedColumns. */
static void lets_masked_columns_be_selected_only(void **state)
{
	(void)state;
	static const char uses[] = "{\"from\":\"orders\",\"columns\":[\"id\",\"total\"],"
	                           "\"filters\":[{\"column\":\"total\",\"operator\":\">\",\"value\":1}],"
				   "\"orderBy\":[{\"column\":\"total\",\"direction\":\"asc\"}],"
				   "\"byIds\":[\"6f1c3c1e-5b0e-4d2a-9a55-0123456789ab\"]}";
	OK("dim", "{\"from\":\"orders\",\"columns\":[\"id\",\"total\"]}");
	OK("dim", "{\"from\":\"orders\"}");
	WRONG("dim", uses, "ACCESS_DENIED /filters/0/column\nACCESS_DENIED /orderBy/0/column\nACCESS_DENIED /byIds");
	IS(message(0), "column 'total' of 'orders' is masked for role 'dim': it can be selected and counted, not "
	               "filtered by (policy.maskedColumns lacks filter)");
	HAS(message(1), "not ordered by (policy.maskedColumns lacks sort)");
	HAS(message(2), "not asked for by byIds (policy.maskedColumns lacks filter)");
	IS(DETAIL(0, column), "total");
	IS(DETAIL(0, role), "dim");
	assert_int_equal(w.err.problems.v[0].filter_index, 0);
	HAS(world_log(&w), "Column 'total' → DENIED for role 'dim' (masked: policy.maskedColumns lacks filter)");
	w.changed.policy.masked_uses = MD_MASKED_FILTER;
	WRONG("dim", uses, "ACCESS_DENIED /orderBy/0/column");
	w.changed.policy.masked_uses = MD_MASKED_FILTER | MD_MASKED_SORT;
	OK("dim", uses);
	w.changed.policy.masked_uses = 0;
	OK("dim,admin", uses); /* admin sees it clear on every row */
	/* what can be masked is not secret: errors tell of it even where they are uniform */
	w.changed.policy.uniform_errors = true;
	WRONG("dim", uses, "ACCESS_DENIED /filters/0/column\nACCESS_DENIED /orderBy/0/column\nACCESS_DENIED /byIds");
	w.changed.policy.uniform_errors = false;
}

static void binds_an_order_to_visible_columns(void **state)
{
	(void)state;
	OK("clerk", "{\"from\":\"orders\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"createdAt\","
	            "\"direction\":\"desc\"}]}");
	IS(used(0), "id createdAt");
	assert_ptr_equal(w.bound->order[0].use.column, md_column_find(w.bound->refs[0].table, MD_STR("createdAt")));
	WRONG("clerk", "{\"from\":\"orders\",\"orderBy\":[{\"column\":\"creatdAt\",\"direction\":\"asc\"},"
	               "{\"column\":\"note\",\"direction\":\"asc\"},"
	               "{\"column\":\"id\",\"table\":\"customers\",\"direction\":\"asc\"}]}",
	      "INVALID_ORDER_BY /orderBy/0/column\nACCESS_DENIED /orderBy/1/column\nINVALID_ORDER_BY /orderBy/2/table");
	IS(DETAIL(0, suggestion), "createdAt");
	WRONG("admin", "{\"from\":\"kinds\",\"orderBy\":[{\"column\":\"aList\",\"direction\":\"asc\"},"
	               "{\"column\":\"aJson\",\"direction\":\"asc\"}]}",
	      "INVALID_ORDER_BY /orderBy/0/column\nINVALID_ORDER_BY /orderBy/1/column");
	IS(DETAIL(0, actual), "string[]");
	OK("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\"}],\"orderBy\":[{\"table\":\"customers\","
	            "\"column\":\"name\",\"direction\":\"asc\"}]}");
	assert_int_equal(w.bound->order[0].use.ref, 1);
}

static const char *keys(void)
{
	struct md_buf b = { .arena = &w.arena };
	for (uint32_t i = 0; i < w.values->n_ids; i++)
		for (uint32_t k = 0; k < w.bound->refs[0].table->n_key; k++)
			md_buf_fmt(&b, "%s%.*s", k ? "/" : i ? " " : "", MD_FMT(md_values_id(w.values, i)[k]));
	md_buf_char(&b, 0);
	return b.p;
}

#define U1 "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
#define U1_UPPER "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"

static void makes_ids_canonical_and_drops_repeats(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"customers\",\"columns\":[\"name\"],\"byIds\":[3,\"1\",3.0,2,1,\"3\"]}");
	IS(keys(), "3 1 2");
	IS(used(0), "id name");
	OK("admin", "{\"from\":\"orders\",\"byIds\":[\"" U1_UPPER "\",\"" U1 "\"]}");
	IS(keys(), U1);
	OK("admin", "{\"from\":\"items\",\"byIds\":[{\"line\":\"1\",\"orderId\":\"" U1 "\"},"
	            "{\"orderId\":\"" U1_UPPER "\",\"line\":1},{\"orderId\":\"" U1 "\",\"line\":2}]}");
	IS(keys(), U1 "/1 " U1 "/2");
	WRONG("admin", "{\"from\":\"customers\",\"byIds\":[1,null,\"x\",{},[1],true,99999999999]}",
	      "INVALID_BY_IDS /byIds/1\nINVALID_BY_IDS /byIds/2\nINVALID_BY_IDS /byIds/3\nINVALID_BY_IDS "
	      "/byIds/4\nINVALID_BY_IDS /byIds/5\nINVALID_BY_IDS /byIds/6");
	IS(DETAIL(1, expected), "an integer from -2147483648 to 2147483647");
	IS(DETAIL(1, actual), "\"x\"");
	WRONG("admin", "{\"from\":\"items\",\"byIds\":[5,{\"orderId\":\"" U1 "\"},{\"orderId\":\"" U1 "\",\"lin\":1},"
	               "{\"orderId\":\"zz\",\"line\":1},"
	               "{\"line\":1,\"line\":2,\"orderId\":\"" U1 "\"}]}",
	      "INVALID_BY_IDS /byIds/0\nINVALID_BY_IDS /byIds/1\nINVALID_BY_IDS /byIds/2/lin\nINVALID_BY_IDS "
	      "/byIds/3/orderId\nINVALID_BY_IDS /byIds/4/line");
	IS(DETAIL(0, expected), "{orderId, line}");
	WRONG("admin", "{\"from\":\"logs\",\"byIds\":[1]}", "INVALID_BY_IDS /byIds");
	WRONG("clerk", "{\"from\":\"items\",\"byIds\":[{\"orderId\":\"" U1 "\",\"line\":1}]}", "ACCESS_DENIED "
		"/byIds\nACCESS_DENIED /byIds");
	IS(DETAIL(1, column), "line");
}

static void drops_repeats_among_many_ids(void **state)
{
	(void)state;
	struct md_buf b = { .arena = &w.arena };
	md_buf_lit(&b, "{\"from\":\"customers\",\"byIds\":[");
	for (int i = 0; i < 10000; i++)
		md_buf_fmt(&b, "%s%d", i ? "," : "", i % 5000);
	md_buf_lit(&b, "]}");
	md_buf_char(&b, 0);
	OK("admin", b.p);
	assert_int_equal(w.values->n_ids, 5000);
	assert_true(md_str_eqz(md_values_id(w.values, 4999)[0], "4999"));
}

static void reports_problems_of_all_parts_at_once(void **state)
{
	(void)state;
	WRONG("clerk",
	      "{\"from\":\"orders\",\"colums\":[],\"columns\":[\"nope\",\"note\"],\"limit\":-5,\"distinct\":1,"
	      "\"filters\":[{\"column\":\"total\",\"operator\":\"like\",\"value\":\"x\"},{\"logic\":\"or\","
	      "\"conditions\":["
	      "{\"column\":\"status\",\"operator\":\"~\",\"value\":1},{\"column\":\"total\",\"operator\":\">\","
	      "\"value\":\"abc\"}]}],"
	      "\"joins\":[{\"table\":\"secrets\"},{\"table\":\"regions\"},{\"table\":\"customers\","
	      "\"columns\":[\"salary\"]}],"
	      "\"orderBy\":[{\"column\":\"zzz\",\"direction\":\"asc\"}],\"byIds\":[\"x\"]}",
	      "UNKNOWN_KEY /colums\nINVALID_LIMIT /limit\nINVALID_VALUE /distinct\nACCESS_DENIED "
	      "/joins/0/table\nUNKNOWN_COLUMN /columns/0\n"
	      "ACCESS_DENIED /columns/1\nACCESS_DENIED /joins/2/columns/0\nINVALID_FILTER "
	      "/filters/0/operator\nINVALID_FILTER /filters/1/conditions/0/operator\n"
	      "INVALID_VALUE /filters/1/conditions/1/value\n"
	      "INVALID_ORDER_BY /orderBy/0/column\nINVALID_BY_IDS /byIds/0");
	assert_int_equal(w.err.problems.v[9].filter_index, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(selects_all_visible_columns_by_default, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_unknown_and_denied_names, setup, teardown),
		cmocka_unit_test_setup_teardown(suggests_no_hidden_names, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_denied_names_as_unknown_under_uniform_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_cells_of_columns_that_depend_on_the_row, setup, teardown),
		cmocka_unit_test_setup_teardown(lets_masked_columns_be_selected_only, setup, teardown),
		cmocka_unit_test_setup_teardown(binds_an_order_to_visible_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_ids_canonical_and_drops_repeats, setup, teardown),
		cmocka_unit_test_setup_teardown(drops_repeats_among_many_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_problems_of_all_parts_at_once, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
