/* chhttpd: ClickHouse's HTTP interface in front of libchdb, for tests. Loopback only.
 *
 *     CHHTTPD_PASSWORD=secret chhttpd --library libchdb.so --path FOLDER [--port N] [--user NAME]
 *     [--cert FILE --key FILE]
 *
 * Without --port it takes a free one. Prints `listening on 127.0.0.1:PORT` once it can answer; ends
 * on SIGTERM or SIGINT.
 *
 * Like the server: parameters (param_NAME) and settings in the URL or in a form, default_format,
 * query_id, user and password in each of the usual places, exceptions as status, code header and
 * text or, behind the first 64 KiB, inside the body, gzip, KILL QUERY by query_id, cancelling when
 * the client leaves, /ping. Unlike it: no LZ4 blocks (give compress=0), no compressed requests, no
 * sessions, no external tables, no users but the one. system.processes has libchdb's own ids; where
 * a statement names it, query_id is read as ours. */
#include "failure.h"
#include "request.h"
#include "watch.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct server server = { .user = "default", .password = "" };

static char path_option[4096];

struct options {
	const char *library, *path, *cert, *key;
	int port;
};

static chdb_conn open_connection(void)
{
	static char program[] = "clickhouse";
	char *argv[] = { program, path_option, NULL };
	return chdb.connect(2, argv);
}

static enum MHD_Result on_request(void *unused, struct MHD_Connection *http, const char *url, const char *method,
                                  const char *version, const char *p, size_t *n, void **mine)
{
	(void)unused, (void)version;
	if (!*mine) {
		*mine = request_new(http);
		return MHD_YES;
	}
	if (*n) {
		request_body(*mine, p, *n);
		*n = 0;
		return MHD_YES;
	}
	return request_answer(*mine, url, method);
}

static void on_done(void *unused, struct MHD_Connection *http, void **mine, enum MHD_RequestTerminationCode why)
{
	(void)unused, (void)http, (void)why;
	if (*mine)
		request_free(*mine);
	*mine = NULL;
}

static char *read_file(const char *path)
{
	struct growing_text t = { 0 };
	char piece[4096];
	FILE *f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(2);
	}
	for (size_t n; (n = fread(piece, 1, sizeof piece, f));)
		text_add(&t, piece, n);
	fclose(f);
	return t.p;
}

/* A thread a connection, since the library blocks. */
static struct MHD_Daemon *listen_on(const struct options *o)
{
	enum { HEADERS_AND_URL = 4 << 20, IDLE_SECONDS = 60 };
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)o->port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
	                 (o->cert ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, o->cert ? read_file(o->cert) : NULL },
		                        { MHD_OPTION_HTTPS_MEM_KEY, 0, o->cert ? read_file(o->key) : NULL },
		                        { MHD_OPTION_END, 0, NULL } };
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &address,
	                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_AND_URL,
	                        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
	                        on_done, NULL, MHD_OPTION_ARRAY, o->cert ? tls : tls + 2, MHD_OPTION_END);
}

static void ask_connection(chdb_conn conn, const char *sql, char *into, size_t room)
{
	struct chdb_result *r = chdb.query(*conn, sql, strlen(sql), "TSV", 3, NULL, NULL, NULL, NULL, 0);
	snprintf(into, room, "%.*s", chdb.error(r) ? 0 : (int)chdb.length(r), chdb.data(r));
	into[strcspn(into, "\n")] = 0;
	chdb.free(r);
}

static struct options read_options(int argc, char **argv)
{
	static const struct option all[] = { { "library", 1, NULL, 'l' }, { "path", 1, NULL, 'd' },
		                             { "port", 1, NULL, 'p' },    { "user", 1, NULL, 'u' },
		                             { "cert", 1, NULL, 'c' },    { "key", 1, NULL, 'k' },
		                             { NULL, 0, NULL, 0 } };
	struct options o = { 0 };
	for (int c; (c = getopt_long(argc, argv, "", all, NULL)) != -1;)
		switch (c) {
		case 'l':
			o.library = optarg;
			break;
		case 'd':
			o.path = optarg;
			break;
		case 'p':
			o.port = atoi(optarg);
			break;
		case 'u':
			server.user = optarg;
			break;
		case 'c':
			o.cert = optarg;
			break;
		case 'k':
			o.key = optarg;
			break;
		default:
			o.library = NULL;
			optind = argc + 1;
		}
	if (o.library && o.path && optind == argc && !o.cert == !o.key)
		return o;
	fprintf(stderr, "usage: chhttpd --library libchdb.so --path FOLDER [--port N] [--user NAME] [--cert FILE --key "
	                "FILE]\n");
	exit(2);
}

/* A query that doesn't hear its KILL must not keep the process. */
static void end(struct MHD_Daemon *daemon)
{
	signal(SIGALRM, _exit);
	alarm(5);
	watch_kill_all();
	MHD_stop_daemon(daemon);
	chdb.shutdown();
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	sigset_t ends;
	int which;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	server.password = getenv("CHHTTPD_PASSWORD") ? getenv("CHHTTPD_PASSWORD") : "";
	server.open = open_connection;
	gethostname(server.host, sizeof server.host - 1);
	snprintf(path_option, sizeof path_option, "--path=%s", o.path);
	chdb_conn conn = chdb_load(o.library) ? NULL : open_connection();
	if (!conn || watch_start(conn)) {
		fprintf(stderr, "chhttpd: no connection to %s\n", o.path);
		return 1;
	}
	ask_connection(conn, "SELECT version()", failure_version, sizeof failure_version);
	ask_connection(conn, "SELECT timezone()", server.timezone, sizeof server.timezone);
	struct MHD_Daemon *daemon = listen_on(&o);
	if (!daemon) {
		fprintf(stderr, "chhttpd: cannot listen on port %d\n", o.port);
		return 1;
	}
	printf("listening on 127.0.0.1:%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	sigwait(&ends, &which);
	end(daemon);
	return 0;
}
