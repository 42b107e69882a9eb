/* gen_names.h: how protobuf-c spells the names of a .proto in C, rule for rule. Reach for it wherever generated code
 * has to meet what protoc-gen-c made of the same file. Results are in the arena. One thread. */
#ifndef GEN_NAMES_H
#define GEN_NAMES_H

#include "base/cm_arena.h"

/* `http_server` and `HttpServer` → HttpServer: an underscore ends a word, the word's first letter is made a capital. */
char *gen_camel(cm_arena *arena, const char *name);

/* `HTTPServer2Go` → httpserver2_go / HTTPSERVER2_GO: an underscore before a capital after none. */
char *gen_lower(cm_arena *arena, const char *name);
char *gen_upper(cm_arena *arena, const char *name);

/* A full name with dots (a leading one is skipped), each piece by the rule above, joined by two underscores:
 * `a.b.FooBar` → A__B__FooBar, a__b__foo_bar, A__B__FOO_BAR. */
char *gen_full_camel(cm_arena *arena, const char *full_name);
char *gen_full_lower(cm_arena *arena, const char *full_name);
char *gen_full_upper(cm_arena *arena, const char *full_name);

/* `a/b_c.proto` → `a__b_c`, for symbols that belong to a file. */
char *gen_file_symbol(cm_arena *arena, const char *file);

/* `a/b.proto` → `a/b`. */
char *gen_stem(cm_arena *arena, const char *file);

#endif
