#include "cli/cli_backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "cli/cli_progress.h"
#include "journal/cm_restore.h"

#define DATA                                                                                                           \
    {                                                                                                                  \
        .name = "data", .kind = CM_OPTION_TEXT, .value = "FOLDER", .preset = "cityneg-data",                           \
        .help = "the services' data folder"                                                                            \
    }

const cm_option cli_backup_options[] = {DATA, {NULL}};

const cm_option cli_restore_options[] = {
    DATA,
    {.name = "replace",
     .kind = CM_OPTION_FLAG,
     .help = "stores that are there are kept beside as NAME.db.replaced, in place of what was kept there before"},
    {.name = "erasures",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "names of what was erased since the backup, one a line, where the stores that are there cannot tell"},
    {NULL},
};

/* Who refers to others comes before them, so that a copy names nothing that the other copies lack. */
static const char *const services[] = {"trends", "negotiations", "registry"};
enum { SERVICES = sizeof services / sizeof *services };

static char *store_in(const char *folder, const char *service)
{
    return cm_format("%s/%s.db", folder, service);
}

static cm_status make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return cm_ok();
    return cm_fail(errno == ENOENT ? CM_NOT_FOUND : CM_PERMISSION_DENIED, "the folder %s cannot be made: %s", path,
                   strerror(errno));
}

static void copied(void *progress, int64_t done, int64_t total)
{
    cli_progress *p = progress;

    p->total = total;
    cli_progress_step(p, done, done);
}

static cm_status backup_one(const char *from, const char *to, const char *service)
{
    cli_progress progress;

    cli_progress_start(&progress, service, 0);
    progress.unit = "pages";
    CM_TRY(cm_store_backup(from, to, copied, &progress));
    cli_progress_end(&progress);
    printf("%s\n", to);
    return cm_ok();
}

/* ---- what was erased since the backup ---- */

typedef struct erasures {
    char **names;
    size_t count, capacity;
    bool given;
} erasures;

static const char *service_of(const char *name)
{
    static const char *const of_negotiations[] = {"negotiations/", "positions/", "issues/",
                                                  "agreements/",   "sources/",   "collections/"};

    for (size_t i = 0; i < sizeof of_negotiations / sizeof *of_negotiations; i++)
        if (strncmp(name, of_negotiations[i], strlen(of_negotiations[i])) == 0)
            return "negotiations";
    return "registry";
}

static void take_line(erasures *e, char *line, const char *service)
{
    char *name = strtok(line, " \t\r\n");

    if (!name || name[0] == '#' || strcmp(service_of(name), service) != 0)
        return;
    CM_GROW(e->names, e->capacity, e->count + 1);
    e->names[e->count++] = cm_strdup(name);
}

static cm_status read_erasures(const char *path, const char *service, erasures *e)
{
    FILE *file = path ? fopen(path, "r") : NULL;
    char *line = NULL;
    size_t size = 0;

    *e = (erasures){.given = path};
    if (path && !file)
        return cm_fail(CM_NOT_FOUND, "--erasures: %s cannot be read: %s", path, strerror(errno));
    while (file && getline(&line, &size, file) > 0)
        take_line(e, line, service);
    free(line);
    if (file)
        fclose(file);
    return cm_ok();
}

static void free_erasures(erasures *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->names[i]);
    free(e->names);
}

static cm_status restore_one(const char *from, const char *to, const char *service, const cm_arguments *arguments)
{
    bool known = access(to, F_OK) == 0;
    erasures e;

    CM_TRY(read_erasures(cm_arguments_text(arguments, "erasures"), service, &e));
    cm_journal_restoring restoring = {.service = service,
                                      .replace = cm_arguments_flag(arguments, "replace"),
                                      .erased = (const char *const *)e.names,
                                      .erased_count = e.count,
                                      .erased_told = e.given};
    cm_status s = cm_journal_restore(from, to, &restoring);
    free_erasures(&e);
    CM_TRY(s);
    printf("%s\n", to);
    if (restoring.again)
        fprintf(stderr, "%s: %zu resources were erased since the backup; they are erased again when it starts\n", to,
                restoring.again);
    else if (!known && !e.given && strcmp(service, "trends") != 0)
        fprintf(stderr,
                "%s: what was erased since the backup is not known here; if anything was, restore with "
                "--erasures FILE\n",
                to);
    return cm_ok();
}

static cm_status nothing_in(const char *folder)
{
    return cm_fail(CM_NOT_FOUND, "%s: has none of registry.db, negotiations.db, trends.db; give a folder that has",
                   folder);
}

/* A machine may have the store of one service alone. */
cm_status cli_backup(const cli_command *command, const cm_arguments *arguments)
{
    const char *data = cm_arguments_text(arguments, "data");
    const char *const *words;
    int copies = 0;

    cm_arguments_words(arguments, &words);
    CM_TRY(make_folder(words[0]));
    for (int i = 0; i < SERVICES; i++) {
        CM_FREE char *from = store_in(data, services[i]), *to = store_in(words[0], services[i]);
        if (access(from, F_OK) != 0)
            continue;
        CM_TRY(backup_one(from, to, services[i]));
        copies++;
    }
    return copies ? cm_ok() : nothing_in(data);
}

cm_status cli_restore(const cli_command *command, const cm_arguments *arguments)
{
    const char *data = cm_arguments_text(arguments, "data");
    const char *const *words;
    int copies = 0;

    cm_arguments_words(arguments, &words);
    CM_TRY(make_folder(data));
    for (int i = SERVICES; i-- > 0;) {
        CM_FREE char *from = store_in(words[0], services[i]), *to = store_in(data, services[i]);
        if (access(from, F_OK) != 0)
            continue;
        CM_TRY(restore_one(from, to, services[i], arguments));
        copies++;
    }
    return copies ? cm_ok() : nothing_in(words[0]);
}
