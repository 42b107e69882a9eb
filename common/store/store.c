#include <string.h>

#include "store/store_engine.h"

static const struct {
    const char *scheme;
    const store_engine *engine;
} engines[] = {
    {"sqlite:", &store_sqlite},
    {"postgresql:", &store_postgres},
};

/* The engine of a URL and what follows its scheme. What has no scheme is a path of the embedded engine. */
static const store_engine *find_engine(const char *url, const char **where)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        size_t length = strlen(engines[i].scheme);
        if (strncmp(url, engines[i].scheme, length) == 0) {
            *where = url + length;
            return engines[i].engine;
        }
    }
    *where = url;
    return strstr(url, "://") ? NULL : &store_sqlite;
}

static cm_status engine_of(const char *url, const store_engine **engine, const char **where)
{
    *engine = find_engine(url, where);
    if (!*engine || !**where)
        return cm_fail(CM_INVALID_ARGUMENT, "\"%s\" is no store; give a path, sqlite:PATH, or postgresql://…", url);
    return cm_ok();
}

cm_status cm_store_open(const char *url, cm_store **store)
{
    const store_engine *engine;
    const char *where;

    CM_TRY(engine_of(url, &engine, &where));
    return engine->open(where, store);
}

cm_status cm_store_backup(const char *url, const char *path, cm_copied copied, void *context)
{
    const store_engine *engine;
    const char *where;

    CM_TRY(engine_of(url, &engine, &where));
    return engine->backup(where, path, copied, context);
}

cm_status cm_store_restore(const char *path, const char *url, const cm_restoring *restoring)
{
    const store_engine *engine;
    const char *where;

    CM_TRY(engine_of(url, &engine, &where));
    return engine->restore(path, where, restoring);
}

void cm_store_close(cm_store *store)
{
    if (store)
        store->engine->close(store);
}

const char *cm_store_name(const cm_store *store)
{
    return store->name;
}

void cm_store_set_owner(cm_store *store, void *owner)
{
    store->owner = owner;
}

uint64_t cm_store_deadlocks(const cm_store *store)
{
    return cm_counted(&store->deadlocks);
}

void *cm_db_owner(const cm_db *db)
{
    return db->store->owner;
}

cm_status cm_store_writer(cm_store *store, cm_db **db)
{
    return store->engine->connect(store, true, db);
}

cm_status cm_store_reader(cm_store *store, cm_db **db)
{
    return store->engine->connect(store, false, db);
}

void cm_db_close(cm_db *db)
{
    if (db)
        db->engine->disconnect(db);
}

cm_value cm_v_null(void)
{
    return (cm_value){.kind = CM_NULL};
}

cm_value cm_v_int(int64_t integer)
{
    return (cm_value){.kind = CM_INTEGER, .integer = integer};
}

cm_value cm_v_real(double real)
{
    return (cm_value){.kind = CM_REAL, .real = real};
}

cm_value cm_v_text(const char *text)
{
    return text ? cm_v_textn(text, strlen(text)) : cm_v_null();
}

cm_value cm_v_textn(const char *text, size_t size)
{
    return (cm_value){.kind = CM_STRING, .data = size ? text : "", .size = size};
}

cm_value cm_v_blob(const void *data, size_t size)
{
    return (cm_value){.kind = CM_BLOB, .data = size ? data : "", .size = size};
}
