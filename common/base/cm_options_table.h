/* cm_options_table.h: what a table of options itself says: which values are right, which name was meant.
 * Reach for it nowhere but in cm_options. Pure; any thread. */
#ifndef CM_OPTIONS_TABLE_H
#define CM_OPTIONS_TABLE_H

#include "base/cm_options.h"

/* INVALID_ARGUMENT where the value is no number, out of range or none of the choices. */
cm_status cm_option_check(const cm_option *option, const char *value) CM_MUST_USE;

/* The option whose name is nearest to a misspelt one; NULL where none is near. */
const char *cm_options_nearest(const cm_option *options, const char *name);

#endif
