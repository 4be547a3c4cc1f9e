/* What the PostgreSQL cases share: the server, or the PgBouncer in front of it. */
#ifndef TESTS_CONTRACT_POSTGRES_H
#define TESTS_CONTRACT_POSTGRES_H

#include "suite.h"

#include <libpq-fe.h>

#ifdef CONTRACT_PGBOUNCER
enum { BOUNCER = true };
#else
enum { BOUNCER = false };
#endif

/* Urls to what the driver talks to; rest: database and parameters. Static text, two at a time. */
const char *pg_url(const char *user, const char *password, const char *rest);
const char *pg_reader_url(const char *rest);
PGconn *pg_raw(const char *url);          /* connected, or the test fails */
const char *pg_owner_password(void);      /* of the superuser postgres */
void pg_bouncer(const char *command);     /* in PgBouncer's admin console */
/* postgres_native.c: who a statement runs as, and what the database's own row security knows */
int run_native(void);

#endif
