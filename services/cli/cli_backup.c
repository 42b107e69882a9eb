#include "cli/cli_backup.h"

#include <errno.h>
#include <stdio.h>
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

static cm_status restore_one(const char *from, const char *to, const char *service, bool replace)
{
    CM_TRY(cm_journal_restore(from, to, service, replace));
    printf("%s\n", to);
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
    bool replace = cm_arguments_flag(arguments, "replace");
    const char *const *words;
    int copies = 0;

    cm_arguments_words(arguments, &words);
    CM_TRY(make_folder(data));
    for (int i = SERVICES; i-- > 0;) {
        CM_FREE char *from = store_in(words[0], services[i]), *to = store_in(data, services[i]);
        if (access(from, F_OK) != 0)
            continue;
        CM_TRY(restore_one(from, to, services[i], replace));
        copies++;
    }
    return copies ? cm_ok() : nothing_in(words[0]);
}
