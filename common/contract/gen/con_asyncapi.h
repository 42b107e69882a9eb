/* con_asyncapi.h: the AsyncAPI 3 document of the topics. Reach for it when the contract's files are made. */
#ifndef CON_ASYNCAPI_H
#define CON_ASYNCAPI_H

#include "con_schema.h"

#define CON_VERSION "1.0.0"

/* json_decref ends it. */
cm_status con_asyncapi(const con_set *set, json_t **document) CM_MUST_USE;

#endif
