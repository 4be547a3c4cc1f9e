/* Accepts any bytes. Refuses every text that md_seal did not make with one of the ring's keys
 * for the same use. Each bit of the text counts: lengths are multiples of three bytes, so that
 * the base64 has no bit without meaning. The library's error queue, which other libraries of the
 * process read too, is left as it was. */
#include "cursor/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum {
	SEAL_VERSION = 1,
	SEAL_NONCE = 12,
	SEAL_TAG = 16,
	SEAL_HEAD = 1 + SEAL_NONCE,
	SEAL_BLOCK = 48,
	SEAL_LONGEST = 1 << 20
};

/* ---- the library's failures ---- */

/* Where the library's error queue stood before the first call. */
struct library_mark {
	unsigned long last_error;
};

static struct library_mark begin_library_calls(void)
{
	ERR_set_mark();
	return (struct library_mark){ ERR_peek_last_error() };
}

/* Puts the queue back; where the calls failed, the newest of their errors goes to the record. */
static int end_library_calls(struct md_ctx *cx, struct library_mark mark, bool failed)
{
	char text[256] = "";
	unsigned long error = failed ? ERR_peek_last_error() : 0;
	ERR_pop_to_mark();
	if (!failed)
		return 0;
	if (error != mark.last_error && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
		return md_out_of_memory(cx);
	if (error != mark.last_error)
		ERR_error_string_n(error, text, sizeof text);
	return md_fail_with(cx, MD_INTERNAL, NULL, md_str_z(text), "the cryptographic library failed");
}

/* ---- keys ---- */

static bool hmac_sha256(const void *key, size_t n_key, struct md_str text, unsigned char out[MD_SEAL_KEY])
{
	unsigned n = 0;
	return HMAC(EVP_sha256(), key, (int)n_key, (const unsigned char *)text.p, text.n, out, &n) && n == MD_SEAL_KEY;
}

int md_ring_add(struct md_ctx *cx, struct md_ring *r, struct md_str secret)
{
	struct md_ring_key *k = &r->keys[r->n];
	if (r->n == MD_RING_KEYS || secret.n > SEAL_LONGEST)
		return md_fail(cx, MD_INTERNAL, "a key of %zu bytes has no place among the %u keys of cursors",
		               secret.n, r->n);
	struct library_mark mark = begin_library_calls();
	bool ok = hmac_sha256(secret.p, secret.n, MD_STR("multidb cursor 1: seal"), k->seal) &&
	          hmac_sha256(secret.p, secret.n, MD_STR("multidb cursor 1: nonce"), k->nonce);
	r->n += ok;
	return end_library_calls(cx, mark, !ok);
}

int md_ring_random(struct md_ctx *cx, struct md_ring *r)
{
	unsigned char secret[MD_SEAL_KEY];
	struct library_mark mark = begin_library_calls();
	bool ok = RAND_bytes(secret, sizeof secret) == 1;
	int rc = end_library_calls(cx, mark, !ok) ||
	                         md_ring_add(cx, r, (struct md_str){ (const char *)secret, sizeof secret })
	                 ? -1
	                 : 0;
	OPENSSL_cleanse(secret, sizeof secret);
	return rc;
}

int md_seal_digest(struct md_ctx *cx, struct md_str text, unsigned char out[MD_SEAL_BINDING])
{
	unsigned n = 0;
	struct library_mark mark = begin_library_calls();
	bool ok = EVP_Digest(text.p ? text.p : "", text.n, out, &n, EVP_sha256(), NULL) && n == MD_SEAL_BINDING;
	return end_library_calls(cx, mark, !ok);
}

/* ---- base64url of a multiple of three bytes ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode_base64url(char *to, const unsigned char *from, size_t n)
{
	for (size_t i = 0; i < n; i += 3, to += 4) {
		unsigned v = (unsigned)from[i] << 16 | (unsigned)from[i + 1] << 8 | from[i + 2];
		for (unsigned k = 0; k < 4; k++)
			to[k] = digits[v >> (18 - 6 * k) & 63];
	}
}

static bool decode_base64url(unsigned char *to, struct md_str from)
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

/* A nonce that differs wherever the text or its use does (a synthetic initialisation vector, as
 * in RFC 5297). */
static bool make_nonce(const struct md_ring_key *k, const unsigned char *binding, const unsigned char *plain, size_t n,
                       unsigned char out[SEAL_NONCE])
{
	unsigned char whole[MD_SEAL_KEY], inner[MD_SEAL_BINDING + MD_SEAL_KEY];
	memcpy(inner, binding, MD_SEAL_BINDING);
	if (!hmac_sha256(k->nonce, MD_SEAL_KEY, (struct md_str){ (const char *)plain, n }, inner + MD_SEAL_BINDING) ||
	    !hmac_sha256(k->nonce, MD_SEAL_KEY, (struct md_str){ (const char *)inner, sizeof inner }, whole))
		return false;
	memcpy(out, whole, SEAL_NONCE);
	return true;
}

/* In place: n bytes at `text`, the tag behind them. The version and the use are authenticated
 * with it. 1, 0: the tag does not fit, -1: the library failed. */
static int crypt_text(const struct md_ring_key *k, const unsigned char *binding, const unsigned char *head,
                      unsigned char *text, int n, bool seal)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int got, rc = -1;
	if (c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, k->seal, head + 1, seal) &&
	    EVP_CipherUpdate(c, NULL, &got, head, 1) && EVP_CipherUpdate(c, NULL, &got, binding, MD_SEAL_BINDING) &&
	    EVP_CipherUpdate(c, text, &got, text, n) &&
	    (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, text + n))) {
		rc = EVP_CipherFinal_ex(c, text + n, &got) == 1; /* writes nothing: a stream */
		if (seal)
			rc = rc == 1 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, text + n) ? 1 : -1;
	}
	EVP_CIPHER_CTX_free(c);
	return rc;
}

static int seal_text(struct md_ctx *cx, const struct md_ring_key *k, const unsigned char *binding, unsigned char *raw,
                     size_t n)
{
	raw[0] = SEAL_VERSION;
	struct library_mark mark = begin_library_calls();
	bool ok = make_nonce(k, binding, raw + SEAL_HEAD, n, raw + 1) &&
	          crypt_text(k, binding, raw, raw + SEAL_HEAD, (int)n, true) == 1;
	return end_library_calls(cx, mark, !ok);
}

int md_seal(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
            struct md_str plain, struct md_buf *out)
{
	size_t total = (SEAL_HEAD + plain.n + SEAL_TAG + SEAL_BLOCK - 1) / SEAL_BLOCK * SEAL_BLOCK,
	       n = total - SEAL_HEAD - SEAL_TAG;
	if (!r->n)
		return md_fail(cx, MD_INTERNAL, "there is no key to seal a cursor with");
	if (plain.n > SEAL_LONGEST)
		return md_fail(cx, MD_QUERY_FAILED,
		               "cannot create a cursor: the sort values of the page's last row have %zu bytes, "
		               "expected at most %d",
		               plain.n, SEAL_LONGEST);
	if (!md_buf_room(out, total / 3 * 4 + total))
		return md_out_of_memory(cx);
	unsigned char *raw = (unsigned char *)out->p + out->n + total / 3 * 4; /* behind where the text will stand */
	memset(raw + SEAL_HEAD, 0, n);
	if (plain.n)
		memcpy(raw + SEAL_HEAD, plain.p, plain.n);
	if (seal_text(cx, &r->keys[0], binding, raw, n))
		return -1;
	encode_base64url(out->p + out->n, raw, total);
	out->n += total / 3 * 4;
	return 0;
}

enum md_unsealed md_unseal(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                           struct md_str text, struct md_str *plain)
{
	size_t total = text.n / 4 * 3;
	if (text.n % 4 || total % SEAL_BLOCK || !total || total > SEAL_LONGEST + 2 * SEAL_BLOCK)
		return MD_SEAL_BROKEN;
	unsigned char *raw = md_alloc(cx->arena, total), *copy = md_alloc(cx->arena, total);
	if (!raw || !copy)
		return (enum md_unsealed)md_out_of_memory(cx);
	if (!decode_base64url(raw, text) || raw[0] != SEAL_VERSION)
		return MD_SEAL_BROKEN;
	size_t n = total - SEAL_HEAD - SEAL_TAG;
	int rc = 0;
	struct library_mark mark = begin_library_calls();
	for (uint32_t i = 0; i < r->n && rc == 0; i++) {
		memcpy(copy, raw, total);
		rc = crypt_text(&r->keys[i], binding, copy, copy + SEAL_HEAD, (int)n, false);
	}
	*plain = (struct md_str){ (const char *)copy + SEAL_HEAD, n };
	if (end_library_calls(cx, mark, rc < 0))
		return MD_UNSEAL_FAILED;
	return rc == 1 ? MD_UNSEALED : MD_SEAL_BROKEN;
}
