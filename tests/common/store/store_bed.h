/* store_bed.h: what tests of stores stand on: statuses as assertions, and a folder that goes at the end. */
#ifndef STORE_BED_H
#define STORE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "store/cm_store.h"

#define assert_ok(expression) assert_fails_((expression), CM_OK, "", #expression, __FILE__, __LINE__)

/* The status has this code, and its message holds `words`. */
#define assert_fails(expression, code, words)                                                                          \
    assert_fails_((expression), (code), (words), #expression, __FILE__, __LINE__)

static inline void assert_fails_(cm_status s, cm_code code, const char *words, const char *what, const char *file,
                                 int line)
{
    if (s.code != code || !strstr(cm_status_message(s), words)) {
        print_error("%s\n  gave %s: %s\n  instead of %s: … %s …\n", what, cm_code_name(s.code), cm_status_message(s),
                    cm_code_name(code), words);
        _fail(file, line);
    }
    cm_status_clear(&s);
}

/* What a reader of its own finds; -1 where there is no row. */
static inline int64_t bed_integer(cm_store *store, const char *sql)
{
    int64_t integer;
    cm_db *db;

    assert_ok(cm_store_reader(store, &db));
    assert_ok(cm_db_integer(db, sql, CM_NONE, -1, &integer));
    cm_db_close(db);
    return integer;
}

/* The same of a store that is opened for it. */
static inline int64_t bed_integer_at(const char *url, const char *sql)
{
    cm_store *store;

    assert_ok(cm_store_open(url, &store));
    int64_t integer = bed_integer(store, sql);
    cm_store_close(store);
    return integer;
}

static inline char *bed_folder_new(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = cm_format("%s/cityneg-test-XXXXXX", base ? base : "/tmp");

    assert_non_null(mkdtemp(folder));
    return folder;
}

/* Removes the folder with the files in it. */
static inline void bed_folder_free(char *folder)
{
    DIR *files = opendir(folder);
    struct dirent *file;

    while (files && (file = readdir(files)))
        unlinkat(dirfd(files), file->d_name, 0);
    closedir(files);
    assert_int_equal(rmdir(folder), 0);
    free(folder);
}

#endif
