/* json_roots.h: the messages that a program of json_driver.c knows, with all that they hold. Reach for it to give the
 * driver another set. */
#ifndef JSON_ROOTS_H
#define JSON_ROOTS_H

#include "base/cm_message.h"
#include "rpc/cm_service.h"

/* Both end with NULL. */
extern const ProtobufCMessageDescriptor *const json_roots[];
extern const cm_service_desc *const json_services[];

#endif
