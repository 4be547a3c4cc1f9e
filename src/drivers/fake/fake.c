/* See fake.h. */
#include "drivers/fake/fake.h"

#include "base/sys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER; /* of last_sql and last_params */

struct conn {
	struct md_fake *f;
	uint32_t row, n_outputs;
	_Atomic bool cancelled;
};

struct md_str md_fake_url(struct md_fake *f)
{
	snprintf(f->url, sizeof f->url, "fake:%p", (void *)f);
	return md_str_z(f->url);
}

static int fail_scripted(struct md_ctx *cx, enum md_code code)
{
	return md_fail(cx, code == MD_OK ? MD_QUERY_FAILED : code, "the script says so");
}

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	void *p = NULL;
	char url[sizeof((struct md_fake *)0)->url] = { 0 };
	*conn = NULL;
	memcpy(url, t->url.p, t->url.n < sizeof url ? t->url.n : sizeof url - 1);
	if (sscanf(url, "fake:%p", &p) != 1)
		return md_fail(cx, MD_CONNECTION_FAILED, "not the url of a fake");
	struct md_fake *f = p;
	if (++f->opens == f->fail_open)
		return fail_scripted(cx, MD_CONNECTION_FAILED);
	struct conn *c = calloc(1, sizeof *c);
	if (!c)
		return fail_scripted(cx, MD_OUT_OF_MEMORY);
	c->f = f;
	*conn = c;
	return 0;
}

static enum md_started start_fake(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	(void)context;
	struct conn *c = conn;
	struct md_fake *f = c->f;
	if (f->before_start)
		f->before_start(f->before_start_arg);
	c->row = 0;
	c->n_outputs = s->n_outputs;
	c->cancelled = false;
	pthread_mutex_lock(&last_lock);
	snprintf(f->last_sql, sizeof f->last_sql, "%.*s", MD_FMT(s->text));
	f->last_params = s->n_params;
	pthread_mutex_unlock(&last_lock);
	uint32_t n = ++f->starts;
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail(cx, MD_CANCELLED, "cancelled before the statement ran");
	if (n <= f->stale_starts)
		return MD_START_STALE;
	return n == f->fail_start ? (enum md_started)fail_scripted(cx, f->code) : MD_STARTED;
}

static int stall_fake(struct md_ctx *cx, struct conn *c)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	while (!c->cancelled && !(cx->deadline_ms && md_monotonic_ms() >= cx->deadline_ms))
		nanosleep(&nap, NULL);
	return fail_scripted(cx, c->cancelled ? MD_CANCELLED : MD_QUERY_TIMEOUT);
}

static int next_fake(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct conn *c = conn;
	struct md_fake *f = c->f;
	uint32_t n = ++f->nexts;
	if (n == f->fail_next)
		return fail_scripted(cx, f->code);
	if (n == f->stall_next)
		return stall_fake(cx, c);
	if (c->row == f->n_rows)
		return 0;
	memcpy(cells, f->cells + (size_t)c->row++ * c->n_outputs, c->n_outputs * sizeof *cells);
	return 1;
}

static bool finish_fake(void *conn)
{
	struct conn *c = conn;
	c->f->finishes++;
	return !c->f->unclean;
}

static void cancel_fake(void *conn)
{
	struct conn *c = conn;
	c->f->cancels++;
	c->cancelled = true;
}

static enum md_started read_fake_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                       struct md_catalog_table *out)
{
	static const struct md_catalog_table none;
	struct conn *c = conn;
	struct md_fake *f = c->f;
	struct timespec nap = { .tv_nsec = f->slow_reading_ms * 1000000L };
	uint32_t n = ++f->readings;
	(void)name;
	(void)n_name;
	nanosleep(&nap, NULL);
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail(cx, MD_CANCELLED, "cancelled while the table was read");
	if (n == f->stale_reading)
		return MD_START_STALE;
	if (n == f->fail_reading)
		return (enum md_started)fail_scripted(cx, f->code);
	*out = f->table ? *f->table : none;
	return MD_STARTED;
}

static bool doubts_fake_types(void *conn)
{
	struct conn *c = conn;
	return c->f->doubts_types;
}

static bool ping_fake(void *conn, struct md_ctx *cx)
{
	struct conn *c = conn;
	(void)cx;
	c->f->pings++;
	return true;
}

static void close_conn(void *conn)
{
	struct conn *c = conn;
	if (c)
		c->f->closes++;
	free(c);
}

const struct md_driver md_driver_fake = {
	.name = "fake",
	.open = open_conn,
	.start = start_fake,
	.next = next_fake,
	.finish = finish_fake,
	.cancel = cancel_fake,
	.read_table = read_fake_table,
	.doubts_types = doubts_fake_types,
	.ping = ping_fake,
	.close = close_conn,
};
