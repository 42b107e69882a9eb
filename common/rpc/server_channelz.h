/* server_channelz.h: the standard service channelz: what this process's channels, servers and connections are doing, as
 * C-core keeps count of it. Reach for it in the server's life. Internal. */
#ifndef SERVER_CHANNELZ_H
#define SERVER_CHANNELZ_H

#include "rpc/cm_service.h"

/* grpc.channelz.v1.Channelz, for admins: it tells addresses and certificates of callers. */
cm_service cm_channelz_service(void);

#endif
