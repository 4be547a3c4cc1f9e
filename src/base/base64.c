/* Base64 (RFC 4648 section 4): the standard alphabet, padded. Decoding refuses line breaks, missing
 * padding and unused bits that are not zero, so that a byte string has one text only. */
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct md_str md_base64(struct md_buf *scratch, struct md_str bytes)
{
	size_t n = (bytes.n + 2) / 3 * 4;
	if (!md_buf_room(scratch, n + 1))
		return MD_NOSTR;
	char *to = scratch->p + scratch->n, *p = to;
	for (size_t i = 0; i < bytes.n; i += 3, p += 4) {
		uint32_t v = (uint32_t)(unsigned char)bytes.p[i] << 16;
		if (i + 1 < bytes.n)
			v |= (uint32_t)(unsigned char)bytes.p[i + 1] << 8;
		if (i + 2 < bytes.n)
			v |= (unsigned char)bytes.p[i + 2];
		p[0] = letters[v >> 18];
		p[1] = letters[v >> 12 & 63];
		p[2] = i + 1 < bytes.n ? letters[v >> 6 & 63] : '=';
		p[3] = i + 2 < bytes.n ? letters[v & 63] : '=';
	}
	scratch->n += n;
	return (struct md_str){ to, n };
}

static int letter_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool md_base64_decode(struct md_buf *scratch, struct md_str text, struct md_str *out)
{
	size_t n = text.n;
	if (n % 4 || !md_buf_room(scratch, n / 4 * 3 + 1))
		return false;
	for (int pads = 0; pads < 2 && n && text.p[n - 1] == '='; pads++)
		n--;
	char *to = scratch->p + scratch->n, *p = to;
	uint32_t v = 0;
	int bits = 0;
	for (size_t i = 0; i < n; i++) {
		int d = letter_value(text.p[i]);
		if (d < 0)
			return false;
		v = (v << 6 | (uint32_t)d) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*p++ = (char)(v >> bits & 255);
		}
	}
	if (v & ((1u << bits) - 1))
		return false;
	*out = (struct md_str){ to, (size_t)(p - to) };
	scratch->n += out->n;
	return true;
}
