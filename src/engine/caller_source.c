/* See caller_source.h. Promises: each document that a function was given is released, whatever came
 * of it; where only one of the two documents has changed the other is asked for again, so that no
 * text of a document is kept. */
#include "engine/caller_source.h"

#include "base/map.h"
#include "engine/given.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASKED_METADATA, ASKED_ROLES, ASKED };

struct asked_document {
	multidb_document document;
	char digest[24]; /* the version of a document that came without one */
	bool asked;
};

struct caller_source {
	multidb_source given;
	struct asked_document documents[ASKED];
};

static const struct {
	enum md_code code;
	const char *function, *what;
} asked_for[ASKED] = { { MD_METADATA_LOAD_FAILED, "load", "the configuration" },
	               { MD_ROLE_LOAD_FAILED, "load_roles", "the roles" } };

void *md_caller_source_new(struct md_ctx *cx, const multidb_source *given)
{
	multidb_source read;
	if (md_read_given(cx, "multidb_source", &read, sizeof read, given))
		return NULL;
	if (!read.load || read.poll_ms < 0) {
		md_fail(cx, MD_MISUSE, "multidb_source cannot be used: expected %s",
		        read.load ? "poll_ms from 0" : "the function load");
		return NULL;
	}
	struct caller_source *s = calloc(1, sizeof *s);
	if (!s)
		md_out_of_memory(cx);
	else
		s->given = read;
	return s;
}

int64_t md_caller_source_poll_ms(const void *source)
{
	return ((const struct caller_source *)source)->given.poll_ms;
}

static void release_document(struct caller_source *s, int which)
{
	struct asked_document *d = &s->documents[which];
	if (d->asked && s->given.release)
		s->given.release(s->given.user, &d->document);
	d->asked = false;
}

static void release_documents(void *source, struct md_config_documents *loaded)
{
	(void)loaded;
	for (int i = 0; i < ASKED; i++)
		release_document(source, i);
}

static int fail_to_load(struct md_ctx *cx, int which, const char *message)
{
	if (message && *message)
		return md_fail(cx, asked_for[which].code, "%s", message);
	return md_fail(cx, asked_for[which].code, "%s can't be loaded: the source's function %s gave no message",
	               asked_for[which].what, asked_for[which].function);
}

/* The same text has the same version. */
static const char *version_of_text(struct asked_document *d)
{
	uint64_t h = md_hash_stable((struct md_str){ d->document.text, d->document.n }, 1);
	snprintf(d->digest, sizeof d->digest, "#%016llx", (unsigned long long)h);
	return d->digest;
}

/* Asks one function. 1: its document differs from the known version, 0, -1. */
static int ask_function(struct md_ctx *cx, struct caller_source *s, int which, struct md_str known)
{
	int (*const functions[ASKED])(void *, const char *, multidb_document *) = { s->given.load,
		                                                                    s->given.load_roles };
	struct asked_document *d = &s->documents[which];
	d->document = (multidb_document){ .size = sizeof d->document };
	d->asked = true;
	int rc = functions[which](s->given.user, known.n ? known.p : "", &d->document);
	if (rc < 0)
		return fail_to_load(cx, which, d->document.message);
	if (rc > 1 || (rc == 1 && !d->document.text) || (rc == 0 && !known.n))
		return md_fail(cx, asked_for[which].code,
		               "%s can't be loaded: the source's function %s returned %d%s", asked_for[which].what,
		               asked_for[which].function, rc, rc > 1 ? "" : " without a document");
	if (rc == 1 && (!d->document.version || !*d->document.version))
		d->document.version = version_of_text(d);
	return rc && !md_str_eqz(known, d->document.version);
}

/* The document of a function that answered "unchanged", because the other has changed. */
static int ask_again(struct md_ctx *cx, struct caller_source *s, int which)
{
	release_document(s, which);
	return ask_function(cx, s, which, MD_NOSTR);
}

static struct md_str text_of(const struct asked_document *d)
{
	return d->asked ? (struct md_str){ d->document.text, d->document.n } : MD_NOSTR;
}

static struct md_str version_of(const struct asked_document *d)
{
	return d->asked ? md_str_z(d->document.version) : MD_NOSTR;
}

static int ask_functions(struct md_ctx *cx, struct caller_source *s, const struct md_config_versions *known)
{
	int metadata = ask_function(cx, s, ASKED_METADATA, known->metadata);
	int roles = metadata >= 0 && s->given.load_roles ? ask_function(cx, s, ASKED_ROLES, known->roles) : 0;
	if (metadata < 0 || roles < 0 || (!metadata && !roles))
		return metadata < 0 || roles < 0 ? -1 : 0;
	if (!metadata)
		return ask_again(cx, s, ASKED_METADATA);
	return s->given.load_roles && !roles ? ask_again(cx, s, ASKED_ROLES) : 1;
}

static int load_documents(struct md_ctx *cx, void *source, const struct md_config_versions *known,
                          struct md_config_documents *out)
{
	struct caller_source *s = source;
	int rc = ask_functions(cx, s, known);
	if (rc <= 0) {
		release_documents(s, NULL);
		return rc;
	}
	const struct asked_document *d = s->documents;
	*out = (struct md_config_documents){ text_of(&d[ASKED_METADATA]), text_of(&d[ASKED_ROLES]),
		                             { version_of(&d[ASKED_METADATA]), version_of(&d[ASKED_ROLES]) } };
	return 1;
}

const struct md_config_source md_caller_source = {
	.load = load_documents,
	.release = release_documents,
	.free = free,
};
