/* Talking with a PostgreSQL server through libpq: sending, receiving, and what a failure on the way
 * means. Promises: no call outlasts the deadline, and a cancel is noticed even when the server
 * answers neither it nor the statement; "stale" only if not one byte of the reply was seen; an
 * error among the results counts, because a reply that ends in one is not complete. */
#include "drivers/postgres/private.h"

#include "base/sys.h"
#include "drivers/failure.h"
#include "drivers/value/causes.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { WAIT_SLICE_MS = 250, SEND_CANCEL_MS = 50 };

struct md_str md_pg_cause(struct md_arena *a, const char *text)
{
	struct md_str s = md_str_z(text);
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	return md_str_dup(a, s);
}

/* A socket at its end is readable too: only then ask whether there is a byte. */
static bool has_bytes(const struct pollfd *fd)
{
	char byte;
	if (!(fd->revents & POLLIN))
		return false;
	return !(fd->revents & (POLLRDHUP | POLLHUP | POLLERR)) || recv(fd->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Waits in slices: a cancel must be noticed even when the server answers neither it nor the
 * statement. */
enum md_pg_got md_pg_wait(struct md_pg *c, short events, int64_t deadline_ms)
{
	int64_t cancelled_ms = 0;
	for (;;) {
		int64_t now = md_monotonic_ms(), left = WAIT_SLICE_MS;
		if (deadline_ms && deadline_ms - now < left)
			left = deadline_ms - now;
		if (left <= 0)
			return MD_PG_TIMEOUT;
		struct pollfd fd = { .fd = PQsocket(c->pg), .events = (short)(events | POLLRDHUP) };
		int n = poll(&fd, 1, (int)left);
		if (n > 0)
			c->seen |= has_bytes(&fd);
		if (n > 0 || (n < 0 && errno != EINTR))
			return MD_PG_READY;
		if (atomic_load_explicit(&c->state, memory_order_relaxed) != MD_PG_CANCELLED)
			continue;
		if (cancelled_ms && now - cancelled_ms >= WAIT_SLICE_MS)
			return MD_PG_CANCEL;
		if (!cancelled_ms)
			cancelled_ms = now;
	}
}

/* ---- failures ---- */

bool md_pg_is_cancelled(struct md_pg *c)
{
	return atomic_load_explicit(&c->state, memory_order_relaxed) == MD_PG_CANCELLED;
}

/* The wait ended without the server: tell it to stop; what it still sends is not for us. */
int md_pg_give_up(struct md_ctx *cx, struct md_pg *c, enum md_pg_got why)
{
	c->broken = true;
	if (why == MD_PG_CANCEL)
		return md_fail_cancelled(cx, c->id, MD_NOSTR);
	md_pg_send_cancel(c->pg, SEND_CANCEL_MS);
	return md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
}

/* The connection is gone. Before a byte of reply the caller may try again, so no error is recorded.
 */
enum md_started md_pg_lost(struct md_ctx *cx, struct md_pg *c)
{
	c->broken = true;
	if (!c->seen && !md_pg_is_cancelled(c))
		return MD_START_STALE;
	return (enum md_started)md_fail_lost(cx, c->id, md_pg_cause(cx->arena, PQerrorMessage(c->pg)));
}

/* 57014 query_canceled comes from our cancel, the statement timeout or an administrator. */
static int fail_stopped(struct md_ctx *cx, struct md_pg *c, const char *text)
{
	struct md_str cause = md_pg_cause(cx->arena, text);
	if (md_pg_is_cancelled(c) || strstr(text, "user request"))
		return md_fail_cancelled(cx, c->id, cause);
	return md_fail_timed_out(cx, c->id, c->started_ms, cause);
}

/* The server ended the connection, or is about to. */
static bool is_disconnect(const char *sqlstate)
{
	return strncmp(sqlstate, "57P", 3) == 0 || strncmp(sqlstate, "08", 2) == 0;
}

enum md_started md_pg_refused(struct md_ctx *cx, struct md_pg *c, const PGresult *res)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *text = res ? PQresultErrorMessage(res) : PQerrorMessage(c->pg);
	if (!state && PQstatus(c->pg) == CONNECTION_BAD)
		return md_pg_lost(cx, c);

	c->seen = true;
	if (state && strcmp(state, "57014") == 0)
		return (enum md_started)fail_stopped(cx, c, text);

	/* without a state it is the library's own error: what is left on the way is not known */
	bool disconnect = state && is_disconnect(state);
	c->broken |= disconnect || (!state && PQresultStatus(res) == PGRES_FATAL_ERROR);
	struct md_str cause = md_pg_cause(cx->arena, text);
	if (disconnect)
		return (enum md_started)md_fail_lost(cx, c->id, cause);
	struct md_str hint = md_cause_hint(MD_CAUSE_OF_POSTGRES, md_str_z(state));
	c->doubts_types |= state && md_pg_doubts_types(state);
	cx->err->unfit.parameter = state ? md_pg_unfit_parameter(res) : 0;
	return (enum md_started)md_fail_refused(cx, c->id, cause, hint);
}

/* ---- sending and receiving ---- */

enum md_started md_pg_flush(struct md_ctx *cx, struct md_pg *c)
{
	int rc;
	while ((rc = PQflush(c->pg)) == 1) {
		enum md_pg_got got = md_pg_wait(c, POLLIN | POLLOUT, cx->deadline_ms);
		if (got != MD_PG_READY)
			return (enum md_started)md_pg_give_up(cx, c, got);
		if (!PQconsumeInput(c->pg))
			return md_pg_lost(cx, c);
	}
	return rc == 0 ? MD_STARTED : md_pg_lost(cx, c);
}

/* The next result into c->res (NULL: none is left). */
enum md_started md_pg_receive(struct md_ctx *cx, struct md_pg *c)
{
	PQclear(c->res);
	c->res = NULL;
	while (PQisBusy(c->pg)) {
		/* libpq had no memory for the mark at a pipeline's end and will never return it:
		 * its message is the only sign */
		if (c->pipelined && *PQerrorMessage(c->pg)) {
			c->broken = true;
			return (enum md_started)md_out_of_memory(cx);
		}
		enum md_pg_got got = md_pg_wait(c, POLLIN, cx->deadline_ms);
		if (got != MD_PG_READY)
			return (enum md_started)md_pg_give_up(cx, c, got);
		if (!PQconsumeInput(c->pg))
			break; /* PQgetResult tells what happened */
	}
	c->res = PQgetResult(c->pg);
	return MD_STARTED;
}

/* Of a pipeline: is its end here, and could we leave it? NULL ends the results of one command, two
 * of them what is there to come. */
static bool pipeline_ended(struct md_pg *c, bool *null_before)
{
	bool twice = !c->res && *null_before;
	*null_before = !c->res;
	if (c->res && PQresultStatus(c->res) == PGRES_PIPELINE_SYNC)
		c->pipelined = PQexitPipelineMode(c->pg) == 0;
	return twice || !c->pipelined;
}

/* Until the server is ready again. An error among the results counts: a reply that ends in one is
 * not complete. */
enum md_started md_pg_drain(struct md_ctx *cx, struct md_pg *c)
{
	enum md_started rc = MD_STARTED;
	bool null_before = false;
	do {
		if (md_pg_receive(cx, c) != MD_STARTED)
			return MD_START_FAILED;
		if (c->res && PQresultStatus(c->res) == PGRES_FATAL_ERROR && rc == MD_STARTED)
			rc = md_pg_refused(cx, c, c->res);
	} while (PQstatus(c->pg) == CONNECTION_OK &&
	         (c->pipelined ? !pipeline_ended(c, &null_before) : c->res != NULL));
	c->complete = !c->pipelined && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
	if (rc == MD_STARTED && !c->complete)
		rc = md_pg_lost(cx, c);
	return rc;
}

/* One command without rows: PREPARE, DEALLOCATE. */
enum md_started md_pg_command(struct md_ctx *cx, struct md_pg *c, int sent)
{
	if (!sent)
		return PQstatus(c->pg) == CONNECTION_BAD ? md_pg_lost(cx, c) : md_pg_refused(cx, c, NULL);
	c->complete = false;
	enum md_started rc = md_pg_flush(cx, c);
	if (rc == MD_STARTED)
		rc = md_pg_drain(cx, c);
	if (rc == MD_STARTED)
		c->seen = true;
	return rc;
}

/* Did the server hang up while the connection lay idle? Looks at the socket without reading; libpq
 * reads where there is something. */
bool md_pg_hung_up(struct md_pg *c)
{
	char byte;
	for (int tries = 0; tries < 4; tries++) {
		ssize_t n = recv(PQsocket(c->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return false;
		if (!PQconsumeInput(c->pg) || PQstatus(c->pg) == CONNECTION_BAD)
			return true;
	}
	return false;
}
