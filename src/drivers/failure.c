#include "drivers/failure.h"

#include "base/sys.h"

int md_fail_timed_out(struct md_ctx *cx, struct md_str database, int64_t started_ms, struct md_str cause)
{
	int64_t ms = md_monotonic_ms() - started_ms;
	md_fail_with(cx, MD_QUERY_TIMEOUT, MD_DETAILS(.database = database), cause,
	             "the query on '%.*s' took longer than it may: stopped after %lld ms", MD_FMT(database),
	             (long long)ms);
	cx->err->timeout_ms = ms > 0 ? ms : 1; /* 0 means: not a timeout */
	return -1;
}

int md_fail_cancelled(struct md_ctx *cx, struct md_str database, struct md_str cause)
{
	return md_fail_with(cx, MD_CANCELLED, MD_DETAILS(.database = database), cause, "the query on '%.*s' was "
		"cancelled",
	                    MD_FMT(database));
}

int md_fail_lost(struct md_ctx *cx, struct md_str database, struct md_str cause)
{
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = database), cause,
	                    "the connection to '%.*s' was lost before the end of the answer", MD_FMT(database));
}

int md_fail_refused(struct md_ctx *cx, struct md_str database, struct md_str cause, struct md_str hint)
{
	return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = database, .hint = hint), cause,
	                    "'%.*s' refused the query", MD_FMT(database));
}

int md_fail_columns(struct md_ctx *cx, struct md_str database, size_t got, size_t expected)
{
	return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = database), MD_NOSTR,
	                    "'%.*s' answered with %zu columns, expected %zu", MD_FMT(database), got, expected);
}
