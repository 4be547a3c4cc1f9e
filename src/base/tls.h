/* How a connection is encrypted and whom it trusts. */
#ifndef MD_BASE_TLS_H
#define MD_BASE_TLS_H

#include "base/str.h"

enum md_tls_verify {
	MD_TLS_FULL, /* the certificate comes from a trusted authority and names the host that was asked for */
	MD_TLS_CA,   /* it comes from a trusted authority */
	MD_TLS_NONE  /* encrypted, but to whom is not known */
};

struct md_tls {
	enum md_tls_verify verify;
	/* paths, NUL-terminated, empty where there is none. Authorities to trust; none: the
	 * system's */
	struct md_str ca;
	struct md_str cert, key; /* the client's own certificate and its key: both or neither */
};

#endif
