#include "cli/imp_names.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/cm_memory.h"

typedef struct pair {
    char *key, *value;
    UT_hash_handle hh;
} pair;

struct imp_names {
    pair *pairs;
};

imp_names *imp_names_new(void)
{
    return cm_alloc(sizeof(imp_names));
}

void imp_names_free(imp_names *names)
{
    pair *p, *next;

    if (!names)
        return;
    HASH_ITER (hh, names->pairs, p, next) {
        HASH_DEL(names->pairs, p);
        free(p->key);
        free(p->value);
        free(p);
    }
    free(names);
}

void imp_names_put(imp_names *names, const char *key, const char *value)
{
    pair *p;

    HASH_FIND_STR(names->pairs, key, p);
    if (!p) {
        p = cm_alloc(sizeof *p);
        p->key = cm_strdup(key);
        HASH_ADD_KEYPTR(hh, names->pairs, p->key, strlen(p->key), p);
    }
    free(p->value);
    p->value = cm_strdup(value);
}

const char *imp_names_get(const imp_names *names, const char *key)
{
    pair *p = NULL;

    if (names)
        HASH_FIND_STR(names->pairs, key, p);
    return p ? p->value : NULL;
}
