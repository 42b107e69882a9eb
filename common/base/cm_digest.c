#include "base/cm_digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

void cm_sha256(const cm_bytes *parts, size_t count, uint8_t digest[CM_SHA256])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

    for (size_t i = 0; fine && i < count; i++)
        fine = EVP_DigestUpdate(context, parts[i].data, parts[i].size);
    if (!fine || !EVP_DigestFinal_ex(context, digest, NULL))
        abort(); /* only where there is no memory */
    EVP_MD_CTX_free(context);
}

void cm_random(void *bytes, size_t size)
{
    enum { PORTION = 1 << 20 };
    unsigned char *at = bytes;

    while (size) {
        int portion = size < PORTION ? (int)size : PORTION;
        if (RAND_bytes(at, portion) != 1)
            abort();
        at += portion;
        size -= (size_t)portion;
    }
}

char *cm_hex(const void *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = bytes;

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[in[i] >> 4];
        text[2 * i + 1] = digits[in[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

char *cm_base64(const void *bytes, size_t size, bool url, cm_arena *arena)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *alphabet = url ? safe : plain;
    const uint8_t *in = bytes;
    char *text = cm_arena_take(arena, (size + 2) / 3 * 4 + 1), *out = text;

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        for (size_t j = 0; j < 4; j++) {
            if (j <= left)
                *out++ = alphabet[group >> (18 - 6 * j) & 63];
            else if (!url)
                *out++ = '=';
        }
    }
    *out = '\0';
    return text;
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Padding, where there is any, fills the last group of four. Bits that no byte uses must be zero, so that every value
 * has one spelling only. */
static bool decode(const char *text, uint8_t *out, size_t *size)
{
    uint32_t group = 0;
    size_t letters = 0, padding = 0;

    *size = 0;
    for (; sextet(text[letters]) >= 0; letters++) {
        group = group << 6 | (uint32_t)sextet(text[letters]);
        if (letters % 4) /* after 2, 3 and 4 letters of a group another byte is whole */
            out[(*size)++] = (uint8_t)(group >> (6 - 2 * (letters % 4)));
    }
    while (text[letters + padding] == '=')
        padding++;
    size_t over = letters % 4;
    bool zero = over < 2 || (group & (over == 2 ? 15u : 3u)) == 0;
    return text[letters + padding] == '\0' && over != 1 && zero && (padding == 0 || (over && padding == 4 - over));
}

cm_status cm_base64_decode(const char *text, cm_arena *arena, uint8_t **bytes, size_t *size)
{
    *bytes = cm_arena_take(arena, strlen(text) / 4 * 3 + 3);
    if (!decode(text, *bytes, size))
        return cm_fail(
            CM_INVALID_ARGUMENT,
            "\"%.60s\" is no base64; give letters, digits, + and / (or - and _), padded with = or not at all", text);
    return cm_ok();
}

uint32_t cm_murmur2(const void *bytes, size_t size)
{
    const uint32_t seed = 0x9747b28c, m = 0x5bd1e995;
    const uint8_t *in = bytes;
    uint32_t h = seed ^ (uint32_t)size;

    for (; size >= 4; in += 4, size -= 4) {
        uint32_t k = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    for (size_t i = size; i > 0; i--)
        h ^= (uint32_t)in[i - 1] << (8 * (i - 1));
    if (size)
        h *= m;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}
