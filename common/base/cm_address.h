/* cm_address.h: `HOST:PORT` and `[IPV6]:PORT` taken apart. Reach for it where a program is told where to listen. Pure;
 * any thread. */
#ifndef CM_ADDRESS_H
#define CM_ADDRESS_H

#include <stdbool.h>

enum { CM_ADDRESS_HOST = 256, CM_ADDRESS_PORT = 16 };

/* False where the text is neither of the two, or the port is above 65535. The host has no brackets. */
bool cm_address_split(const char *address, char host[CM_ADDRESS_HOST], char port[CM_ADDRESS_PORT]);

#endif
