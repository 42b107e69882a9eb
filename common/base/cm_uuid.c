#include "base/cm_uuid.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_digest.h"

static cm_uuid stamp(cm_uuid uuid, int version)
{
    uuid.bytes[6] = (uint8_t)(version << 4 | (uuid.bytes[6] & 0x0f));
    uuid.bytes[8] = 0x80 | (uuid.bytes[8] & 0x3f);
    return uuid;
}

cm_uuid cm_uuid_v7(int64_t wall_us)
{
    cm_uuid uuid;
    uint64_t ms = wall_us < 0 ? 0 : (uint64_t)wall_us / 1000;

    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    cm_random(uuid.bytes + 6, 10);
    return stamp(uuid, 7);
}

cm_uuid cm_uuid_random(void)
{
    cm_uuid uuid;

    cm_random(uuid.bytes, sizeof uuid.bytes);
    return stamp(uuid, 4);
}

cm_uuid cm_uuid_v5(cm_uuid space, const void *name, size_t length)
{
    cm_uuid uuid;
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || !EVP_DigestInit_ex(context, EVP_sha1(), NULL) ||
        !EVP_DigestUpdate(context, space.bytes, sizeof space.bytes) || !EVP_DigestUpdate(context, name, length) ||
        !EVP_DigestFinal_ex(context, digest, NULL))
        abort(); /* only where there is no memory */
    EVP_MD_CTX_free(context);
    memcpy(uuid.bytes, digest, sizeof uuid.bytes);
    return stamp(uuid, 5);
}

static bool hyphen_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

char *cm_uuid_format(cm_uuid uuid, char text[CM_UUID_TEXT])
{
    char *at = text;

    for (int i = 0; i < 16; i++, at += 2) {
        if (hyphen_before(i))
            *at++ = '-';
        cm_hex(uuid.bytes + i, 1, at);
    }
    return text;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse(const char *at, cm_uuid *uuid)
{
    for (int i = 0; i < 16; i++, at += 2) {
        if (hyphen_before(i) && *at++ != '-')
            return false;
        int high = nibble(at[0]), low = high < 0 ? -1 : nibble(at[1]);
        if (low < 0)
            return false;
        uuid->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return *at == '\0';
}

cm_status cm_uuid_parse(const char *text, cm_uuid *uuid)
{
    if (!parse(text, uuid))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "\"%.60s\" is no UUID; give 8-4-4-4-12 hexadecimal digits, such as "
                       "018f6b1e-7c3a-7d2e-9a51-3f0c2b4d5e6f",
                       text);
    return cm_ok();
}
