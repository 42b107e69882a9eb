/* rep_json.h: a report as others read it: `trends report -o json` in the shape that is agreed between teams, with snake
 * case keys and null for what is undefined. Pure. */
#ifndef REP_JSON_H
#define REP_JSON_H

#include <jansson.h>

#include "cityneg/trends/v1/trends.grpc-c.h"

json_t *rep_json(const TrdReport *report); /* a new reference */

#endif
