/* Large documents load in linear time, right or wrong; an allocation that fails at any point is an
 * error and leaves nothing behind. Times are printed, not judged. */
#include "documents.h"

#include "base/buf.h"
#include "base/sys.h"

enum { TABLES_N = 10000, ROLES_N = 256 };

/* Each table refers to the one before it; `wrong`: to one that does not exist, as do the roles. */
static void large(struct md_buf *b, int tables, int roles, bool wrong)
{
	md_buf_lit(b, "{\"databases\":" DATABASES ",\"tables\":[");
	for (int i = 0; i < tables; i++)
		md_buf_fmt(b,
		           "%s{\"id\":\"t-%d\",\"apiName\":\"t%d\",\"database\":\"%s\",\"physicalName\":\"s.t%d\","
		           "\"columns\":[" COLUMN("id", "int") "," COLUMN(
				   "other", "int") "," COLUMN("a", "string") "," COLUMN("b", "string") ","
				   COLUMN("c", "string") "," COLUMN("d", "string") "],"
		           "\"primaryKey\":[\"id\"],\"relations\":[{\"column\":\"other\","
		           "\"references\":{\"table\":\"t%d%s\",\"column\":\"id\"},"
		           "\"type\":\"many-to-one\"}]}",
		           i ? "," : "", i, i, wrong ? "pgg" : "pg", i, i ? i - 1 : 0, wrong ? "x" : "");
	md_buf_lit(b, "],\"roles\":[");
	for (int r = 0; r < roles; r++) {
		md_buf_fmt(b, "%s{\"id\":\"role%d\",\"tables\":[", r ? "," : "", r);
		for (int i = 0; i < 40; i++)
			md_buf_fmt(b, "%s{\"tableId\":\"t-%d%s\",\"allowedColumns\":[\"id\",\"a\"]}", i ? "," : "",
			           r * 39 + i, wrong ? "x" : "");
		md_buf_lit(b, "]}");
	}
	md_buf_lit(b, "]}");
	md_buf_char(b, '\0');
}

static void ten_thousand_tables(void **state)
{
	(void)state;
	struct loaded l;
	struct md_buf text = { .p = NULL };
	large(&text, TABLES_N, ROLES_N, false);
	int64_t t = md_monotonic_us();
	load_text(&l, text.p, NULL);
	printf("%d tables, %d roles, %zu bytes: %lld us\n", TABLES_N, ROLES_N, text.n,
	       (long long)(md_monotonic_us() - t));
	assert_non_null(l.s);
	assert_int_equal(l.s->n_relations, TABLES_N);
	for (int r = 0; r < ROLES_N; r++) {
		char id[16];
		snprintf(id, sizeof id, "role%d", r);
		const struct md_role *role = md_role_find(l.s, md_str_z(id));
		assert_non_null(md_grant_find(l.s, role, &l.s->tables[r * 39]));
		assert_ptr_equal(md_grant_find(l.s, role, &l.s->tables[r * 39 + 39])->table, &l.s->tables[r * 39 + 39]);
		assert_null(md_grant_find(l.s, role, &l.s->tables[r * 39 + 40]));
	}
	md_buf_free(&text);
	unload(&l);
}

static void tens_of_thousands_of_problems(void **state)
{
	(void)state;
	struct loaded l;
	struct md_buf text = { .p = NULL };
	large(&text, TABLES_N, ROLES_N, true);
	int64_t t = md_monotonic_us();
	load_text(&l, text.p, NULL);
	printf("%u problems: %lld us\n", md_problem_count(&l.err), (long long)(md_monotonic_us() - t));
	assert_null(l.s);
	assert_int_equal(md_problem_count(&l.err), TABLES_N * 2 + ROLES_N * 40);
	assert_int_equal(l.err.problems.n, MD_MOST_PROBLEMS);
	assert_true(md_str_eqz(l.err.problems.v[0].details.suggestion, "pg"));
	md_buf_free(&text);
	unload(&l);
}

/* ---- memory that runs out: the n-th request of it, and all after ---- */

static long left = -1; /* requests that still succeed; -1: all */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	if (left == 0)
		return NULL;
	if (left > 0)
		left--;
	return __real_malloc(n);
}

static void every_allocation_fails(void **state)
{
	(void)state;
	struct md_buf text = { .p = NULL };
	large(&text, 400, 8, false);
	bool done = false;
	int failed = 0;
	for (long n = 0; !done; n++) {
		struct loaded l;
		left = n;
		load_text(&l, text.p, NULL);
		left = -1;
		done = l.s != NULL;
		if (!done) {
			assert_int_equal(l.err.code, MD_OUT_OF_MEMORY);
			failed++;
		}
		unload(&l);
	}
	assert_true(failed > 5);
	md_buf_free(&text);
}

static void failures_of_a_wrong_document(void **state)
{
	(void)state;
	struct md_buf text = { .p = NULL };
	large(&text, 400, 8, true);
	struct loaded l;
	for (long n = 0, done = 0; !done; n++) {
		left = n;
		load_text(&l, text.p, NULL);
		left = -1;
		assert_null(l.s);
		done = l.err.code == MD_CONFIG_INVALID;
		assert_true(done || l.err.code == MD_OUT_OF_MEMORY);
		unload(&l);
	}
	md_buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ten_thousand_tables),
		                            cmocka_unit_test(tens_of_thousands_of_problems),
		                            cmocka_unit_test(every_allocation_fails),
		                            cmocka_unit_test(failures_of_a_wrong_document) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
