#include "base/cm_address.h"

#include <stdlib.h>
#include <string.h>

bool cm_address_split(const char *address, char host[CM_ADDRESS_HOST], char port[CM_ADDRESS_PORT])
{
    const char *colon = strrchr(address, ':'), *start = address, *end = colon;

    if (!colon || colon[1] == '\0' || strlen(colon + 1) > 5 || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtol(colon + 1, NULL, 10) > 65535)
        return false;
    if (*start == '[') {
        if (end[-1] != ']')
            return false;
        start++;
        end--;
    }
    if (end <= start || end - start >= CM_ADDRESS_HOST)
        return false;
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}
