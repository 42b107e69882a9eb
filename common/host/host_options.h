/* host_options.h: the options that every service has, and one for the address of each service that it calls.
 * Reach for it from cm_host alone. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "host/cm_host.h"

/* The table for a program; free() ends it. */
cm_option *cm_host_options(const cm_program *program);

#endif
