/* gen_types.h: writes the short names of one file's messages and enums. Reach for it when writing NAME.grpc-c.h.
 * One thread. */
#ifndef GEN_TYPES_H
#define GEN_TYPES_H

#include "gen_model.h"

void gen_types_header(const gen_model *model, const gen_file *file, cm_text *out);

#endif
