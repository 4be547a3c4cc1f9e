/* Accepts any bytes. Refuses every text that md_seal did not make with one of the ring's keys for the same use: each bit of it counts (lengths are multiples of
 * three bytes, so that no bit of the base64 is without meaning). The library's error queue, which other libraries of the process read too, is left as it was. */
#include "cursor/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { SEAL_VERSION = 1, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_HEAD = 1 + SEAL_NONCE, SEAL_BLOCK = 48, SEAL_LONGEST = 1 << 20 };

/* ---- keys ---- */

static int hmac(const void *key, size_t n_key, struct md_str text, unsigned char out[MD_SEAL_KEY])
{
	unsigned n = 0;
	return HMAC(EVP_sha256(), key, (int)n_key, (const unsigned char *)text.p, text.n, out, &n) && n == MD_SEAL_KEY ? 0 : -1;
}

int md_ring_add(struct md_ring *r, struct md_str secret)
{
	struct md_ring_key *k = &r->keys[r->n];
	if (r->n == MD_RING_KEYS || secret.n > SEAL_LONGEST)
		return -1;
	ERR_set_mark();
	int rc = hmac(secret.p, secret.n, MD_STR("multidb cursor 1: seal"), k->seal) || hmac(secret.p, secret.n, MD_STR("multidb cursor 1: nonce"), k->nonce) ? -1 : 0;
	ERR_pop_to_mark();
	r->n += rc == 0;
	return rc;
}

int md_ring_random(struct md_ring *r)
{
	unsigned char secret[MD_SEAL_KEY];
	ERR_set_mark();
	int ok = RAND_bytes(secret, sizeof secret) == 1;
	ERR_pop_to_mark();
	int rc = ok ? md_ring_add(r, (struct md_str){ (const char *)secret, sizeof secret }) : -1;
	OPENSSL_cleanse(secret, sizeof secret);
	return rc;
}

int md_seal_digest(struct md_str text, unsigned char out[MD_SEAL_BOUND])
{
	unsigned n = 0;
	ERR_set_mark();
	int ok = EVP_Digest(text.p ? text.p : "", text.n, out, &n, EVP_sha256(), NULL);
	ERR_pop_to_mark();
	return ok && n == MD_SEAL_BOUND ? 0 : -1;
}

/* ---- base64url of a multiple of three bytes ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(char *to, const unsigned char *from, size_t n)
{
	for (size_t i = 0; i < n; i += 3, to += 4) {
		unsigned v = (unsigned)from[i] << 16 | (unsigned)from[i + 1] << 8 | from[i + 2];
		for (unsigned k = 0; k < 4; k++)
			to[k] = digits[v >> (18 - 6 * k) & 63];
	}
}

static bool decode(unsigned char *to, struct md_str from)
{
	for (size_t i = 0; i < from.n; i += 4, to += 3) {
		unsigned v = 0;
		for (unsigned k = 0; k < 4; k++) {
			const char *at = memchr(digits, from.p[i + k], 64);
			if (!at)
				return false;
			v = v << 6 | (unsigned)(at - digits);
		}
		to[0] = (unsigned char)(v >> 16), to[1] = (unsigned char)(v >> 8), to[2] = (unsigned char)v;
	}
	return true;
}

/* ---- sealing ---- */

/* A nonce that differs wherever the text or its use does (a synthetic initialisation vector, as in RFC 5297). */
static int make_nonce(const struct md_ring_key *k, const unsigned char *bound, const unsigned char *plain, size_t n, unsigned char out[SEAL_NONCE])
{
	unsigned char whole[MD_SEAL_KEY], inner[MD_SEAL_BOUND + MD_SEAL_KEY];
	memcpy(inner, bound, MD_SEAL_BOUND);
	if (hmac(k->nonce, MD_SEAL_KEY, (struct md_str){ (const char *)plain, n }, inner + MD_SEAL_BOUND) ||
	    hmac(k->nonce, MD_SEAL_KEY, (struct md_str){ (const char *)inner, sizeof inner }, whole))
		return -1;
	memcpy(out, whole, SEAL_NONCE);
	return 0;
}

/* In place: n bytes at `text`, the tag behind them. The version and the use are authenticated with it. 1, 0: the tag does not fit, -1: the library failed. */
static int crypt_text(const struct md_ring_key *k, const unsigned char *bound, const unsigned char *head, unsigned char *text, int n, bool seal)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int got, rc = -1;
	if (c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, k->seal, head + 1, seal) && EVP_CipherUpdate(c, NULL, &got, head, 1) &&
	    EVP_CipherUpdate(c, NULL, &got, bound, MD_SEAL_BOUND) && EVP_CipherUpdate(c, text, &got, text, n) &&
	    (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, text + n))) {
		rc = EVP_CipherFinal_ex(c, text + n, &got) == 1; /* writes nothing: a stream */
		if (seal)
			rc = rc == 1 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, text + n) ? 1 : -1;
	}
	EVP_CIPHER_CTX_free(c);
	return rc;
}

static int seal(const struct md_ring_key *k, const unsigned char *bound, unsigned char *raw, size_t n)
{
	raw[0] = SEAL_VERSION;
	ERR_set_mark();
	int rc = make_nonce(k, bound, raw + SEAL_HEAD, n, raw + 1) == 0 && crypt_text(k, bound, raw, raw + SEAL_HEAD, (int)n, true) == 1 ? 0 : -1;
	ERR_pop_to_mark();
	return rc;
}

int md_seal(const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], struct md_str plain, struct md_buf *out)
{
	size_t total = (SEAL_HEAD + plain.n + SEAL_TAG + SEAL_BLOCK - 1) / SEAL_BLOCK * SEAL_BLOCK, n = total - SEAL_HEAD - SEAL_TAG;
	if (!r->n || plain.n > SEAL_LONGEST || !md_buf_room(out, total / 3 * 4 + total))
		return -1;
	unsigned char *raw = (unsigned char *)out->p + out->n + total / 3 * 4; /* behind where the text will stand */
	memset(raw + SEAL_HEAD, 0, n);
	if (plain.n)
		memcpy(raw + SEAL_HEAD, plain.p, plain.n);
	if (seal(&r->keys[0], bound, raw, n))
		return -1;
	encode(out->p + out->n, raw, total);
	out->n += total / 3 * 4;
	return 0;
}

enum md_unsealed md_unseal(const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], struct md_str text, struct md_arena *a, struct md_str *plain)
{
	size_t total = text.n / 4 * 3;
	if (text.n % 4 || total % SEAL_BLOCK || !total || total > SEAL_LONGEST + 2 * SEAL_BLOCK)
		return MD_SEAL_BROKEN;
	unsigned char *raw = md_alloc(a, total), *copy = md_alloc(a, total);
	if (!raw || !copy)
		return MD_SEAL_NO_MEMORY;
	if (!decode(raw, text) || raw[0] != SEAL_VERSION)
		return MD_SEAL_BROKEN;
	size_t n = total - SEAL_HEAD - SEAL_TAG;
	int rc = 0;
	ERR_set_mark();
	for (uint32_t i = 0; i < r->n && rc == 0; i++) {
		memcpy(copy, raw, total);
		rc = crypt_text(&r->keys[i], bound, copy, copy + SEAL_HEAD, (int)n, false);
	}
	ERR_pop_to_mark();
	*plain = (struct md_str){ (const char *)copy + SEAL_HEAD, n };
	return rc == 1 ? MD_UNSEALED : rc ? MD_SEAL_NO_MEMORY : MD_SEAL_BROKEN;
}
