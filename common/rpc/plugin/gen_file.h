/* gen_file.h: writes the two files that a .proto becomes: NAME.grpc-c.h and NAME.grpc-c.c. Reach for it once a file.
 * One thread. */
#ifndef GEN_FILE_H
#define GEN_FILE_H

#include "gen_model.h"

void gen_file_header(const gen_model *model, const gen_file *file, cm_text *out);
cm_status gen_file_source(const gen_model *model, const gen_file *file, cm_text *out) CM_MUST_USE;

#endif
