/* A driver for SQLite files by another name: toy:PATH. Promises what the SQLite driver promises. */
#include "drivers/driver.h"

static int open_toy(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	struct md_target lite = *t;
	if (t->url.n > 4 && memcmp(t->url.p, "toy:", 4) == 0)
		lite.url = (struct md_str){ t->url.p + 4, t->url.n - 4 };
	return md_driver_sqlite.open(cx, &lite, conn);
}

static enum md_started start_toy(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	return md_driver_sqlite.start(conn, cx, s, context);
}

static int next_toy(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	return md_driver_sqlite.next(conn, cx, cells);
}

static bool finish_toy(void *conn)
{
	return md_driver_sqlite.finish(conn);
}

static void cancel_toy(void *conn)
{
	md_driver_sqlite.cancel(conn);
}

static enum md_started read_toy_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                      struct md_catalog_table *out)
{
	return md_driver_sqlite.read_table(conn, cx, name, n_name, out);
}

static bool ping_toy(void *conn, struct md_ctx *cx)
{
	return md_driver_sqlite.ping(conn, cx);
}

static void close_toy(void *conn)
{
	md_driver_sqlite.close(conn);
}

const struct md_driver md_driver_toy = {
	.name = "toy",
	.open = open_toy,
	.start = start_toy,
	.next = next_toy,
	.finish = finish_toy,
	.cancel = cancel_toy,
	.read_table = read_toy_table,
	.ping = ping_toy,
	.close = close_toy,
};
