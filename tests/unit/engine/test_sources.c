/* multidb.h, the caller's source: what is asked when, what its failures become, polling, the log,
 * and whole documents under load. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"
#include "two_documents.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *dir;

/* ---- a source ---- */

struct told {
	const char *text, *version, *message;
	int answer;       /* what its function returns where the version is another one */
};

struct program {
	struct told metadata, roles;
	char known[2][32];         /* the versions that the functions were given last */
	int asked[2], released;
	multidb_engine *engine;    /* asked for a refresh by the source's own function */
	int misuse;
	_Atomic bool is_inside;
	bool overlapped;
	pthread_t thread;          /* that called last */
};

static int give_document(struct program *p, int which, const struct told *t, const char *version, multidb_document *d)
{
	p->overlapped |= atomic_exchange(&p->is_inside, true);
	p->asked[which]++;
	p->thread = pthread_self();
	snprintf(p->known[which], sizeof p->known[which], "%s", version);
	assert_int_equal(d->size, sizeof *d);
	assert_null(d->text);
	d->message = t->message;
	d->held = p;
	if (t->answer == 1) {
		d->text = t->text;
		d->n = t->text ? strlen(t->text) : 0;
		d->version = t->version;
	}
	if (p->engine) {
		multidb_error *error;
		assert_int_equal(multidb_engine_refresh(p->engine, &error), -1);
		p->misuse += multidb_error_code(error) == MULTIDB_MISUSE;
		multidb_error_free(error);
		assert_int_equal(multidb_engine_reload_text(p->engine, B, strlen(B), &error), -1);
		p->misuse += multidb_error_code(error) == MULTIDB_MISUSE;
		multidb_error_free(error);
	}
	p->is_inside = false;
	return t->answer == 1 && t->version && strcmp(t->version, version) == 0 ? 0 : t->answer;
}

static int load(void *user, const char *version, multidb_document *d)
{
	struct program *p = user;
	return give_document(p, 0, &p->metadata, version, d);
}

static int load_roles(void *user, const char *version, multidb_document *d)
{
	struct program *p = user;
	return give_document(p, 1, &p->roles, version, d);
}

static void release(void *user, multidb_document *d)
{
	struct program *p = user;
	assert_ptr_equal(d->held, p);
	p->released++;
}

static char logged[4096];
static int in_log;

static void gather_log(void *user, multidb_log_level level, const char *text)
{
	static const char marks[] = "IWE";
	size_t n = strlen(logged);
	assert_ptr_equal(user, logged);
	in_log++;
	snprintf(logged + n, sizeof logged - n, "%c %s\n", marks[level], text);
}

static void assert_logged(const char *want)
{
	assert_string_equal(logged, want);
	logged[0] = '\0';
}

static int open_program(struct program *p, int64_t poll_ms, multidb_engine **e, multidb_error **error)
{
	multidb_source s = { .size = sizeof s, .user = p, .load = load, .release = release, .poll_ms = poll_ms };
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = gather_log, .log_user = logged };
	s.load_roles = p->roles.answer ? load_roles : NULL;
	logged[0] = '\0';
	return multidb_engine_open_source(&s, &o, e, error);
}

static multidb_engine *opened(struct program *p, int64_t poll_ms)
{
	multidb_engine *e;
	multidb_error *error;
	if (open_program(p, poll_ms, &e, &error))
		fail_msg("%s", multidb_error_json(error));
	assert_null(error);
	return e;
}

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* The engine plans by the document A or B. */
static void assert_uses(multidb_engine *e, char letter)
{
	multidb_query *q = multidb_query_new(e);
	char *a = ask_first(q), want[8] = { 'n', 'a', 'm', 'e', letter };
	if (!strstr(a, want))
		fail_msg("expected %s: %s", want, a);
	free(a);
	multidb_query_free(q);
}

static void assert_refused(multidb_engine *e, enum multidb_code code, const char *message)
{
	multidb_error *error;
	assert_int_equal(multidb_engine_refresh(e, &error), -1);
	assert_int_equal(multidb_error_code(error), code);
	assert_string_equal(multidb_error_message(error), message);
	multidb_error_free(error);
	assert_int_equal(multidb_engine_refresh(e, NULL), -1);
}

/* ---- opening ---- */

static void opens_from_a_source(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	assert_uses(e, 'A');
	assert_string_equal(p.known[0], "");
	assert_int_equal(p.asked[0], 1);
	assert_int_equal(p.released, 1);
	multidb_engine_close(e);
	assert_logged("");
}

static void refuses_to_open_with_the_message_of_the_source(void **state)
{
	(void)state;
	static const struct {
		struct told metadata, roles;
		enum multidb_code code;
		const char *message;
	} cases[] = {
		{ { A, "1", "the vault is locked", -1 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED, "the vault is locked" },
		{ { A, "1", NULL, -1 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED,
		  "the configuration can't be loaded: the source's function load gave no message" },
		{ { A, "1", NULL, 7 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED,
		  "the configuration can't be loaded: the source's function load returned 7" },
		{ { NULL, "1", NULL, 1 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED,
		  "the configuration can't be loaded: the source's function load returned 1 without a document" },
		{ { A, "1", NULL, 0 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED,
		  "the configuration can't be loaded: the source's function load returned 0 without a document" },
		{ { A, "1", NULL, 1 }, { NULL, NULL, "no such directory", -1 }, MULTIDB_ROLE_LOAD_FAILED,
		  "no such directory" },
		{ { "{" TABLES_OF("A", "sku") "}", "1", NULL, 1 }, { "[{", "1", NULL, 1 }, MULTIDB_ROLE_LOAD_FAILED,
		  "the roles are not JSON: line 1, column 3: unexpected end of data" },
		{ { "[", "1", NULL, 1 }, { 0 }, MULTIDB_METADATA_LOAD_FAILED,
		  "the configuration is not JSON: line 1, column 2: unexpected end of data" },
		{ { MIXED, "1", NULL, 1 }, { 0 }, MULTIDB_CONFIG_INVALID, "Config invalid: 1 error" },
		{ { A, "1", NULL, 1 }, { ROLES_OF("A"), "1", NULL, 1 }, MULTIDB_CONFIG_INVALID,
		  "Config invalid: 1 error" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct program p = { .metadata = cases[i].metadata, .roles = cases[i].roles };
		multidb_engine *e = (multidb_engine *)&p;
		multidb_error *error;
		assert_int_equal(open_program(&p, 0, &e, &error), -1);
		assert_null(e);
		assert_int_equal(multidb_error_code(error), cases[i].code);
		assert_string_equal(multidb_error_message(error), cases[i].message);
		assert_int_equal(p.released, p.asked[0] + p.asked[1]);
		multidb_error_free(error);
	}
}

static void refuses_a_source_that_cannot_be_asked(void **state)
{
	(void)state;
	const multidb_source sources[] = { { .size = sizeof sources[0] },
		                           { .load = load },
		                           { .size = sizeof sources[0], .load = load, .poll_ms = -1 } };
	multidb_engine *e;
	multidb_error *error;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		assert_int_equal(multidb_engine_open_source(&sources[i], NULL, &e, &error), -1);
		assert_int_equal(multidb_error_code(error), MULTIDB_MISUSE);
		multidb_error_free(error);
	}
	assert_int_equal(multidb_engine_open_source(NULL, NULL, &e, NULL), -1);
	e = sample_open();
	assert_refused(e, MULTIDB_MISUSE, "multidb_engine_refresh needs an engine that was opened with a source");
	multidb_engine_close(e);
}

/* ---- refreshing ---- */

static void refreshes_when_told(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	p.metadata.text = B; /* the version says that it is the same */
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_string_equal(p.known[0], "1");
	assert_uses(e, 'A');
	p.metadata.version = "2";
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_uses(e, 'B');
	assert_logged("I the configuration was reloaded\n");
	assert_int_equal(p.asked[0], 3); /* preparing asks nothing */
	assert_int_equal(p.released, 3);

	/* a reload of another kind stays in use until the source is asked */
	assert_int_equal(multidb_engine_reload_text(e, A, strlen(A), NULL), 0);
	assert_uses(e, 'A');
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_string_equal(p.known[0], "");
	assert_uses(e, 'B');
	multidb_engine_close(e);
}

/* Texts are compared where the source names no version. */
static void compares_texts_without_a_version(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, NULL, NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_logged("");
	p.metadata.text = B;
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_logged("I the configuration was reloaded\n");
	assert_uses(e, 'B');
	multidb_engine_close(e);
}

static void keeps_the_configuration_when_the_source_fails(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	p.metadata = (struct told){ MIXED, "2", NULL, 1 };
	assert_refused(e, MULTIDB_CONFIG_INVALID, "Config invalid: 1 error");
	assert_uses(e, 'A');
	p.metadata = (struct told){ "no JSON", "3", NULL, 1 };
	assert_refused(e, MULTIDB_METADATA_LOAD_FAILED,
	               "the configuration is not JSON: line 1, column 1: "
	               "invalid literal, expected a valid literal such as 'null'");
	logged[0] = '\0';
	p.metadata = (struct told){ B, "4", "the vault\nis locked", -1 };
	assert_refused(e, MULTIDB_METADATA_LOAD_FAILED, "the vault\nis locked"); /* asks twice */
	assert_logged("W the source of the configuration does not answer: the vault is locked\n");
	assert_uses(e, 'A');
	p.metadata.answer = 1;
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_logged("I the source of the configuration answers again\nI the configuration was reloaded\n");
	assert_uses(e, 'B');
	assert_int_equal(p.released, p.asked[0]);
	multidb_engine_close(e);
}

static void asks_for_both_documents_when_one_has_changed(void **state)
{
	(void)state;
	struct program p = { .metadata = { "{" TABLES_OF("A", "sku") "}", "m1", NULL, 1 },
		             .roles = { ROLES_OF("A"), "r1", NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	assert_uses(e, 'A');
	p.roles.version = "r2";
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_int_equal(p.asked[0], 3); /* when it was opened, "m1", "" */
	assert_int_equal(p.asked[1], 2);
	assert_string_equal(p.known[0], "");
	assert_string_equal(p.known[1], "r1");
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_string_equal(p.known[0], "m1");
	assert_string_equal(p.known[1], "r2");

	/* of two documents that belong together the first is refused alone */
	p.metadata = (struct told){ "{" TABLES_OF("B", "sku") "}", "m2", NULL, 1 };
	assert_refused(e, MULTIDB_CONFIG_INVALID, "Config invalid: 1 error");
	assert_uses(e, 'A');
	p.roles = (struct told){ ROLES_OF("B"), "r3", NULL, 1 };
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_uses(e, 'B');
	p.roles = (struct told){ NULL, NULL, "no such directory", -1 };
	assert_refused(e, MULTIDB_ROLE_LOAD_FAILED, "no such directory");
	assert_int_equal(p.released, p.asked[0] + p.asked[1]);
	multidb_engine_close(e);
}

static void refuses_a_reload_inside_the_source(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 0);
	p.engine = e;
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_int_equal(p.misuse, 2);
	assert_uses(e, 'A');
	multidb_engine_close(e);
}

/* The engine is closed while its source is asked, and asks it no more. */
static multidb_engine *to_close;

static int load_and_close(void *user, const char *version, multidb_document *d)
{
	multidb_engine_close(to_close);
	to_close = NULL;
	return load(user, version, d);
}

static void asks_no_source_of_a_closed_engine(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_source s = { .size = sizeof s, .user = &p, .load = load_and_close, .release = release, .poll_ms = 1 };
	multidb_options o = { .size = sizeof o, .base_dir = dir };
	multidb_engine *e;
	multidb_error *error;
	to_close = NULL;
	assert_int_equal(multidb_engine_open_source(&s, &o, &e, &error), 0);
	multidb_query *q = multidb_query_new(e);
	p.metadata.version = "2";
	to_close = e;
	assert_int_equal(multidb_engine_refresh(e, &error), -1);
	assert_int_equal(multidb_error_code(error), MULTIDB_SHUTTING_DOWN);
	multidb_error_free(error);
	assert_int_equal(p.released, 2);
	sleep_ms(3);
	char *a = ask_first(q);
	assert_non_null(strstr(a, "SHUTTING_DOWN"));
	free(a);
	assert_int_equal(p.asked[0], 2);
	multidb_query_free(q);
}

/* ---- polling ---- */

static void polls_inside_prepare(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 600000);
	assert_uses(e, 'A');
	assert_int_equal(p.asked[0], 1); /* it is not time yet */
	multidb_engine_close(e);

	p.asked[0] = 0;
	e = opened(&p, 20);
	sleep_ms(40);
	assert_int_equal(p.asked[0], 1); /* no thread of the library asks */
	assert_uses(e, 'A');
	assert_int_equal(p.asked[0], 2);
	assert_true(pthread_equal(p.thread, pthread_self()));
	p.metadata = (struct told){ B, "2", NULL, 1 };
	sleep_ms(40);
	assert_uses(e, 'B'); /* by the query that asked */
	assert_logged("I the configuration was reloaded\n");
	multidb_engine_close(e);
}

/* A document that was refused is read once, and an outage is logged once. */
static void polls_without_repeating_itself(void **state)
{
	(void)state;
	struct program p = { .metadata = { A, "1", NULL, 1 } };
	multidb_engine *e = opened(&p, 1);
	p.metadata = (struct told){ MIXED, "2", NULL, 1 };
	for (int i = 0; i < 5; i++) {
		sleep_ms(2);
		assert_uses(e, 'A');
	}
	assert_true(p.asked[0] > 4);
	assert_string_equal(p.known[0], "2");
	assert_non_null(strstr(logged, "E the configuration was refused, the one in use stays: "
	                               "Config invalid: 1 error: /roles/0/tables/0/allowedColumns/1: "));
	assert_ptr_equal(strchr(logged, '\n') + 1, logged + strlen(logged));
	logged[0] = '\0';
	p.metadata = (struct told){ NULL, NULL, "gone", -1 };
	for (int i = 0; i < 3; i++) {
		sleep_ms(2);
		assert_uses(e, 'A');
	}
	assert_logged("W the source of the configuration does not answer: gone\n");
	/* what was refused is read again for who asks */
	p.metadata = (struct told){ MIXED, "2", NULL, 1 };
	assert_refused(e, MULTIDB_CONFIG_INVALID, "Config invalid: 1 error");
	multidb_engine_close(e);
}

/* ---- under load ---- */

struct flipping {
	_Atomic int turn;
	_Atomic bool is_inside, overlapped;
	_Atomic bool is_slow;
};

static int load_flipping(void *user, const char *version, multidb_document *d)
{
	static const char *const texts[] = { A, MIXED, B, "{", A, NULL, B };
	static const char *const versions[] = { "0", "1", "2", "3", "4", "5", "6" };
	struct flipping *f = user;
	(void)version;
	if (atomic_exchange(&f->is_inside, true))
		f->overlapped = true;
	while (f->is_slow)
		sleep_ms(1);
	int turn = f->turn++ % 7;
	d->text = texts[turn];
	d->n = d->text ? strlen(d->text) : 0;
	d->version = versions[turn];
	d->message = "the third kind of failure";
	f->is_inside = false;
	return d->text ? 1 : -1;
}

static _Atomic bool enough;
static _Atomic int answers_a, answers_b;

static void *ask_on(void *engine)
{
	multidb_query *q = multidb_query_new(engine);
	intptr_t wrong = 0;
	while (!enough) {
		char *a = ask_first(q);
		if (strcmp(a, FIRST_A) == 0)
			answers_a++;
		else if (strcmp(a, FIRST_B) == 0)
			answers_b++;
		else
			wrong++;
		free(a);
	}
	multidb_query_free(q);
	return (void *)wrong;
}

enum { ASKING = 4 };

static void run_threads(multidb_engine *e, void (*meanwhile)(multidb_engine *e))
{
	pthread_t threads[ASKING];
	enough = false;
	for (int i = 0; i < ASKING; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_on, e), 0);
	meanwhile(e);
	enough = true;
	for (int i = 0; i < ASKING; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

static void refresh_often(multidb_engine *e)
{
	for (int i = 0; i < 5000 && (i < 100 || !answers_a || !answers_b); i++) {
		multidb_engine_refresh(e, NULL);
		if (i >= 100)
			sleep_ms(1);
	}
}

static multidb_engine *open_flipping(struct flipping *f, int64_t poll_ms)
{
	multidb_source s = { .size = sizeof s, .user = f, .load = load_flipping, .poll_ms = poll_ms };
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = gather_log, .log_user = logged };
	multidb_engine *e;
	assert_int_equal(multidb_engine_open_source(&s, &o, &e, NULL), 0);
	return e;
}

/* Threads ask while the source flips between two documents, with bad ones and failures in between:
 * every answer is by one whole document. */
static void answers_by_one_document_while_the_source_flips(void **state)
{
	(void)state;
	struct flipping f = { 0 };
	multidb_engine *e = open_flipping(&f, 1);
	answers_a = answers_b = 0;
	run_threads(e, refresh_often);
	assert_true(answers_a > 0 && answers_b > 0);
	assert_false(f.overlapped);
	multidb_engine_close(e);
}

static void wait_for_answers(multidb_engine *e)
{
	(void)e;
	int begun = answers_a;
	for (int i = 0; i < 5000 && answers_a < begun + 50; i++)
		sleep_ms(1);
}

static void end_slowness(multidb_engine *e)
{
	wait_for_answers(e);
	assert_true(answers_a >= 50);
}

static void *be_fast_again(void *flipping)
{
	while (answers_a < 50)
		sleep_ms(1);
	((struct flipping *)flipping)->is_slow = false;
	return NULL;
}

/* One thread waits for a slow source; the others go on with the configuration in use. */
static void answers_while_a_source_is_slow(void **state)
{
	(void)state;
	struct flipping f = { .turn = 0 };
	pthread_t thread;
	multidb_engine *e = open_flipping(&f, 1);
	answers_a = answers_b = 0;
	f.is_slow = true;
	sleep_ms(5);
	assert_int_equal(pthread_create(&thread, NULL, be_fast_again, &f), 0);
	run_threads(e, end_slowness);
	pthread_join(thread, NULL);
	multidb_engine_close(e);
}

/* ---- the log ---- */

static multidb_engine *reentered;

static void log_and_reload(void *user, multidb_log_level level, const char *text)
{
	gather_log(user, level, text);
	if (in_log == 1)
		assert_int_equal(multidb_engine_reload_text(reentered, A, strlen(A), NULL), 0);
}

/* The log function may call the library; what happens then follows. */
static void logs_reloads(void **state)
{
	(void)state;
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = log_and_reload, .log_user = logged };
	multidb_engine *e;
	multidb_error *error;
	assert_int_equal(multidb_engine_open_text(A, strlen(A), &o, &e, NULL), 0);
	reentered = e;
	in_log = 0;
	logged[0] = '\0';
	assert_int_equal(multidb_engine_reload_text(e, B, strlen(B), NULL), 0);
	assert_logged("I the configuration was reloaded\nI the configuration was reloaded\n");
	assert_int_equal(multidb_engine_reload_text(e, "[]", 2, &error), -1);
	multidb_error_free(error);
	assert_logged("E the configuration was refused, the one in use stays: Config invalid: 1 error: value "
	              "is not valid: expected the configuration as an object, got an array with 0 elements\n");
	multidb_engine_close(e);
}

static int group_setup(void **state)
{
	(void)state;
	return !(dir = sample_make());
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_from_a_source),
		cmocka_unit_test(refuses_to_open_with_the_message_of_the_source),
		cmocka_unit_test(refuses_a_source_that_cannot_be_asked),
		cmocka_unit_test(refreshes_when_told),
		cmocka_unit_test(compares_texts_without_a_version),
		cmocka_unit_test(keeps_the_configuration_when_the_source_fails),
		cmocka_unit_test(asks_for_both_documents_when_one_has_changed),
		cmocka_unit_test(refuses_a_reload_inside_the_source),
		cmocka_unit_test(asks_no_source_of_a_closed_engine),
		cmocka_unit_test(polls_inside_prepare),
		cmocka_unit_test(polls_without_repeating_itself),
		cmocka_unit_test(answers_by_one_document_while_the_source_flips),
		cmocka_unit_test(answers_while_a_source_is_slow),
		cmocka_unit_test(logs_reloads),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
