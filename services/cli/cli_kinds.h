/* cli_kinds.h: the kinds of resources by their plural names, and the methods that list and write them. Reach for it
 * where a command takes a kind: export and import of JSON Lines. Static. */
#ifndef CLI_KINDS_H
#define CLI_KINDS_H

#include "rpc/cm_service.h"

typedef struct cli_kind {
    const char *plural; /* "actors" */
    bool registry;      /* else negotiations */
    const cm_service_desc *service;
    const char *list, *batch_update; /* methods */
    const char *parent;              /* of a list of all; "": the method has none */
    const ProtobufCMessageDescriptor *message;
} cli_kind;

extern const cli_kind cli_kinds[]; /* ends with a row whose plural is NULL */

/* NULL where there is none. */
const cli_kind *cli_kind_find(const char *plural);

const cm_method_desc *cli_kind_method(const cli_kind *kind, const char *name);

#endif
