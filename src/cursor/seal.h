/* Sealing: text that only its maker can read, and that nobody can change without its being seen. The only room that includes the cryptographic library,
 * so that it can be replaced. AES-256-GCM; both its keys are derived from one secret, the nonce from what is sealed: the same text sealed for the same use is the
 * same sealed text, and nothing has to be remembered or drawn at random. Thread safe: a ring is not changed once it is made. */
#ifndef MD_CURSOR_SEAL_H
#define MD_CURSOR_SEAL_H

#include "base/buf.h"

enum { MD_RING_KEYS = 16, MD_SEAL_KEY = 32, MD_SEAL_BOUND = 32, MD_SECRET_LEAST = 16 };

/* Keys: the first seals, all open. */
struct md_ring {
	struct md_ring_key {
		unsigned char seal[MD_SEAL_KEY], nonce[MD_SEAL_KEY];
	} keys[MD_RING_KEYS];
	uint32_t n;
	bool lasting; /* of configured secrets: what they seal outlives the process */
};

int md_ring_add(struct md_ring *r, struct md_str secret); /* -1: the ring is full, or the library failed (memory) */
int md_ring_random(struct md_ring *r);                    /* a key that nobody else has; likewise */

/* 32 bytes that stand for the text. */
int md_seal_digest(struct md_str text, unsigned char out[MD_SEAL_BOUND]);

/* Appends `plain`, sealed for `bound`, as base64url without padding; how long it is tells the length of `plain` but roughly. -1: out of memory. */
int md_seal(const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], struct md_str plain, struct md_buf *out);

enum md_unsealed { MD_UNSEALED, MD_SEAL_BROKEN /* cut, changed, sealed by another or for another use */, MD_SEAL_NO_MEMORY };

/* *plain: what was sealed, with zeros behind it. */
enum md_unsealed md_unseal(const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], struct md_str text, struct md_arena *a, struct md_str *plain);

#endif
