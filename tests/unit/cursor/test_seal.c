/* Sealed text: it comes back whole or not at all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cursor/seal.h"
#include "oom.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

static struct md_arena arena;
static struct md_error error;
static struct md_ctx cx = { .arena = &arena, .err = &error };
static struct md_ring ring;
static unsigned char bound[MD_SEAL_BINDING], other_bound[MD_SEAL_BINDING];

static int setup(void **state)
{
	(void)state;
	assert_int_equal(md_ring_add(&cx, &ring, MD_STR("the secret of these tests")), 0);
	assert_int_equal(md_seal_digest(&cx, MD_STR("a query"), bound), 0);
	assert_int_equal(md_seal_digest(&cx, MD_STR("another query"), other_bound), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static struct md_str sealed(const struct md_ring *r, const unsigned char *use, struct md_str plain)
{
	struct md_buf b = { .arena = &arena };
	assert_int_equal(md_seal(&cx, r, use, plain, &b), 0);
	return md_buf_view(&b);
}

static void opens(const struct md_ring *r, const unsigned char *use, struct md_str text, struct md_str want)
{
	struct md_str plain;
	assert_int_equal(md_unseal(&cx, r, use, text, &plain), MD_UNSEALED);
	assert_true(plain.n >= want.n);
	assert_int_equal(want.n ? memcmp(plain.p, want.p, want.n) : 0, 0);
	for (size_t i = want.n; i < plain.n; i++)
		assert_int_equal(plain.p[i], 0);
}

static void assert_seal_refused(const struct md_ring *r, const unsigned char *use, struct md_str text)
{
	struct md_str plain;
	assert_int_equal(md_unseal(&cx, r, use, text, &plain), MD_SEAL_BROKEN);
}

static void opens_texts_of_every_length(void **state)
{
	(void)state;
	char text[300];
	for (size_t n = 0; n <= sizeof text; n++) {
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(i * 7 + n);
		struct md_str s = sealed(&ring, bound, (struct md_str){ text, n });
		opens(&ring, bound, s, (struct md_str){ text, n });
		assert_int_equal(s.n % 64, 0); /* so that the length tells little */
		for (size_t i = 0; i < s.n; i++)
			assert_non_null(
				memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", s.p[i], 64));
	}
}

static void refuses_a_change_of_any_bit(void **state)
{
	(void)state;
	struct md_str s = md_str_dup(&arena, sealed(&ring, bound, MD_STR("42 and a name")));
	char *p = (char *)(uintptr_t)s.p;
	for (size_t i = 0; i < s.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			p[i] = (char)(p[i] ^ 1 << bit);
			assert_seal_refused(&ring, bound, s);
			p[i] = (char)(p[i] ^ 1 << bit);
		}
	opens(&ring, bound, s, MD_STR("42 and a name"));
}

static void refuses_a_cut_at_any_place(void **state)
{
	(void)state;
	struct md_str s = sealed(&ring, bound, MD_STR("a text that fills more than one block of the padding, to have "
	                                              "several places to cut"));
	for (size_t n = 0; n < s.n; n++) {
		assert_seal_refused(&ring, bound, (struct md_str){ s.p, n });
		assert_seal_refused(&ring, bound, (struct md_str){ s.p + s.n - n, n });
	}
	assert_seal_refused(&ring, bound, md_str_fmt(&arena, "%.*sAAAA", MD_FMT(s)));
	assert_seal_refused(&ring, bound, md_str_fmt(&arena, "%.*s%.*s", MD_FMT(s), MD_FMT(s)));
	assert_seal_refused(&ring, bound, md_str_fmt(&arena, "%.*s=", MD_FMT(s)));
	assert_seal_refused(&ring, bound, MD_NOSTR);
}

static void refuses_another_use_and_another_key(void **state)
{
	(void)state;
	struct md_ring foreign = { .n = 0 }, random = { .n = 0 }, none = { .n = 0 };
	struct md_str s = sealed(&ring, bound, MD_STR("x"));
	assert_int_equal(md_ring_add(&cx, &foreign, MD_STR("the secret of these tests.")), 0);
	assert_int_equal(md_ring_random(&cx, &random), 0);
	assert_seal_refused(&ring, other_bound, s);
	assert_seal_refused(&foreign, bound, s);
	assert_seal_refused(&random, bound, s);
	assert_seal_refused(&none, bound, s);
	assert_seal_refused(&ring, bound, sealed(&random, bound, MD_STR("x")));
}

static void seals_with_the_first_key_and_opens_with_all(void **state)
{
	(void)state;
	struct md_ring both = { .n = 0 };
	struct md_str old = sealed(&ring, bound, MD_STR("x"));
	assert_int_equal(md_ring_add(&cx, &both, MD_STR("the key that comes next")), 0);
	assert_int_equal(md_ring_add(&cx, &both, MD_STR("the secret of these tests")), 0);
	opens(&both, bound, old, MD_STR("x"));
	opens(&both, bound, sealed(&both, bound, MD_STR("y")), MD_STR("y"));
	assert_seal_refused(&ring, bound, sealed(&both, bound, MD_STR("y")));
	while (both.n < MD_RING_KEYS)
		assert_int_equal(md_ring_random(&cx, &both), 0);
	assert_int_equal(md_ring_random(&cx, &both), -1);
	assert_int_equal(md_ring_add(&cx, &both, MD_STR("one too many")), -1);
	assert_int_equal(error.code, MD_INTERNAL);
	memset(&error, 0, sizeof error);
	assert_int_equal(both.n, MD_RING_KEYS);
}

/* Equal texts for one use are equal sealed; nothing else is. */
static void seals_only_equal_texts_to_equal_text(void **state)
{
	(void)state;
	struct md_str a = sealed(&ring, bound, MD_STR("x")), again = sealed(&ring, bound, MD_STR("x"));
	struct md_str other = sealed(&ring, bound, MD_STR("y")), elsewhere = sealed(&ring, other_bound, MD_STR("x"));
	assert_true(md_str_eq(a, again));
	assert_memory_not_equal(a.p, other.p, 17); /* the nonces already differ: no key stream is used twice */
	assert_memory_not_equal(a.p, elsewhere.p, 17);
	struct md_ring random[2] = { { .n = 0 }, { .n = 0 } };
	assert_int_equal(md_ring_random(&cx, &random[0]) | md_ring_random(&cx, &random[1]), 0);
	assert_memory_not_equal(random[0].keys, random[1].keys, sizeof random[0].keys[0]);
}

static void refuses_texts_that_are_too_long(void **state)
{
	(void)state;
	struct md_buf b = { .arena = &arena };
	size_t n = (1 << 20) + 1;
	char *p = md_calloc(&arena, n * 2, 1);
	assert_non_null(p);
	assert_int_equal(md_seal(&cx, &ring, bound, (struct md_str){ p, n }, &b), -1);
	assert_int_equal(error.code, MD_QUERY_FAILED);
	memset(&error, 0, sizeof error);
	opens(&ring, bound, sealed(&ring, bound, (struct md_str){ p, n - 1 }), (struct md_str){ p, n - 1 });
	memset(p, 'A', n * 2);
	assert_seal_refused(&ring, bound, (struct md_str){ p, n * 2 / 64 * 64 });
}

/* Each allocation fails in turn, ours and the library's: then it says so, and never seals or opens
 * anything else. */
static void fails_when_any_allocation_fails(void **state)
{
	(void)state;
	struct md_str s = sealed(&ring, bound, MD_STR("x")), plain;
	for (unsigned sticky = 0; sticky < 2; sticky++)
		for (uint64_t n = 1;; n++) {
			struct md_arena scratch = { 0 };
			struct md_error err = { .code = MD_OK };
			struct md_ctx own = { .arena = &scratch, .err = &err };
			struct md_buf b = { .arena = &scratch };
			struct md_ring fresh = { .n = 0 };
			unsigned char digest[MD_SEAL_BINDING];
			oom_arm(n, sticky);
			int added = md_ring_add(&own, &fresh, MD_STR("the secret of these tests"));
			int told = md_seal_digest(&own, MD_STR("a query"), digest);
			int rc = md_seal(&own, &ring, bound, MD_STR("x"), &b);
			enum md_unsealed un = md_unseal(&own, &ring, bound, s, &plain);
			oom_disarm();
			bool hit = oom_hit();
			bool failed = added || told || rc || un == MD_UNSEAL_FAILED;
			bool from_library = err.code == MD_INTERNAL && !oom_hit_ours();
			assert_true(failed ? err.code == MD_OUT_OF_MEMORY || from_library : err.code == MD_OK);
			assert_true(rc == 0 || hit);
			assert_true(rc || md_str_eq(md_buf_view(&b), s));
			assert_true(un == MD_UNSEALED || (hit && un == MD_UNSEAL_FAILED));
			assert_true(un != MD_UNSEALED || (plain.n && plain.p[0] == 'x'));
			assert_true(told == 0 ? memcmp(digest, bound, sizeof digest) == 0 : hit);
			assert_true(added == 0 ? memcmp(&fresh.keys[0], &ring.keys[0], sizeof fresh.keys[0]) == 0
			                       : hit && fresh.n == 0);
			md_arena_free(&scratch);
			if (!hit)
				break;
			assert_true(n < 10000);
		}
}

/* ---- a library that fails ---- */

static const char *failing; /* the name of the library's function that fails */

static bool library_fails(const char *name)
{
	if (!failing || strcmp(failing, name) != 0)
		return false;
	ERR_raise_data(ERR_LIB_CRYPTO, ERR_R_INTERNAL_ERROR, "made to fail by the test");
	return true;
}

int __real_RAND_bytes(unsigned char *to, int n);
int __wrap_RAND_bytes(unsigned char *to, int n);
int __wrap_RAND_bytes(unsigned char *to, int n)
{
	return library_fails("RAND_bytes") ? 0 : __real_RAND_bytes(to, n);
}

int __real_EVP_Digest(const void *p, size_t n, unsigned char *to, unsigned *size, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *p, size_t n, unsigned char *to, unsigned *size, const EVP_MD *type, ENGINE *engine);
int __wrap_EVP_Digest(const void *p, size_t n, unsigned char *to, unsigned *size, const EVP_MD *type, ENGINE *engine)
{
	return library_fails("EVP_Digest") ? 0 : __real_EVP_Digest(p, n, to, size, type, engine);
}

unsigned char *__real_HMAC(const EVP_MD *type, const void *key, int n_key, const unsigned char *p, size_t n,
                           unsigned char *to, unsigned *size);
unsigned char *__wrap_HMAC(const EVP_MD *type, const void *key, int n_key, const unsigned char *p, size_t n,
                           unsigned char *to, unsigned *size);
unsigned char *__wrap_HMAC(const EVP_MD *type, const void *key, int n_key, const unsigned char *p, size_t n,
                           unsigned char *to, unsigned *size)
{
	return library_fails("HMAC") ? NULL : __real_HMAC(type, key, n_key, p, n, to, size);
}

int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *c, unsigned char *to, int *size, const unsigned char *p, int n);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *c, unsigned char *to, int *size, const unsigned char *p, int n);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *c, unsigned char *to, int *size, const unsigned char *p, int n)
{
	return library_fails("EVP_CipherUpdate") ? 0 : __real_EVP_CipherUpdate(c, to, size, p, n);
}

static void failed_in_the_library(int rc, const char *function)
{
	assert_int_equal(rc, -1);
	assert_int_equal(error.code, MD_INTERNAL);
	assert_false(arena.oom);
	struct md_str cause = md_str_dup(&arena, error.cause);
	if (!strstr(cause.p, "made to fail by the test") && !strstr(cause.p, "internal error"))
		fail_msg("%s: the cause is '%s'", function, cause.p);
	assert_int_equal(ERR_peek_error(), 0); /* the library's queue is as it was */
	memset(&error, 0, sizeof error);
	failing = NULL;
}

static void reports_a_failing_library_as_internal_with_its_text(void **state)
{
	(void)state;
	struct md_str s = sealed(&ring, bound, MD_STR("x")), plain;
	struct md_ring fresh = { .n = 0 };
	struct md_buf b = { .arena = &arena };
	unsigned char digest[MD_SEAL_BINDING];
	ERR_clear_error();
	failing = "RAND_bytes";
	failed_in_the_library(md_ring_random(&cx, &fresh), failing);
	failing = "HMAC";
	failed_in_the_library(md_ring_add(&cx, &fresh, MD_STR("the secret of these tests")), failing);
	assert_int_equal(fresh.n, 0);
	failing = "EVP_Digest";
	failed_in_the_library(md_seal_digest(&cx, MD_STR("a query"), digest), failing);
	failing = "HMAC";
	failed_in_the_library(md_seal(&cx, &ring, bound, MD_STR("x"), &b), failing);
	failing = "EVP_CipherUpdate";
	failed_in_the_library(md_seal(&cx, &ring, bound, MD_STR("x"), &b), failing);
	failing = "EVP_CipherUpdate";
	failed_in_the_library(md_unseal(&cx, &ring, bound, s, &plain), failing);
	opens(&ring, bound, s, MD_STR("x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_texts_of_every_length), cmocka_unit_test(refuses_a_change_of_any_bit),
		cmocka_unit_test(refuses_a_cut_at_any_place), cmocka_unit_test(refuses_another_use_and_another_key),
		cmocka_unit_test(seals_with_the_first_key_and_opens_with_all),
		cmocka_unit_test(seals_only_equal_texts_to_equal_text),
		cmocka_unit_test(refuses_texts_that_are_too_long), cmocka_unit_test(fails_when_any_allocation_fails),
		cmocka_unit_test(reports_a_failing_library_as_internal_with_its_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
