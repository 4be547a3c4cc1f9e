/* Authenticated encryption of cursors (AES-256-GCM). The only room that includes the
 * cryptographic library, so that it can be replaced. Both keys are derived from one secret and
 * the nonce from the plain text: sealing a text twice for the same use gives the same sealed
 * text, and nothing has to be remembered or drawn at random. Thread safe: a ring is not changed
 * once it is made. Each -1 has filled the error record: OUT_OF_MEMORY, or INTERNAL with the
 * library's text as the cause. */
#ifndef MD_CURSOR_SEAL_H
#define MD_CURSOR_SEAL_H

#include "base/buf.h"
#include "base/ctx.h"

enum { MD_RING_KEYS = 16, MD_SEAL_KEY = 32, MD_SEAL_BINDING = 32, MD_SECRET_LEAST = 16 };

/* Keys: the first seals, all open. */
struct md_ring {
	struct md_ring_key {
		unsigned char seal[MD_SEAL_KEY], nonce[MD_SEAL_KEY];
	} keys[MD_RING_KEYS];
	uint32_t n;
	bool lasting; /* of configured secrets: what they seal outlives the process */
};

int md_ring_add(struct md_ctx *cx, struct md_ring *r,
                struct md_str secret); /* -1 also when the ring is full or the secret too long */
int md_ring_random(struct md_ctx *cx, struct md_ring *r);                    /* adds a key drawn at random */

/* The SHA-256 digest of the text. */
int md_seal_digest(struct md_ctx *cx, struct md_str text, unsigned char out[MD_SEAL_BINDING]);

/* Appends `plain`, sealed for `binding`, as base64url without padding. Its length follows from
 * that of `plain`, rounded up to 48 bytes. -1 also when `plain` is longer than 1 MiB:
 * QUERY_FAILED. */
int md_seal(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
            struct md_str plain, struct md_buf *out);

enum md_unsealed {
	MD_UNSEAL_FAILED = -1,
	MD_UNSEALED,
	MD_SEAL_BROKEN /* cut, changed, of a foreign key or for another use */
};

/* *plain: what was sealed, with zeros behind it; in the request's arena. */
enum md_unsealed md_unseal(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                           struct md_str text, struct md_str *plain);

#endif
