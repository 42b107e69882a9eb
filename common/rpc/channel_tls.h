/* channel_tls.h: the credentials of a channel that speaks TLS. Reach for it where a channel is made. Internal. */
#ifndef CHANNEL_TLS_H
#define CHANNEL_TLS_H

#include <grpc/grpc_security.h>

#include "rpc/cm_channel.h"

/* Whoever asked releases them. INVALID_ARGUMENT, NOT_FOUND or PERMISSION_DENIED name what is wrong with which file. */
cm_status cm_rpc_channel_credentials(const cm_channel_tls *tls, grpc_channel_credentials **made) CM_MUST_USE;

#endif
