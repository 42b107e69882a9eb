#include "json_roots.h"
#include "sample.pb-c.h"

const ProtobufCMessageDescriptor *const json_roots[] = {&cityneg__testing__base__sample__descriptor, NULL};
const cm_service_desc *const json_services[] = {NULL};
