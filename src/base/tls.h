/* How a connection is encrypted and which certificates it accepts. */
#ifndef MD_BASE_TLS_H
#define MD_BASE_TLS_H

#include "base/str.h"

enum md_tls_verify {
	MD_TLS_FULL, /* the certificate comes from a trusted authority and names the host that was asked for */
	MD_TLS_CA,   /* the certificate comes from a trusted authority */
	MD_TLS_NONE  /* encrypted; the certificate is not checked */
};

struct md_tls {
	enum md_tls_verify verify;
	/* Paths, NUL-terminated, empty where there is none. */
	struct md_str ca;        /* authorities to trust; empty: those of the system */
	struct md_str cert, key; /* the client's certificate and its key: both or neither */
};

#endif
