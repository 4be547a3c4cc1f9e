/* Out of memory while an engine is opened from a source, asks it, reloads a file or reads its
 * statistics: every allocation fails in turn, first alone and then together with all later ones.
 * Each time there must be no crash, no leak (under ASan) and no hang; the call succeeds or reports
 * OUT_OF_MEMORY, every document is released, and the configuration in use works. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "oom.h"
#include "sample.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ADMIN "{\"role\":\"admin\"}"

static const char *dir;
static char *texts[2], *roles; /* two configurations without roles, and the roles */
static uint64_t injections;

/* ---- a source ---- */

static int turn, given, released;
static char version[8];

static int give_text(const char *text, const char *known, multidb_document *d)
{
	given++;
	if (strcmp(known, version) == 0)
		return 0;
	d->text = text;
	d->n = strlen(text);
	d->version = version;
	return 1;
}

static int load_metadata(void *user, const char *known, multidb_document *d)
{
	(void)user;
	return give_text(texts[turn % 2], known, d);
}

static int load_roles(void *user, const char *known, multidb_document *d)
{
	(void)user;
	return give_text(roles, known, d);
}

static void release(void *user, multidb_document *d)
{
	(void)user;
	(void)d;
	released++;
}

static void change_documents(void)
{
	snprintf(version, sizeof version, "%d", ++turn % 1000);
}

static void ignore_log(void *user, multidb_log_level level, const char *text)
{
	(void)user;
	(void)level;
	assert_true(strlen(text) > 0);
}

static int open_source(int64_t poll_ms, multidb_engine **e, multidb_error **error)
{
	multidb_source s = { .size = sizeof s, .load = load_metadata, .load_roles = load_roles, .release = release,
		             .poll_ms = poll_ms };
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = ignore_log };
	return multidb_engine_open_source(&s, &o, e, error);
}

/* ---- failing ---- */

/* One allocation of a call fails, n-th and perhaps all after it. False: there are not so many. */
static bool fails_in_turn(uint64_t n, bool sticky, int (*call)(multidb_engine **e, multidb_error **error),
                          multidb_engine **e)
{
	multidb_error *error = NULL;
	oom_arm(n, sticky);
	int rc = call(e, &error);
	oom_disarm();
	bool hit = oom_hit();
	if (rc && multidb_error_code(error) != MULTIDB_OUT_OF_MEMORY && (!hit || oom_hit_ours()))
		fail_msg("allocation %llu: %s", (unsigned long long)n, multidb_error_json(error));
	assert_true(rc == 0 || hit);
	assert_int_equal(given, released);
	multidb_error_free(error);
	injections += hit;
	return hit;
}

static void assert_answers(multidb_engine *e)
{
	multidb_query *q = multidb_query_new(e);
	char *a = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
	assert_string_equal(a, "{\"count\":12}\n");
	free(a);
	multidb_query_free(q);
}

static void torture_opening(int (*open)(multidb_engine **e, multidb_error **error))
{
	for (int sticky = 0; sticky <= 1; sticky++) {
		bool hit = true;
		for (uint64_t n = 1; hit; n++) {
			multidb_engine *e = NULL;
			hit = fails_in_turn(n, sticky, open, &e);
			assert_true(hit || e);
			if (e && n % 16 == 0)
				assert_answers(e);
			multidb_engine_close(e);
		}
	}
}

/* A call on an engine that is open: it changes the configuration or leaves it. */
static void torture_call(multidb_engine *e, int (*call)(multidb_engine **e, multidb_error **error))
{
	for (int sticky = 0; sticky <= 1; sticky++) {
		bool hit = true;
		for (uint64_t n = 1; hit; n++) {
			hit = fails_in_turn(n, sticky, call, &e);
			if (n % 16 == 0)
				assert_answers(e);
		}
	}
	assert_answers(e);
}

/* ---- the caller's source ---- */

static int open_told(multidb_engine **e, multidb_error **error)
{
	return open_source(0, e, error);
}

static void opens_from_a_source_or_reports_memory(void **state)
{
	(void)state;
	torture_opening(open_told);
}

/* What a failed refresh did not use is used by the next one. */
static int refresh_changed(multidb_engine **e, multidb_error **error)
{
	change_documents();
	return multidb_engine_refresh(*e, error);
}

static void refreshes_or_keeps_the_configuration(void **state)
{
	(void)state;
	multidb_engine *e;
	assert_int_equal(open_source(0, &e, NULL), 0);
	torture_call(e, refresh_changed);
	multidb_engine_close(e);
}

/* A poll that fails is logged, and the query is answered by the configuration in use. */
static int prepare_polled(multidb_engine **e, multidb_error **error)
{
	static multidb_query *q;
	change_documents();
	nanosleep(&(struct timespec){ .tv_nsec = 1500000 }, NULL);
	if (!e) {
		multidb_query_free(q);
		q = NULL;
		return 0;
	}
	*error = NULL;
	if (!q && !(q = multidb_query_new(*e)))
		return -1;
	const char *definition = "{\"from\":\"orders\"}";
	int rc = multidb_query_prepare(q, MULTIDB_PLAN, definition, strlen(definition), ADMIN, strlen(ADMIN));
	if (rc)
		assert_int_equal(multidb_error_code(multidb_query_error(q)), MULTIDB_OUT_OF_MEMORY);
	return rc;
}

static void polls_or_keeps_the_configuration(void **state)
{
	(void)state;
	multidb_engine *e;
	assert_int_equal(open_source(1, &e, NULL), 0);
	torture_call(e, prepare_polled);
	prepare_polled(NULL, NULL);
	multidb_engine_close(e);
}

/* ---- a table ---- */

static char url[128];
static sqlite3 *database;

static void put_documents(void)
{
	static const char *const statement = "INSERT OR REPLACE INTO multidb_config VALUES (?1, ?2, ?3)";
	const char *const names[] = { "metadata", "roles" }, *const documents[] = { texts[turn % 2], roles };
	change_documents();
	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *s;
		assert_int_equal(sqlite3_prepare_v2(database, statement, -1, &s, NULL), SQLITE_OK);
		sqlite3_bind_text(s, 1, names[i], -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, version, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 3, documents[i], -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(s), SQLITE_DONE);
		sqlite3_finalize(s);
	}
}

static int open_table_polled(int64_t poll_ms, multidb_engine **e, multidb_error **error)
{
	multidb_table t = { .size = sizeof t, .url = url, .poll_ms = poll_ms };
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = ignore_log };
	return multidb_engine_open_table(&t, &o, e, error);
}

static int open_watched(multidb_engine **e, multidb_error **error)
{
	return open_table_polled(100000, e, error);
}

/* The library reports a failed connection or statement of the table as such. */
static bool is_of_the_table(const multidb_error *error)
{
	return multidb_error_code(error) == MULTIDB_METADATA_LOAD_FAILED;
}

/* SQLite itself may fail for want of memory, which is a table that cannot be read. */
static int accept_sqlite(int rc, multidb_error **error)
{
	if (rc == 0 || !is_of_the_table(*error))
		return rc;
	multidb_error_free(*error);
	*error = NULL;
	return -1;
}

static int open_table_or_fail(multidb_engine **e, multidb_error **error)
{
	return accept_sqlite(open_watched(e, error), error);
}

static void opens_a_table_or_reports_memory(void **state)
{
	(void)state;
	torture_opening(open_table_or_fail);
}

static multidb_engine *watched;

static int refresh_table(multidb_engine **e, multidb_error **error)
{
	(void)e;
	return accept_sqlite(multidb_engine_refresh(watched, error), error);
}

static void refreshes_a_table_or_keeps_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(open_table_polled(-1, &watched, NULL), 0);
	for (int sticky = 0; sticky <= 1; sticky++) {
		bool hit = true;
		for (uint64_t n = 1; hit; n++) {
			put_documents();
			hit = fails_in_turn(n, sticky, refresh_table, &watched);
			if (n % 16 == 0)
				assert_answers(watched);
		}
	}
	assert_answers(watched);
	multidb_engine_close(watched);
}

/* ---- files and statistics ---- */

static int reload_file(multidb_engine **e, multidb_error **error)
{
	char path[128];
	snprintf(path, sizeof path, "%s/multidb.json", dir);
	return multidb_engine_reload_file(*e, path, error);
}

static void reloads_a_file_or_reports_memory(void **state)
{
	(void)state;
	multidb_engine *e = sample_open();
	torture_call(e, reload_file);
	multidb_engine_close(e);
}

static int read_statistics(multidb_engine **e, multidb_error **error)
{
	multidb_statistics *s = multidb_engine_statistics(*e);
	size_t n = multidb_statistics_count(s);
	*error = NULL;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < multidb_statistics_label_count(s, i); k++)
			assert_non_null(multidb_statistics_label_value(s, i, k));
	multidb_statistics_free(s);
	return s ? 0 : -1;
}

static void reads_statistics_or_nothing(void **state)
{
	(void)state;
	multidb_engine *e = sample_open();
	multidb_query *q = multidb_query_new(e);
	free(sample_ask(q, MULTIDB_RUN, MULTIDB_JSON, "{\"from\":\"users\",\"byIds\":[1]}", ADMIN));
	multidb_query_free(q);
	torture_call(e, read_statistics);
	multidb_engine_close(e);
}

/* ---- the frame ---- */

/* A configuration of the sample, cut into its parts. */
static char *without_roles(const char *member, const char *value)
{
	char *text = sample_config(member, value), *at = strstr(text, ",\"roles\":");
	int depth = 0;
	char *end = at + strlen(",\"roles\":");
	do {
		depth += *end == '[' || *end == '{';
		depth -= *end == ']' || *end == '}';
		end++;
	} while (depth);
	roles = roles ? roles : strndup(at + 9, (size_t)(end - at - 9));
	memmove(at, end, strlen(end) + 1);
	return text;
}

static int group_setup(void **state)
{
	(void)state;
	oom_take_sqlite();
	dir = sample_make();
	if (!dir)
		return -1;
	texts[0] = without_roles(NULL, NULL);
	texts[1] = without_roles("trino", "{\"enabled\":false}");
	change_documents();
	snprintf(url, sizeof url, "sqlite:%s/config.db", dir);
	if (sqlite3_open(url + strlen("sqlite:"), &database) ||
	    sqlite3_exec(database, "PRAGMA synchronous=OFF; CREATE TABLE multidb_config (name TEXT PRIMARY KEY, "
	                 "version TEXT, document TEXT)", NULL, NULL, NULL))
		return -1;
	put_documents();
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	sqlite3_close(database);
	unlink(url + strlen("sqlite:"));
	sample_remove();
	free(texts[0]);
	free(texts[1]);
	free(roles);
	printf("%llu failed allocations\n", (unsigned long long)injections);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_from_a_source_or_reports_memory),
		cmocka_unit_test(refreshes_or_keeps_the_configuration),
		cmocka_unit_test(polls_or_keeps_the_configuration),
		cmocka_unit_test(opens_a_table_or_reports_memory),
		cmocka_unit_test(refreshes_a_table_or_keeps_the_configuration),
		cmocka_unit_test(reloads_a_file_or_reports_memory),
		cmocka_unit_test(reads_statistics_or_nothing),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
