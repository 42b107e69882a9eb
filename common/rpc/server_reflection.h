/* server_reflection.h: the standard reflection services of a server, v1 and v1alpha, over the .proto files of all its
 * services. Reach for it in the server's life. Internal; filled before the server starts, then read by any thread. */
#ifndef SERVER_REFLECTION_H
#define SERVER_REFLECTION_H

#include "rpc/cm_service.h"

typedef struct cm_reflection cm_reflection;

cm_reflection *cm_reflection_new(void);
void cm_reflection_free(cm_reflection *reflection); /* NULL is fine */

void cm_reflection_add(cm_reflection *reflection, const cm_service_desc *service);
void cm_reflection_ready(cm_reflection *reflection); /* nothing is added after it */

cm_service cm_reflection_service(cm_reflection *reflection);
cm_service cm_reflection_service_v1alpha(cm_reflection *reflection);

#endif
