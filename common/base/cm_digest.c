#include "base/cm_digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One a thread, made at its first use and freed at its end. */
static pthread_key_t context_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* How often this process came out of fork(): what was drawn before is the parent's too. */
static unsigned forks;

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void count_fork(void)
{
    forks++;
}

static void prepare(void)
{
    if (pthread_key_create(&context_key, free_context) != 0 || pthread_atfork(NULL, NULL, count_fork) != 0)
        abort();
}

/* A context that has SHA-256 already: looking the algorithm up costs more than most digests. */
static EVP_MD_CTX *begun_context(void)
{
    static _Thread_local EVP_MD_CTX *context;

    if (context)
        return EVP_DigestInit_ex(context, NULL, NULL) ? context : NULL;
    pthread_once(&once, prepare);
    context = EVP_MD_CTX_new();
    pthread_setspecific(context_key, context);
    return context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) ? context : NULL;
}

/* Short parts are put together first, since each update costs a call through the library's layers. */
void cm_sha256(const cm_bytes *parts, size_t count, uint8_t digest[CM_SHA256])
{
    EVP_MD_CTX *context = begun_context();
    uint8_t short_parts[512];
    size_t filled = 0;
    bool fine = context != NULL;

    for (size_t i = 0; fine && i < count; i++) {
        if (filled && filled + parts[i].size > sizeof short_parts) {
            fine = EVP_DigestUpdate(context, short_parts, filled);
            filled = 0;
        }
        if (parts[i].size > sizeof short_parts) {
            fine = fine && EVP_DigestUpdate(context, parts[i].data, parts[i].size);
        } else if (parts[i].size) {
            memcpy(short_parts + filled, parts[i].data, parts[i].size);
            filled += parts[i].size;
        }
    }
    if (!fine || !EVP_DigestUpdate(context, short_parts, filled) || !EVP_DigestFinal_ex(context, digest, NULL))
        abort(); /* only where there is no memory */
}

/* Short ones come from a store that is filled at once. */
void cm_random(void *bytes, size_t size)
{
    enum { PORTION = 1 << 20 };
    static _Thread_local struct {
        unsigned char bytes[1024];
        size_t left;
        unsigned forks;
    } store;
    unsigned char *at = bytes;

    if (size <= sizeof store.bytes / 16) {
        pthread_once(&once, prepare);
        if (store.left < size || store.forks != forks) {
            if (RAND_bytes(store.bytes, sizeof store.bytes) != 1)
                abort();
            store.left = sizeof store.bytes;
            store.forks = forks;
        }
        store.left -= size;
        memcpy(bytes, store.bytes + store.left, size);
        memset(store.bytes + store.left, 0, size);
        return;
    }
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
