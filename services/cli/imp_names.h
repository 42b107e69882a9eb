/* imp_names.h: a map from text to text. Reach for it where an importer remembers names. Keys and values are copied. */
#ifndef IMP_NAMES_H
#define IMP_NAMES_H

typedef struct imp_names imp_names;

imp_names *imp_names_new(void);
void imp_names_free(imp_names *names);                                    /* NULL is fine */
void imp_names_put(imp_names *names, const char *key, const char *value); /* replaces */
const char *imp_names_get(const imp_names *names, const char *key);       /* NULL: none; NULL names is empty */

#endif
