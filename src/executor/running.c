#include "executor/running.h"

int md_running_init(struct md_running *r)
{
	memset(r, 0, sizeof *r);
	return pthread_mutex_init(&r->lock, NULL) ? -1 : 0;
}

void md_running_destroy(struct md_running *r)
{
	pthread_mutex_destroy(&r->lock);
}

void md_running_reset(struct md_running *r)
{
	if (!atomic_load_explicit(&r->cancelled, memory_order_relaxed))
		return; /* a cancel from here on applies to the next query */
	pthread_mutex_lock(&r->lock);
	r->cancelled = false;
	pthread_mutex_unlock(&r->lock);
}

void md_running_cancel(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	r->cancelled = true;
	if (r->conn)
		r->driver->cancel(r->conn);
	pthread_mutex_unlock(&r->lock);
}

bool md_running_cancelled(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	bool cancelled = r->cancelled;
	pthread_mutex_unlock(&r->lock);
	return cancelled;
}

bool md_running_has_statement(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	bool has_statement = r->conn != NULL;
	pthread_mutex_unlock(&r->lock);
	return has_statement;
}

bool md_running_set(struct md_running *r, const struct md_driver *d, void *conn)
{
	pthread_mutex_lock(&r->lock);
	bool may_run = !r->cancelled;
	if (may_run || !conn) {
		r->driver = d;
		r->conn = conn;
	}
	pthread_mutex_unlock(&r->lock);
	return may_run;
}
