/* server_health.h: the standard health service of a server: what each service's state is, and who watches. Reach for it
 * in the server's life. Internal; any thread. */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include "rpc/cm_service.h"

typedef struct cm_health cm_health;

cm_health *cm_health_new(void);
void cm_health_free(cm_health *health); /* after the server's last call; NULL is fine */

/* SERVING from now on. */
void cm_health_add(cm_health *health, const char *service);
void cm_health_set(cm_health *health, const char *service, bool serving);

bool cm_health_get(cm_health *health, const char *service);

/* Everything is NOT_SERVING and stays so. */
void cm_health_shutdown(cm_health *health);

/* grpc.health.v1.Health over it. */
cm_service cm_health_service(cm_health *health);

#endif
