/* Collects a request; promises in request.h. */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static struct arg *add_arg(struct request *q, const char *name, size_t n)
{
	q->args = realloc(q->args, (q->n + 1) * sizeof *q->args);
	if (!q->args)
		abort();
	q->args[q->n] = (struct arg){ .name = strndup(name, n) };
	text_add(&q->args[q->n].value, "", 0);
	return &q->args[q->n++];
}

static enum MHD_Result on_url_arg(void *into, enum MHD_ValueKind kind, const char *name, size_t name_n,
                                  const char *value, size_t value_n)
{
	(void)kind;
	text_add(&add_arg(into, name, name_n)->value, value, value_n);
	return MHD_YES;
}

/* A form's fields come in pieces; the first one has offset 0. */
static enum MHD_Result on_form_arg(void *into, enum MHD_ValueKind kind, const char *name, const char *file,
                                   const char *type, const char *encoding, const char *p, uint64_t offset, size_t n)
{
	struct request *q = into;
	(void)kind, (void)file, (void)type, (void)encoding;
	struct arg *a = offset ? &q->args[q->n - 1] : add_arg(q, name, strlen(name));
	text_add(&a->value, p, n);
	return MHD_YES;
}

static void random_id(char *id, size_t room)
{
	unsigned char b[16];
	if (getrandom(b, sizeof b, 0) != sizeof b)
		abort();
	snprintf(id, room, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
	         b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

struct request *request_new(struct MHD_Connection *http)
{
	struct request *q = calloc(1, sizeof *q);
	if (!q)
		abort();
	q->http = http;
	MHD_get_connection_values_n(http, MHD_GET_ARGUMENT_KIND, on_url_arg, q);
	const char *id = request_arg(q, "query_id"), *type = request_header(q, "Content-Type");
	random_id(q->query_id, sizeof q->query_id);
	if (id && *id)
		snprintf(q->query_id, sizeof q->query_id, "%s", id);
	if (type && !strncasecmp(type, "multipart/form-data", 19))
		q->form = MHD_create_post_processor(http, 65536, on_form_arg, q);
	return q;
}

void request_body(struct request *q, const char *p, size_t n)
{
	if (q->form)
		MHD_post_process(q->form, p, n);
	else
		text_add(&q->body, p, n);
}

void request_free(struct request *q)
{
	for (size_t i = 0; i < q->n; i++) {
		free(q->args[i].name);
		text_free(&q->args[i].value);
	}
	if (q->form)
		MHD_destroy_post_processor(q->form);
	free(q->args);
	text_free(&q->body);
	free(q);
}

const char *request_arg(const struct request *q, const char *name)
{
	for (size_t i = q->n; i-- > 0;)
		if (!strcmp(q->args[i].name, name))
			return q->args[i].value.p;
	return NULL;
}

const char *request_header(const struct request *q, const char *name)
{
	return MHD_lookup_connection_value(q->http, MHD_HEADER_KIND, name);
}
