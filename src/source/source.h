/* The contract of a source of configuration documents. A source is asked repeatedly, and names the
 * version of each document. */
#ifndef MD_SOURCE_SOURCE_H
#define MD_SOURCE_SOURCE_H

#include "base/ctx.h"

struct md_config_versions {
	struct md_str metadata, roles; /* empty: there is no such document */
};

struct md_config_documents {
	struct md_str metadata, roles; /* JSON; roles.p NULL: the metadata has them */
	struct md_config_versions versions;
};

/* One kind of source. One thread at a time calls it, except for interrupt. */
struct md_config_source {
	/* 1: *out holds the documents until release; 0: both documents have the versions in *known;
	 * -1: the record of cx says why (METADATA_LOAD_FAILED, ROLE_LOAD_FAILED). */
	int (*load)(struct md_ctx *cx, void *source, const struct md_config_versions *known,
	            struct md_config_documents *out);
	void (*release)(void *source, struct md_config_documents *loaded);
	void (*interrupt)(void *source); /* from any thread: ends a load that runs. NULL: that is not possible */
	void (*free)(void *source);
};

#endif
